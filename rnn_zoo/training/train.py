"""One training run: an entry, data and a seed in, a run folder out."""

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.datasets import Splits, fingerprint
from rnn_zoo.diagnostics import GradientNorm
from rnn_zoo.errors import RunError
from rnn_zoo.registry import Entry, build
from rnn_zoo.tasks import Task
from rnn_zoo.training.average_epochs import AverageEpochs
from rnn_zoo.training.checkpoint import Checkpoint, whole
from rnn_zoo.training.curves import training_curves
from rnn_zoo.training.decay import decay
from rnn_zoo.training.history import HistoryFile
from rnn_zoo.training.progress import Progress
from rnn_zoo.training.run_folder import RunFolder, load_model


def train(
    entry: Entry,
    splits: Splits,
    out: str | Path,
    *,
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
        source: what to record as the origin of the data.
        options: how they were loaded from there, to be recorded too.
        seed: of weights, order of the examples and dropout; the same seed gives the same metrics.
        overwrite: whether a run folder at `out` may be replaced.
        checkpoint_every: steps after which all that `resume` needs is written; None: that is done
            at the beginnings of epochs alone.
        verbose: as in `keras.Model.fit`.

    Returns:
        What `metrics.json` holds.

    Raises:
        RunError: the folder exists, the loss became NaN, the disk is full, or Ctrl-C was pressed.
        DataError: the examples cannot be learned from.
    """
    RunFolder(out).check_free(overwrite)
    task = _adapted(entry, splits, seed)
    folder = RunFolder.create(out, entry, overwrite)
    data = {"source": source, "options": dict(options or {}), **fingerprint(splits)}
    folder.write_json(folder.data, data)
    run = _run(entry, folder, seed) | {"checkpoint_every": checkpoint_every}
    folder.write_json(folder.run, run)
    return _finish(task, entry, splits, folder, verbose)


def resume(
    run: str | Path, splits: Splits, *, source: str = "", verbose: str | int = "auto"
) -> dict[str, Any]:
    """Go on with a training run that was ended, whatever ended it, from where it was last written.

    The result is that of a run that was never ended, on one thread bit for bit.

    Args:
        run: the run folder.
        splits: the data that it was begun on.
        source: what to call them in an error.
        verbose: as in `keras.Model.fit`.

    Returns:
        What `metrics.json` holds.

    Raises:
        RunError: there is no such run, it has finished, or it was begun with another config, on
            other data or on another backend; and as in `train`.
    """
    folder = RunFolder.open(run, begun=True)
    if folder.metrics.is_file():
        raise RunError(
            f"{run} has finished: there is nothing to resume. rnn-zoo evaluate scores it."
        )
    entry, begun = folder.entry(), folder.read_json(folder.run)
    if fingerprint(splits)["sha256"] != folder.read_json(folder.data)["sha256"]:
        raise RunError(f"{run} was begun on other data than {source or 'these'}.")
    here = _run(entry, folder, begun["seed"])
    if here["config"] != begun["config"]:
        raise RunError(f"{folder.config} is not the config that the run was begun with.")
    if here["backend"] != begun["backend"]:
        raise RunError(f"{run} was begun on another backend: set KERAS_BACKEND={begun['backend']}.")
    return _finish(_adapted(entry, splits, begun["seed"]), entry, splits, folder, verbose)


def _adapted(entry: Entry, splits: Splits, seed: int) -> Task:
    """A task that is ready to be trained; what is wrong with the data is said here."""
    keras.utils.set_random_seed(seed)
    task = build(entry)
    if entry.recipe.average_epochs is not None:
        task.optimizer.use_ema = True
    train = splits.parts["train"]
    task.adapt(train.inputs, train.targets)
    for part in splits.parts.values():
        inputs = task.preprocessor.read_inputs(part.inputs)
        if part.targets is not None:
            task.preprocessor.read_targets(part.targets, inputs)
    return task


def _finish(
    task: Task, entry: Entry, splits: Splits, folder: RunFolder, verbose: str | int
) -> dict[str, Any]:
    """Train from the beginning, or from where the run was left, and score, export, draw."""
    recipe, parts, run = entry.recipe, splits.parts, folder.read_json(folder.run)
    checkpoint = Checkpoint(folder.last, folder.best, recipe.monitor)
    history = HistoryFile(folder.history)
    stopping = keras.callbacks.EarlyStopping(
        recipe.monitor, patience=recipe.patience, mode=checkpoint.mode
    )
    norm = GradientNorm()
    progress = Progress(
        folder.progress,
        run["checkpoint_every"],
        {
            "norm": (norm, ("counted",)),
            "checkpoint": (checkpoint, ("best_epoch", "best_value")),
            "history": (history, ("rows",)),
            "stopping": (stopping, ("best", "best_epoch", "wait")),
        },
    )
    decaying = []
    if recipe.decay is not None:
        decaying = [decay(recipe.decay, entry.optimizer.learning_rate, recipe.epochs)]
    averaging = []
    if recipe.average_epochs is not None:
        # First, so that whatever follows it validates and saves the averaged weights.
        averaging = [AverageEpochs(recipe.average_epochs)]
    try:
        task.fit(
            parts["train"].inputs,
            parts["train"].targets,
            validation_data=(parts["validation"].inputs, parts["validation"].targets),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            initial_epoch=progress.epoch,
            callbacks=[
                keras.callbacks.TerminateOnNaN(raise_error=True),
                *averaging,
                *decaying,
                norm,
                progress,
                checkpoint,
                history,
                keras.callbacks.TensorBoard(folder.tensorboard, profile_batch=0),
                stopping,
            ],
            verbose=verbose,
        )
    except RuntimeError as error:
        if "NaN" not in str(error):
            raise
        raise checkpoint.not_a_number() from None
    except KeyboardInterrupt:
        raise RunError(f"Interrupted. To go on: rnn-zoo train --resume {folder.path}") from None
    training_curves(history.columns, checkpoint.best_epoch, entry.name).savefig(folder.curves)
    best = load_model(folder.best)
    metrics = {
        "best_epoch": checkpoint.best_epoch,
        **{name: evaluate(best, parts[name], recipe.batch_size) for name in ("validation", "test")},
    }
    if keras.backend.backend() == "tensorflow":
        with whole(folder.export) as draft:
            best.export(draft)
    folder.write_json(folder.run, run | {"seconds": round(progress.seconds, 1)})
    folder.write_json(folder.metrics, metrics)
    folder.progress.unlink()
    return metrics


def evaluate(task: Task, part: Any, batch_size: int, verbose: str | int = 0) -> dict[str, float]:
    """Loss and metrics of a model on one part of the data."""
    return task.evaluate(
        part.inputs, part.targets, batch_size=batch_size, verbose=verbose, return_dict=True
    )


def _run(entry: Entry, folder: RunFolder, seed: int) -> dict[str, Any]:
    # Preprocessing is TensorFlow's on every backend.
    packages = {"rnn_zoo", "keras", "tensorflow", "numpy", keras.backend.backend()}
    return {
        "entry": entry.name,
        "config": hashlib.sha256(folder.config.read_bytes()).hexdigest(),
        "seed": seed,
        "backend": keras.backend.backend(),
        "versions": {package: version(package) for package in packages},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }
