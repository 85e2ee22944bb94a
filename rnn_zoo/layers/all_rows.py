"""The rows of a batch, all together."""

from collections.abc import Sequence
from typing import Any

from keras import ops

Tensors = list[Any]


class AllRows:
    """One group of all rows, in their order.

    `rnn_zoo.layers._row_groups.RowGroups` has the same methods for more groups.

    >>> from keras import ops
    >>> (part,) = AllRows().split_steps([ops.ones((2, 5, 3))])
    >>> part[0].shape == (5, 2, 3)
    True
    """

    def split_rows(self, tensors: Tensors) -> list[Tensors]:
        """Of each group its rows of each tensor `(batch, ...)`."""
        return [list(tensors)]

    def join_rows(self, groups: Sequence[Tensors]) -> Tensors:
        """The tensors `(batch, ...)` with all rows, in the order they had."""
        return list(groups[0])

    def split_steps(self, tensors: Tensors) -> list[Tensors]:
        """Of each group its rows of each tensor `(batch, time, ...)`, time first."""
        return [[ops.swapaxes(x, 0, 1) for x in tensors]]

    def join_steps(self, groups: Sequence[Tensors]) -> Tensors:
        """The tensors `(batch, time, ...)` with all rows, in the order they had."""
        return [ops.swapaxes(x, 0, 1) for x in groups[0]]
