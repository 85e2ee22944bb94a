"""Mean and standard deviation of values that come in batches."""

import numpy as np


class Moments:
    """The mean and the standard deviation of each column, in one pass over batches of rows.

    Attributes:
        count: the number of rows so far.
        mean: `(columns,)`.

    Example:
        >>> moments = Moments(1)
        >>> moments.add(np.array([[1.0], [3.0]]))
        >>> moments.add(np.array([[5.0]]))
        >>> moments.mean, moments.std.round(3)
        (array([3.]), array([1.633]))

    Source: Chan, Golub and LeVeque, 1983, "Algorithms for computing the sample variance: analysis
        and recommendations".
    """

    def __init__(self, columns: int):
        self.count = 0
        self.mean = np.zeros(columns)
        self._squares = np.zeros(columns)  # summed squares of differences from the mean

    @property
    def std(self) -> np.ndarray:
        """`(columns,)`, that of the rows themselves; 0 of none."""
        return np.sqrt(self._squares / max(1, self.count))

    def add(self, rows: np.ndarray) -> None:
        """Count more rows `(rows, columns)`."""
        if not len(rows):
            return
        rows = np.asarray(rows, "float64")
        mean, count = rows.mean(axis=0), self.count + len(rows)
        shift = mean - self.mean
        self._squares += ((rows - mean) ** 2).sum(axis=0)
        self._squares += shift**2 * self.count * len(rows) / count
        self.mean = self.mean + shift * len(rows) / count
        self.count = count
