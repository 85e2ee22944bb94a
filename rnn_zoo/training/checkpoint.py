"""Models on disk, whole or not at all."""

from pathlib import Path
from typing import Any

import keras

from rnn_zoo.errors import RunError


def save_whole(model: keras.Model, path: Path) -> None:
    """Write a `.keras` file so that `path` never holds a part of one.

    Raises:
        RunError: it cannot be written, for example on a full disk; what was at `path` stays.
    """
    draft = path.with_name(f".draft.{path.name}")
    try:
        model.save(draft)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        kept = f" The one before, {path}, is whole." if path.is_file() else ""
        raise RunError(
            f"The model could not be written: {error.strerror or error}.{kept}"
        ) from None


class Checkpoint(keras.callbacks.Callback):
    """Save the model after every epoch, and after the best one.

    Args:
        last: file for the model after the last epoch.
        best: file for the model after the epoch with the best `monitor`.
        monitor: what to compare; more is better where its name ends in `accuracy`, else less.

    Attributes:
        best_epoch: the best epoch so far, counted from 1.
    """

    def __init__(self, last: Path, best: Path, monitor: str):
        super().__init__()
        self.last = last
        self.best = best
        self.monitor = monitor
        self.best_epoch = 0
        self._sign = 1.0 if monitor.endswith("accuracy") else -1.0
        self._best_value = -float("inf")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare and save.

        Raises:
            RunError: the epoch has no such figure, or the model cannot be written.
        """
        logs = logs or {}
        if self.monitor not in logs:
            raise RunError(f"There is no {self.monitor!r} to watch; there are {sorted(logs)}.")
        save_whole(self.model, self.last)
        value = self._sign * logs[self.monitor]
        if value > self._best_value:
            self._best_value, self.best_epoch = value, epoch + 1
            save_whole(self.model, self.best)
