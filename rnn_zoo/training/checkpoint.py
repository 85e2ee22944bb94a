"""The best and the last model of a training run."""

import math
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.errors import RunError


class StopAtNaN(keras.callbacks.Callback):
    """End training at the first step whose loss is NaN or infinite.

    Args:
        last: the file of the last model, which the error names if there is one.
    """

    def __init__(self, last: Path):
        super().__init__()
        self.last = last

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Check the loss.

        Raises:
            RunError: it is NaN or infinite.
        """
        _check_loss((logs or {}).get("loss", 0.0), self.last)


class Checkpoint(keras.callbacks.Callback):
    """Save the model after every epoch, and after the best one.

    Args:
        last: file for the model after the last epoch.
        best: file for the model after the epoch with the best `monitor`.
        monitor: what to compare; more is better if its name ends in `accuracy`, else less.

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
            RunError: the epoch has no such metric, a metric is NaN or infinite (such a model is not
                saved), or the model cannot be written.
        """
        logs = logs or {}
        check_monitor(self.monitor, logs)
        # Accuracy is finite even where all weights are NaN, so the monitor alone does not tell.
        for value in logs.values():
            _check_loss(value, self.last)
        save_model(self.model, self.last)
        value = logs[self.monitor] if self.mode == "max" else -logs[self.monitor]
        if self.best_value is None or value > self.best_value:
            self.best_value, self.best_epoch = float(value), epoch + 1
            save_model(self.model, self.best)


def save_model(model: keras.Model, path: Path) -> None:
    """Write a `.keras` file; see `atomic_write`."""
    with atomic_write(path) as draft:
        model.save(draft)


def check_monitor(monitor: str, metrics: Any) -> None:
    """Make sure that there is a metric of this name.

    Raises:
        RunError: there is none; the message lists those there are.
    """
    if monitor not in metrics:
        raise RunError(
            f"monitor: there is no metric {monitor!r}; there are {', '.join(sorted(metrics))}."
        )


def _check_loss(value: float, last: Path) -> None:
    if not math.isfinite(value):
        kept = f" The last good model is {last}." if last.is_file() else ""
        raise RunError(
            "The loss became NaN or infinite: lower the learning rate or the clipping norm." + kept
        )
