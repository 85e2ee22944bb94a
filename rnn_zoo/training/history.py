"""The metrics of every epoch, as a table."""

import csv
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.atomic_write import atomic_write


class HistoryFile(keras.callbacks.Callback):
    """Writes loss and metrics to a .csv file, a row an epoch, counted from 1.

    Args:
        path: the file; it is replaced after every epoch.

    Attributes:
        rows: what the file holds.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add a row."""
        metrics = {name: float(value) for name, value in sorted((logs or {}).items())}
        self.rows.append({"epoch": epoch + 1, **metrics})
        with atomic_write(self.path) as draft, draft.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, self.rows[0])
            writer.writeheader()
            writer.writerows(self.rows)

    @property
    def columns(self) -> dict[str, list[float]]:
        """Values by epoch, as `model.fit(...).history` gives them."""
        names = [name for name in (self.rows or [{}])[0] if name != "epoch"]
        return {name: [row[name] for row in self.rows] for name in names}
