"""A matrix product after dropout."""

from typing import Any

from keras import ops


def dropped_matmul(x: Any, kernel: Any, masks: Any) -> Any:
    """`x @ kernel` after dropout of `x`.

    Args:
        x: `(..., n)`.
        kernel: `(n, columns)`.
        masks: `None`, a mask that multiplies `x`, or a list: a mask for each of as many equal
            blocks of the kernel's columns.

    Returns:
        `(..., columns)`.
    """
    if masks is None:
        return ops.matmul(x, kernel)
    if not isinstance(masks, list):
        return ops.matmul(x * masks, kernel)
    blocks = ops.split(kernel, len(masks), axis=-1)
    return ops.concatenate(
        [ops.matmul(x * mask, block) for mask, block in zip(masks, blocks, strict=True)], axis=-1
    )
