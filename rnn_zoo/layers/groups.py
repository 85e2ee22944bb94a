"""The rows of a batch in groups of like length, that a loop over time runs side by side."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from keras import ops

Tensors = list[Any]


class Groups:
    """Rows sorted by their number of real steps and cut into groups of about the same size.

    What it does to a tensor only moves entries, and the gradient moves them back. More than one
    group needs TensorFlow, whose graphs run operations side by side.

    Args:
        count: The number of groups.
        mask: Booleans `(batch, time)`, true at real steps. None: the rows stay in their order.

    >>> from keras import ops
    >>> rows = ops.array([[1.0], [2.0], [3.0], [4.0]])
    >>> groups = Groups(2, ops.array([[True, True], [True, False], [True, True], [True, False]]))
    >>> parts = groups.rows([rows])
    >>> [part[0][:, 0].numpy().tolist() for part in parts]
    [[2.0, 4.0], [1.0, 3.0]]
    >>> groups.join_rows(parts)[0][:, 0].numpy().tolist()
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, count: int, mask: Any = None) -> None:
        self.count = count
        self.order = self.back = None
        if count > 1 and mask is not None:
            import tensorflow as tf

            self.order = tf.argsort(ops.sum(ops.cast(mask, "int32"), axis=1), stable=True)
            self.back = tf.math.invert_permutation(self.order)

    def rows(self, tensors: Tensors) -> list[Tensors]:
        """Each group's rows of each tensor `(batch, ...)`."""
        if self.count == 1:
            return [list(tensors)]
        return self._divided(self._rows, self._join_rows, tensors)

    def join_rows(self, parts: Sequence[Tensors]) -> Tensors:
        """The tensors with all rows, in the order they had."""
        if self.count == 1:
            return list(parts[0])
        return self._united(self._join_rows, self._rows, parts)

    def steps(self, tensors: Tensors) -> list[Tensors]:
        """Each group's rows of each tensor `(batch, time, ...)`, time first."""
        if self.count == 1:
            return [[ops.swapaxes(x, 0, 1) for x in tensors]]
        return self._divided(self._steps, self._join_steps, tensors)

    def join_steps(self, parts: Sequence[Tensors]) -> Tensors:
        """The tensors `(batch, time, ...)` with all rows, in the order they had."""
        if self.count == 1:
            return [ops.swapaxes(x, 0, 1) for x in parts[0]]
        return self._united(self._join_steps, self._steps, parts)

    def _rows(self, x: Any) -> Tensors:
        import tensorflow as tf

        return [
            _with_rows(x[here] if order is None else tf.gather(x, order), x, 0, self.count)
            for here, order in self._bounds(tf.shape(x)[0])
        ]

    def _join_rows(self, parts: Tensors) -> Any:
        import tensorflow as tf

        whole = tf.concat(parts, axis=0)
        return whole if self.back is None else tf.gather(whole, self.back)

    def _steps(self, x: Any) -> Tensors:
        import tensorflow as tf

        rows, time = tf.unstack(tf.shape(x)[:2])
        found = []
        for here, order in self._bounds(rows):
            if order is None:
                part = ops.swapaxes(x[here], 0, 1)
            else:  # sorted and transposed at once
                part = tf.gather(_flat(x), order[None] * time + tf.range(time)[:, None])
                part.set_shape([x.shape[1], None, *x.shape[2:]])
            found.append(_with_rows(part, x, 1, self.count))
        return found

    def _join_steps(self, parts: Tensors) -> Any:
        import tensorflow as tf

        whole = tf.concat(parts, axis=1)
        if self.back is None:
            return ops.swapaxes(whole, 0, 1)
        time, rows = tf.unstack(tf.shape(whole)[:2])
        joined = tf.gather(_flat(whole), self.back[:, None] + rows * tf.range(time)[None])
        joined.set_shape([whole.shape[1], whole.shape[0], *whole.shape[2:]])
        return joined

    def _bounds(self, rows: Any) -> list[tuple[slice, Any]]:
        """Of each group its place in the order, and the rows that stand there."""
        bounds = [rows * i // self.count for i in range(self.count + 1)]
        places = [slice(*ends) for ends in pairwise(bounds)]
        return [(place, None if self.order is None else self.order[place]) for place in places]

    def _divided(self, move: Callable, back: Callable, tensors: Tensors) -> list[Tensors]:
        """Every group's part of every tensor, as `move` makes it; `back` is its gradient."""
        import tensorflow as tf

        width = len(tensors)

        @tf.custom_gradient
        def divided(*tensors: Any) -> tuple[Tensors, Callable]:
            def gradient(*upstream: Any) -> Tensors:
                return [back(upstream[i::width]) for i in range(width)]

            parts = zip(*map(move, tensors), strict=True)
            return [tensor for part in parts for tensor in part], gradient

        found = divided(*tensors) if tensors else []
        return [list(found[i * width : (i + 1) * width]) for i in range(self.count)]

    def _united(self, move: Callable, back: Callable, parts: Sequence[Tensors]) -> Tensors:
        """The tensors that `move` makes of every group's; `back` is its gradient."""
        import tensorflow as tf

        width = len(parts[0])

        @tf.custom_gradient
        def united(*tensors: Any) -> tuple[Tensors, Callable]:
            def gradient(*upstream: Any) -> Tensors:
                dense = map(tf.convert_to_tensor, upstream)  # of what is looked up: slices
                parts = zip(*map(back, dense), strict=True)
                return [tensor for part in parts for tensor in part]

            return [move(tensors[i::width]) for i in range(width)], gradient

        return list(united(*(tensor for part in parts for tensor in part))) if width else []


def _with_rows(part: Any, whole: Any, axis: int, count: int) -> Any:
    """`part` with a static number of rows, where that of `whole (batch, ...)` can be divided."""
    if whole.shape[0] is not None and whole.shape[0] % count == 0:
        shape = part.shape.as_list()
        part.set_shape([*shape[:axis], whole.shape[0] // count, *shape[axis + 1 :]])
    return part


def _flat(x: Any) -> Any:
    """Both first axes as one."""
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))
