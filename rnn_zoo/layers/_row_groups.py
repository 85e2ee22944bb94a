"""The rows of a batch in groups of like length, that TensorFlow runs side by side."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import tensorflow as tf

from rnn_zoo.layers.all_rows import AllRows
from rnn_zoo.layers.first_axes import merge_first_axes

Tensors = list[Any]


class _Group(NamedTuple):
    """A group of rows.

    Attributes:
        places: Its places in the order of all rows.
        rows: The indices of the rows that stand there; None where rows are not sorted.
    """

    places: slice
    rows: Any


class RowGroups(AllRows):
    """Rows sorted by their number of real steps and cut into groups of about the same size.

    Sorting only permutes entries; the gradient applies the inverse permutation.

    Args:
        count: The number of groups.
        mask: Booleans `(batch, time)`, true at real steps. None: the rows stay in their order.

    >>> rows = tf.constant([[1.0], [2.0], [3.0], [4.0]])
    >>> mask = tf.constant([[True, True], [True, False], [True, True], [True, False]])
    >>> groups = RowGroups(2, mask)
    >>> parts = groups.split_rows([rows])
    >>> [part[0][:, 0].numpy().tolist() for part in parts]
    [[2.0, 4.0], [1.0, 3.0]]
    >>> groups.join_rows(parts)[0][:, 0].numpy().tolist()
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, count: int, mask: Any = None) -> None:
        self.count = count
        self.order = self.inverse = None
        if mask is not None:
            self.order = tf.argsort(tf.reduce_sum(tf.cast(mask, tf.int32), axis=1), stable=True)
            self.inverse = tf.math.invert_permutation(self.order)

    def split_rows(self, tensors: Tensors) -> list[Tensors]:
        """Of each group its rows of each tensor `(batch, ...)`."""
        return self._split(self._split_rows, self._join_rows, tensors)

    def join_rows(self, groups: Sequence[Tensors]) -> Tensors:
        """The tensors `(batch, ...)` with all rows, in the order they had."""
        return self._join(self._join_rows, self._split_rows, groups)

    def split_steps(self, tensors: Tensors) -> list[Tensors]:
        """Of each group its rows of each tensor `(batch, time, ...)`, time first."""
        return self._split(self._split_steps, self._join_steps, tensors)

    def join_steps(self, groups: Sequence[Tensors]) -> Tensors:
        """The tensors `(batch, time, ...)` with all rows, in the order they had."""
        return self._join(self._join_steps, self._split_steps, groups)

    def _split_rows(self, x: Any) -> Tensors:
        return [
            self._with_static_rows(
                x[group.places] if group.rows is None else tf.gather(x, group.rows), x, axis=0
            )
            for group in self._groups(tf.shape(x)[0])
        ]

    def _join_rows(self, parts: Tensors) -> Any:
        joined = tf.concat(parts, axis=0)
        return joined if self.inverse is None else tf.gather(joined, self.inverse)

    def _split_steps(self, x: Any) -> Tensors:
        batch, time = tf.unstack(tf.shape(x)[:2])
        parts = []
        for group in self._groups(batch):
            if group.rows is None:
                part = _swapped(x[group.places])
            else:  # sorted and transposed at once
                part = tf.gather(
                    merge_first_axes(x), group.rows[None] * time + tf.range(time)[:, None]
                )
                part.set_shape([x.shape[1], None, *x.shape[2:]])
            parts.append(self._with_static_rows(part, x, axis=1))
        return parts

    def _join_steps(self, parts: Tensors) -> Any:
        joined = tf.concat(parts, axis=1)
        if self.inverse is None:
            return _swapped(joined)
        time, batch = tf.unstack(tf.shape(joined)[:2])
        result = tf.gather(
            merge_first_axes(joined), self.inverse[:, None] + batch * tf.range(time)[None]
        )
        result.set_shape([joined.shape[1], joined.shape[0], *joined.shape[2:]])
        return result

    def _groups(self, batch: Any) -> list[_Group]:
        ends = [batch * i // self.count for i in range(self.count + 1)]
        slices = [slice(*pair) for pair in pairwise(ends)]
        return [_Group(s, None if self.order is None else self.order[s]) for s in slices]

    def _with_static_rows(self, part: Any, x: Any, axis: int) -> Any:
        """`part` with a static number of rows, where that of `x (batch, ...)` can be divided."""
        if x.shape[0] is not None and x.shape[0] % self.count == 0:
            shape = part.shape.as_list()
            part.set_shape([*shape[:axis], x.shape[0] // self.count, *shape[axis + 1 :]])
        return part

    def _split(self, move: Callable, inverse: Callable, tensors: Tensors) -> list[Tensors]:
        """Every group's part of every tensor, as `move` makes it; `inverse` is its gradient."""
        width = len(tensors)

        @tf.custom_gradient
        def split(*tensors: Any) -> tuple[Tensors, Callable]:
            def gradient(*upstream: Any) -> Tensors:
                return [inverse(upstream[i::width]) for i in range(width)]

            groups = zip(*map(move, tensors), strict=True)
            return [tensor for group in groups for tensor in group], gradient

        parts = split(*tensors) if tensors else []
        return [list(parts[i * width : (i + 1) * width]) for i in range(self.count)]

    def _join(self, move: Callable, inverse: Callable, groups: Sequence[Tensors]) -> Tensors:
        """The tensors that `move` makes of every group's; `inverse` is its gradient."""
        width = len(groups[0])

        @tf.custom_gradient
        def join(*tensors: Any) -> tuple[Tensors, Callable]:
            def gradient(*upstream: Any) -> Tensors:
                dense = map(tf.convert_to_tensor, upstream)  # of what is looked up: slices
                parts = zip(*map(inverse, dense), strict=True)
                return [tensor for part in parts for tensor in part]

            return [move(tensors[i::width]) for i in range(width)], gradient

        return list(join(*(tensor for group in groups for tensor in group))) if width else []


def _swapped(x: Any) -> Any:
    """`(a, b, ...)` to `(b, a, ...)`."""
    return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])
