"""Steps and rows as one axis."""

from typing import Any

from keras import ops


def merge_first_axes(x: Any) -> Any:
    """`(a, b, ...)` to `(a * b, ...)`.

    >>> merge_first_axes(ops.ones((2, 3, 4))).shape == (6, 4)
    True
    """
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))
