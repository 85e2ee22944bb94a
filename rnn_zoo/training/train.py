"""One training run: an entry, data and a seed in, a run folder out."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.datasets import Splits, fingerprint
from rnn_zoo.registry import Entry, build
from rnn_zoo.tasks import Task
from rnn_zoo.training.average_epochs import AverageEpochs
from rnn_zoo.training.checkpoint import Checkpoint, whole
from rnn_zoo.training.curves import training_curves
from rnn_zoo.training.run_folder import RunFolder, load_model


def train(
    entry: Entry,
    splits: Splits,
    out: str | Path,
    *,
    source: str = "",
    seed: int = 0,
    overwrite: bool = False,
    verbose: str | int = "auto",
) -> dict[str, Any]:
    """Train an entry by its recipe and leave a run folder; see `RunFolder` for what it holds.

    The best epoch on the validation part is scored on the validation and the test part.

    Args:
        entry: the entry, overrides applied.
        splits: training, validation and test part.
        out: the run folder to make.
        source: what to record as the origin of the data.
        seed: of weights, order of the examples and dropout; the same seed gives the same metrics.
        overwrite: whether a run folder at `out` may be replaced.
        verbose: as in `keras.Model.fit`.

    Returns:
        What `metrics.json` holds.

    Raises:
        RunError: the folder exists, the loss became NaN, or the disk is full.
        DataError: the examples cannot be learned from.
    """
    RunFolder(out).check_free(overwrite)
    started = time.time()
    recipe, parts = entry.recipe, splits.parts
    keras.utils.set_random_seed(seed)
    task = build(entry)
    task.jit_compile = recipe.jit_compile
    averaging = []
    if recipe.average_epochs is not None:
        task.optimizer.use_ema = True
        # First, so that whatever follows it validates and saves the averaged weights.
        averaging = [AverageEpochs(recipe.average_epochs)]
    # What is wrong with a part is said before there is a folder, not after hours of training.
    task.adapt(parts["train"].inputs, parts["train"].targets)
    for part in parts.values():
        inputs = task.preprocessor.read_inputs(part.inputs)
        if part.targets is not None:
            task.preprocessor.read_targets(part.targets, inputs)
    folder = RunFolder.create(out, entry, overwrite)
    folder.write_json(folder.data, {"source": source, **fingerprint(splits)})
    run = _run(entry, seed)
    folder.write_json(folder.run, run)
    checkpoint = Checkpoint(folder.last, folder.best, recipe.monitor)
    not_a_number = keras.callbacks.TerminateOnNaN(raise_error=True)
    try:
        history = task.fit(
            parts["train"].inputs,
            parts["train"].targets,
            validation_data=(parts["validation"].inputs, parts["validation"].targets),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            callbacks=[
                not_a_number,
                *averaging,
                checkpoint,
                keras.callbacks.CSVLogger(folder.history),
                keras.callbacks.TensorBoard(folder.tensorboard, profile_batch=0),
                keras.callbacks.EarlyStopping(
                    recipe.monitor, patience=recipe.patience, mode=checkpoint.mode
                ),
            ],
            verbose=verbose,
        )
    except RuntimeError as error:
        if "NaN" not in str(error):
            raise
        raise checkpoint.not_a_number() from None
    training_curves(history.history, checkpoint.best_epoch, entry.name).savefig(folder.curves)
    best = load_model(folder.best)
    metrics = {
        "best_epoch": checkpoint.best_epoch,
        **{name: evaluate(best, parts[name], recipe.batch_size) for name in ("validation", "test")},
    }
    folder.write_json(folder.metrics, metrics)
    folder.write_json(folder.run, run | {"seconds": round(time.time() - started, 1)})
    if keras.backend.backend() == "tensorflow":
        with whole(folder.export) as draft:
            best.export(draft)
    return metrics


def evaluate(task: Task, part: Any, batch_size: int, verbose: str | int = 0) -> dict[str, float]:
    """Loss and metrics of a model on one part of the data."""
    return task.evaluate(
        part.inputs, part.targets, batch_size=batch_size, verbose=verbose, return_dict=True
    )


def _run(entry: Entry, seed: int) -> dict[str, Any]:
    # Preprocessing is TensorFlow's on every backend.
    packages = {"rnn_zoo", "keras", "tensorflow", "numpy", keras.backend.backend()}
    return {
        "entry": entry.name,
        "seed": seed,
        "backend": keras.backend.backend(),
        "versions": {package: version(package) for package in packages},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }
