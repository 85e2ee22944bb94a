"""Means over rows of unequal length, each with the number of rows it is taken over."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_zoo.diagnostics.named_array import NamedArray, plain

TINY = np.finfo("float64").tiny


@dataclass(frozen=True)
class Curve:
    """A mean over the rows for each step.

    Attributes:
        values: `(steps,)`.
        rows: `(steps,)`, over how many rows each of the values is taken.
    """

    values: np.ndarray
    rows: np.ndarray

    @property
    def is_trusted(self) -> np.ndarray:
        """True where at least half of the rows remain, and two where there are two, `(steps,)`."""
        most = int(self.rows.max(initial=0))
        return self.rows >= max(1, min(2, most), most / 2)

    def trusted(self) -> "Curve":
        """The curve restricted to the trusted steps."""
        return Curve(self.values[self.is_trusted], self.rows[self.is_trusted])

    def as_dict(self) -> dict[str, Any]:
        """`values` and `rows` as JSON has them."""
        return {"values": plain(self.values.tolist()), "rows": self.rows.tolist()}


def by_time(norms: NamedArray) -> Curve:
    """Norms `(batch, time)`, NaN at padding, by time step: the arithmetic mean.

    Example:
        >>> by_time(NamedArray(np.array([[1.0, 3.0], [2.0, np.nan]]), ("batch", "time")))
        Curve(values=array([1.5, 3. ]), rows=array([2, 1]))
    """
    return Curve(norms.mean("batch").values, (~np.isnan(norms.values)).sum(axis=0))


def by_steps_back(norms: NamedArray, backwards: bool = False) -> Curve:
    """Norms `(batch, time)` by distance from each row's last real step: the geometric mean.

    Args:
        norms: `(batch, time)`, NaN at padding.
        backwards: whether the layer runs from the last step to the first.

    Returns:
        The curve, whose first value is that of the last step itself.

    Example:
        >>> norms = NamedArray(np.array([[0.25, 0.5, 1.0], [0.5, 1.0, np.nan]]), ("batch", "time"))
        >>> by_steps_back(norms)
        Curve(values=array([1.  , 0.5 , 0.25]), rows=array([2, 2, 1]))
    """
    aligned = by_order(norms.values[..., None], not backwards)[..., 0]  # (batch, distance)
    logs = NamedArray(np.log(np.maximum(aligned, TINY)), ("batch", "time"))
    curve = by_time(logs)
    return Curve(np.exp(curve.values), curve.rows)


def by_order(values: np.ndarray, from_the_end: bool = False) -> np.ndarray:
    """Shift the real steps of each row to the front.

    Args:
        values: `(batch, time, units)`, NaN at padding.
        from_the_end: whether the last real step comes first.

    Returns:
        `(batch, steps, units)`, NaN where a row has no more steps.
    """
    rows = [row[~np.isnan(row).all(axis=-1)] for row in values]
    steps = max(map(len, rows), default=0)
    ordered = np.full((len(rows), steps, values.shape[-1]), np.nan)
    for target, row in zip(ordered, rows, strict=True):
        target[: len(row)] = row[::-1] if from_the_end else row
    return ordered
