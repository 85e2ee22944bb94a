"""One training run: an entry, data and a seed in, a run folder out."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.datasets import Examples, Splits, fingerprint
from rnn_zoo.errors import DataError, RunError
from rnn_zoo.models.frozen import train_only
from rnn_zoo.optimizers import optimizer_from
from rnn_zoo.registry import Entry, build, override
from rnn_zoo.tasks import Task
from rnn_zoo.tasks.model_file import load_model, load_weights
from rnn_zoo.training.baselines import baseline, comparison
from rnn_zoo.training.checkpoint import check_monitor
from rnn_zoo.training.curves import training_curves
from rnn_zoo.training.exports import write_exports
from rnn_zoo.training.fit_recipe import fit_recipe, verbosity
from rnn_zoo.training.run_folder import RunFolder, file_digest
from rnn_zoo.training.run_lock import run_lock


def train(
    entry: Entry,
    splits: Splits,
    out: str | Path,
    *,
    start: Task | None = None,
    source: str = "",
    options: Mapping[str, str] | None = None,
    seed: int = 0,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
    verbose: str | int = "auto",
) -> dict[str, Any]:
    """Train an entry by its recipe and leave a run folder; see `RunFolder` for what it holds.

    The best epoch on the validation part is scored on the validation and the test part.

    Args:
        entry: the entry, overrides applied.
        splits: training, validation and test part.
        out: the run folder to make.
        start: a model to begin with, as `registry.trained` gives it. Default: None, train from the
            beginning.
        source: what to record as the origin of the data.
        options: how they were loaded from there, to be recorded too.
        seed: of weights, order of the examples and dropout; the same seed gives the same metrics.
        overwrite: whether a run folder at `out` may be replaced.
        checkpoint_every: steps between two writes of all that `resume` needs; None: it is written
            once an epoch.
        verbose: 0 prints nothing, 1 a progress bar, 2 a line an epoch; `"auto"` is 1 in a terminal
            and 2 elsewhere.

    Returns:
        The content of `metrics.json`.

    Raises:
        RunError: the folder exists, cannot be written or is being written by another process, the
            recipe's `monitor` is no metric, the loss became NaN, or Ctrl-C was pressed.
        DataError: the examples cannot be learned from.
    """
    RunFolder(out).check_free(overwrite)
    task = adapted_task(entry, splits, seed, start)
    with run_lock(Path(out)):
        folder = RunFolder.create(out, entry, overwrite)
        if start is not None:
            with atomic_write(folder.start) as draft:
                task.save(draft)
        data = {"source": source, "options": dict(options or {}), **fingerprint(splits)}
        folder.write_json(folder.data, data)
        folder.write_json(
            folder.run, _run(entry, folder, seed) | {"checkpoint_every": checkpoint_every}
        )
        return _finish(task, entry, splits, folder, verbosity(verbose))


def resume(
    run: str | Path,
    splits: Splits,
    *,
    epochs: int | None = None,
    source: str = "",
    verbose: str | int = "auto",
) -> dict[str, Any]:
    """Resume a training run from its last checkpoint.

    An interrupted run ends with the result of an uninterrupted one, on one thread bit for bit. A
    finished run can be continued for more epochs; if its learning rate does not decay and it did
    not stop early, the result is that of a run with so many epochs.

    Args:
        run: the run folder.
        splits: the data that it was begun on.
        epochs: the number of epochs, those of the run included; None: as the run was begun.
        source: what to call the data in an error.
        verbose: as in `train`.

    Returns:
        The content of `metrics.json`.

    Raises:
        RunError: there is no such run, it has finished, it was begun with another config or seed,
            on other data or on another backend, or a file is damaged; and as in `train`.
    """
    folder = RunFolder.open(run, begun=True)
    with run_lock(folder.path):
        begun, finished = folder.read_json(folder.run), folder.is_finished
        _check_same_run(folder, begun, splits, source)
        entry = folder.entry()
        if epochs is None and finished:
            raise RunError(
                f"{run} has finished: there is nothing to resume. rnn-zoo evaluate scores it; "
                "--epochs trains it further."
            )
        if epochs is not None:
            trained = _trained_epochs(folder)
            if epochs <= trained:
                raise RunError(f"{run} has {trained} epochs already: --epochs must be greater.")
            entry = override(entry, {"recipe.epochs": epochs})
        start = load_model(folder.start) if folder.start.is_file() else None
        task = adapted_task(entry, splits, begun["seed"], start)
        if epochs is not None:
            folder.metrics.unlink(missing_ok=True)  # a run that is trained has not finished
            folder.write_config(entry)
        return _finish(task, entry, splits, folder, verbosity(verbose), further=epochs is not None)


def evaluate(
    task: Task, part: Examples, batch_size: int, verbose: str | int = 0
) -> dict[str, float]:
    """Loss and metrics of a model on one part of the data."""
    return task.evaluate(
        part.inputs, part.targets, batch_size=batch_size, verbose=verbose, return_dict=True
    )


def adapted_task(entry: Entry, splits: Splits, seed: int, start: Task | None = None) -> Task:
    """A task that is ready to be trained; see `train`.

    Raises:
        DataError: an example of any part cannot be read, or the training part cannot be learned
            from.
        RunError: the recipe's `monitor` is no metric of the task.
        ConfigError: the recipe's `trainable` names a layer that the network lacks.
    """
    keras.utils.set_random_seed(seed)
    task = build(entry) if start is None else start
    check_monitor(entry.recipe.monitor, _metric_names(task))
    optimizer = task.optimizer if start is None else optimizer_from(entry.optimizer)
    if entry.recipe.average_epochs is not None:
        optimizer.use_ema = True
    if start is not None:  # its optimizer is built, without averages, and has another state
        task.compile(optimizer=optimizer)
    # Before adapting there is no label set: other parts may have labels that training lacks.
    for name, part in splits.parts.items():
        try:
            inputs = task.preprocessor.read_inputs(part.inputs)
            if part.targets is not None:
                task.preprocessor.read_targets(part.targets, inputs)
        except DataError as error:
            raise DataError(f"The {name} part: {error}") from None
    if task.network is None or task.is_pretrained:
        task.adapt(splits.parts["train"].inputs, splits.parts["train"].targets)
    if entry.recipe.trainable is not None:
        train_only(task.network, entry.recipe.trainable)
        # The optimizer has been built for all weights.
        task.compile(optimizer=type(optimizer).from_config(optimizer.get_config()))
    return task


def _metric_names(task: Task) -> list[str]:
    """What `fit` reports: the loss and the compiled metrics, in training and in validation."""
    compiled = task.get_compile_config()["weighted_metrics"] or []
    names = ["loss", *(m if isinstance(m, str) else m["config"]["name"] for m in compiled)]
    return [prefix + name for prefix in ("", "val_") for name in names]


def _check_same_run(
    folder: RunFolder, begun: Mapping[str, Any], splits: Splits, source: str
) -> None:
    if fingerprint(splits)["sha256"] != folder.read_json(folder.data)["sha256"]:
        raise RunError(f"{folder.path} was begun on other data than {source or 'these'}.")
    if folder.digest(begun["seed"]) != begun["config"]:
        raise RunError(
            f"{folder.config} and the seed of {folder.run} are not those that the run was begun "
            "with."
        )
    if begun["backend"] != keras.backend.backend():
        raise RunError(
            f"{folder.path} was begun on another backend: set KERAS_BACKEND={begun['backend']}."
        )
    if folder.history.is_file() and not folder.progress.is_file():
        raise RunError(
            f"{folder.progress} is missing, without which the run cannot go on. Train anew, with "
            "--overwrite."
        )


def _trained_epochs(folder: RunFolder) -> int:
    try:
        return len(folder.history.read_text(encoding="utf-8").splitlines()) - 1
    except (OSError, UnicodeDecodeError):
        return 0


def _finish(
    task: Task,
    entry: Entry,
    splits: Splits,
    folder: RunFolder,
    verbose: int,
    further: bool = False,
) -> dict[str, Any]:
    """Train to the end, score the best model, export it and draw curves."""
    run, batch_size = folder.read_json(folder.run), entry.recipe.batch_size
    if verbose and entry.recipe.average_epochs is not None:
        print(
            "Weights are averaged (average_epochs="
            f"{entry.recipe.average_epochs:g}): validation scores are those of the average."
        )
    fitted = fit_recipe(task, entry, splits, folder, run["checkpoint_every"], verbose, further)
    figure = training_curves(fitted.history, fitted.best_epoch, entry.name)
    with atomic_write(folder.curves) as draft:
        figure.savefig(draft)
    load_weights(task, folder.best)  # what was traced for validation serves again
    metrics: dict[str, Any] = {
        "best_epoch": fitted.best_epoch,
        **{name: evaluate(task, splits.parts[name], batch_size) for name in ("validation", "test")},
    }
    if reference := baseline(task, splits.parts["train"], splits.parts["test"]):
        metrics["baseline"] = asdict(reference)
        if verbose:
            print(comparison(reference, metrics["test"]))
    write_exports(task, folder)
    run |= {"seconds": round(fitted.seconds, 1), "best": file_digest(folder.best)}
    folder.write_json(folder.run, run)
    folder.write_json(folder.metrics, metrics)
    return metrics


def _run(entry: Entry, folder: RunFolder, seed: int) -> dict[str, Any]:
    # Preprocessing is TensorFlow's on every backend.
    packages = {"rnn_zoo", "keras", "tensorflow", "numpy", keras.backend.backend()}
    return {
        "entry": entry.name,
        "config": folder.digest(seed),
        "seed": seed,
        "backend": keras.backend.backend(),
        "versions": {package: version(package) for package in packages},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }
