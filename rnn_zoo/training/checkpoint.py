"""Models on disk, whole or not at all."""

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from rnn_zoo.errors import RunError

DRAFT = ".draft."  # begins the names of files that are being written


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file or folder so that `path` never holds a part of one.

    Yields:
        Where to write: beside `path`, which it replaces when the block ends. Where the block fails,
        nothing of it remains.

    Raises:
        RunError: it cannot be written, for example on a full disk; what was at `path` stays.
    """
    draft = path.with_name(DRAFT + path.name)
    try:
        yield draft
        if draft.is_dir() and path.is_dir():
            shutil.rmtree(path)
        draft.replace(path)
    except (OSError, tf.errors.OpError) as error:
        kept = f" The one before, {path}, is whole." if path.is_file() else ""
        raise RunError(
            f"{path} could not be written: {_reason(error)}. "
            f"Make room there, or choose another folder.{kept}"
        ) from None
    finally:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def save_whole(model: keras.Model, path: Path) -> None:
    """Write a `.keras` file; see `whole`."""
    with whole(path) as draft:
        model.save(draft)


class Checkpoint(keras.callbacks.Callback):
    """Save the model after every epoch, and after the best one.

    Args:
        last: file for the model after the last epoch.
        best: file for the model after the epoch with the best `monitor`.
        monitor: what to compare; more is better where its name ends in `accuracy`, else less.

    Attributes:
        best_epoch: the best epoch so far, counted from 1.
        best_value: its `monitor`, with the sign that makes more better; None before there is one.
        mode: `"max"` or `"min"`, as Keras' callbacks call it.
    """

    def __init__(self, last: Path, best: Path, monitor: str):
        super().__init__()
        self.last = last
        self.best = best
        self.monitor = monitor
        self.best_epoch = 0
        self.mode = "max" if monitor.endswith("accuracy") else "min"
        self.best_value: float | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare and save.

        Raises:
            RunError: the epoch has no such figure, a figure is NaN or infinite (such a model is not
                saved), or the model cannot be written.
        """
        logs = logs or {}
        if self.monitor not in logs:
            raise RunError(f"There is no {self.monitor!r} to watch; there are {sorted(logs)}.")
        # Accuracy is finite even where all weights are NaN, so the monitor alone does not tell.
        if not all(math.isfinite(value) for value in logs.values()):
            raise self.not_a_number()
        save_whole(self.model, self.last)
        value = logs[self.monitor] if self.mode == "max" else -logs[self.monitor]
        if self.best_value is None or value > self.best_value:
            self.best_value, self.best_epoch = float(value), epoch + 1
            save_whole(self.model, self.best)

    def not_a_number(self) -> RunError:
        """The error for a loss that is NaN or infinite."""
        kept = f" The last good model is {self.last}." if self.last.is_file() else ""
        return RunError(
            f"The loss became NaN or infinite: lower the learning rate or the clipping norm.{kept}"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # TensorFlow says "operation path; reason [Op:operation]".
    return str(error).rpartition("; ")[2].partition(" [Op:")[0]
