"""Arrays that say what their axes are."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class NamedArray:
    """An array with a name for each axis; NaN stands where there is nothing, at padding.

    Args:
        values: the numbers.
        axes: what the axes are, such as `("batch", "time")`.

    Raises:
        ValueError: there are more names than axes, or fewer.

    Example:
        >>> norms = NamedArray(np.array([[1.0, 3.0], [2.0, np.nan]]), ("batch", "time"))
        >>> norms.mean("batch")
        NamedArray(values=array([1.5, 3. ]), axes=('time',))
    """

    values: np.ndarray
    axes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.axes):
            raise ValueError(f"Values of shape {self.values.shape} have not the axes {self.axes}.")

    def mean(self, *over: str) -> "NamedArray":
        """The mean over the axes named, of what is no NaN."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of nothing: that is NaN
            values = np.nanmean(self.values, axis=tuple(map(self.axes.index, over)))
        return NamedArray(values, tuple(axis for axis in self.axes if axis not in over))

    def as_dict(self) -> dict[str, Any]:
        """`axes` and `values` as JSON has them: lists, and None for NaN."""
        return {"axes": list(self.axes), "values": plain(self.values.tolist())}


def plain(values: Any) -> Any:
    """Numbers in lists and dictionaries, as JSON has them: None for NaN, text for infinity."""
    if isinstance(values, list):
        return [plain(value) for value in values]
    if isinstance(values, dict):
        return {key: plain(value) for key, value in values.items()}
    return values if np.isfinite(values) else None if np.isnan(values) else str(values)
