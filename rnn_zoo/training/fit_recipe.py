"""Training by a recipe: the callbacks, and one call of `fit`."""

import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import keras

from rnn_zoo.datasets import Splits
from rnn_zoo.diagnostics import GradientNorm
from rnn_zoo.errors import RunError
from rnn_zoo.registry import Entry
from rnn_zoo.tasks import Task
from rnn_zoo.training.average_epochs import AverageEpochs
from rnn_zoo.training.checkpoint import Checkpoint, StopAtNaN
from rnn_zoo.training.decay import decay
from rnn_zoo.training.history import HistoryFile
from rnn_zoo.training.progress import Progress
from rnn_zoo.training.run_folder import RunFolder


@dataclass(frozen=True)
class Fitted:
    """What training has reached.

    Attributes:
        best_epoch: the epoch with the best `monitor`, counted from 1.
        history: loss and metrics by epoch.
        seconds: the time it took.
    """

    best_epoch: int
    history: dict[str, list[float]]
    seconds: float


def fit_recipe(
    task: Task,
    entry: Entry,
    splits: Splits,
    folder: RunFolder,
    checkpoint_every: int | None,
    verbose: int,
    further: bool = False,
) -> Fitted:
    """Train from the beginning, or from where the run was left, and write models and history.

    Args:
        task: the adapted model.
        entry: the entry, whose recipe says how.
        splits: training and validation part.
        folder: where to write.
        checkpoint_every: steps between two writes of the progress; None: once an epoch.
        verbose: as in `keras.Model.fit`.
        further: whether to go on after training has stopped early.

    Raises:
        RunError: the loss became NaN, a file cannot be written, or Ctrl-C was pressed.
    """
    recipe, parts = entry.recipe, splits.parts
    callbacks = _Callbacks(entry, folder, checkpoint_every)
    progress, checkpoint, history = callbacks.progress, callbacks.checkpoint, callbacks.history
    waited = progress.states.get("stopping", {})
    if further and waited.get("wait", 0) >= recipe.patience:
        waited["wait"] = 0
    if progress.epoch >= recipe.epochs or waited.get("wait", 0) >= recipe.patience:
        progress.restore_callbacks("checkpoint", "history")  # only the scores are missing
        return Fitted(checkpoint.best_epoch, history.columns, progress.seconds)
    try:
        task.fit(
            parts["train"].inputs,
            parts["train"].targets,
            validation_data=(parts["validation"].inputs, parts["validation"].targets),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            initial_epoch=progress.epoch,
            callbacks=callbacks.in_order(),
            verbose=verbose,
        )
    except KeyboardInterrupt:
        raise RunError(f"Interrupted. To go on: rnn-zoo train --resume {folder.path}") from None
    finally:
        _remove_host_name(folder.tensorboard)
    return Fitted(checkpoint.best_epoch, history.columns, progress.seconds)


class _Callbacks:
    """The callbacks of a recipe."""

    def __init__(self, entry: Entry, folder: RunFolder, checkpoint_every: int | None):
        recipe = entry.recipe
        self.stop_at_nan = StopAtNaN(folder.last)
        self.averaging = None
        if recipe.average_epochs is not None:
            self.averaging = AverageEpochs(recipe.average_epochs)
        self.decaying = None
        if recipe.decay is not None:
            self.decaying = decay(recipe.decay, entry.optimizer.learning_rate, recipe.epochs)
        self.norm = GradientNorm()
        self.checkpoint = Checkpoint(folder.last, folder.best, recipe.monitor)
        self.history = HistoryFile(folder.history)
        self.tensorboard = keras.callbacks.TensorBoard(folder.tensorboard, profile_batch=0)
        self.stopping = keras.callbacks.EarlyStopping(
            recipe.monitor, patience=recipe.patience, mode=self.checkpoint.mode
        )
        self.progress = Progress(
            folder.progress,
            checkpoint_every,
            {
                "norm": (self.norm, ("counted",)),
                "checkpoint": (self.checkpoint, ("best_epoch", "best_value")),
                "history": (self.history, ("rows",)),
                "stopping": (self.stopping, ("best", "best_epoch", "wait")),
            },
        )

    def in_order(self) -> list[keras.callbacks.Callback]:
        """The callbacks as Keras is to call them."""
        ordered = [
            self.stop_at_nan,
            self.progress,  # restores before the others begin an epoch
            self.averaging,  # those that follow validate and save the averaged weights
            self.decaying,
            self.norm,
            self.checkpoint,
            self.history,
            self.tensorboard,
            self.stopping,
            keras.callbacks.LambdaCallback(on_epoch_end=self._end_epoch),
        ]
        return [callback for callback in ordered if callback is not None]

    def _end_epoch(self, epoch: int, logs: object) -> None:  # noqa: ARG002 - Keras'
        if self.averaging is not None:
            self.averaging.swap_out()
        self.progress.write_epoch(epoch)


def verbosity(verbose: str | int) -> int:
    """Keras' `verbose`; `"auto"` is a progress bar in a terminal, and a line an epoch elsewhere."""
    if verbose == "auto":
        return 1 if sys.stdout.isatty() else 2
    return int(verbose)


def _remove_host_name(logs: Path) -> None:
    """TensorFlow names event files after the machine."""
    for path in logs.rglob(f"*.{socket.gethostname()}.*"):
        path.rename(path.with_name(path.name.replace(f".{socket.gethostname()}.", ".", 1)))
