"""`adding/T`, the adding problem: the target is the sum of two marked numbers of a long series."""

import numpy as np

SIZES = {"train": 40_000, "validation": 1_000, "test": 1_000}
LENGTHS = (100, 200, 400)
"""The lengths of the embedded sets: `adding/100`, ..."""
BASELINE_MSE = 1 / 6
"""The mean squared error of always saying 1: the variance of the sum of two uniform numbers."""


def adding(split: str, length: int) -> tuple[list[np.ndarray], list[float]]:
    """Return the series of one split and, for each, the sum of its two marked numbers.

    A step has two features: a number, uniform in [0, 1], and a mark. The mark is 1 at one step of
    the first half and one step of the second half, and 0 elsewhere. A model has to remember the
    first marked number for `length / 2` steps on average.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        length: steps of a series, T.

    Returns:
        Series `(length, 2)`, float32, and their sums.

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; the marks as Arjovsky, Shah
        and Bengio 2016, "Unitary Evolution Recurrent Neural Networks", place them.

    Example:
        >>> series, sums = adding("test", 100)
        >>> series[0].shape, bool(abs(series[0][:, 0] @ series[0][:, 1] - sums[0]) < 1e-6)
        ((100, 2), True)
    """
    size = SIZES[split]
    rng = np.random.default_rng([length, list(SIZES).index(split)])
    series = np.zeros((size, length, 2), "float32")
    series[:, :, 0] = rng.random((size, length), "float32")
    rows, half = np.arange(size), length // 2
    series[rows, rng.integers(0, half, size), 1] = 1
    series[rows, rng.integers(half, length, size), 1] = 1
    return list(series), np.sum(series[:, :, 0] * series[:, :, 1], axis=1).tolist()
