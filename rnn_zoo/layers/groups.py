"""The rows of a batch in groups of like length, that a loop over time runs side by side."""

from collections.abc import Sequence
from typing import Any

from keras import ops

Tensors = Sequence[Any]


class Groups:
    """Rows sorted by their number of real steps and cut into groups of about the same size.

    More than one group needs TensorFlow, whose graphs run operations side by side.

    Args:
        count: The number of groups.
        mask: Booleans `(batch, time)`, true at real steps. None: the rows stay in their order.

    >>> from keras import ops
    >>> rows = ops.array([[1], [2], [3], [4]])
    >>> groups = Groups(2, ops.array([[True, True], [True, False], [True, True], [True, False]]))
    >>> [part[0][:, 0].numpy().tolist() for part in groups.split([rows])]
    [[2, 4], [1, 3]]
    >>> groups.join(groups.split([rows]))[0][:, 0].numpy().tolist()
    [1, 2, 3, 4]
    """

    def __init__(self, count: int, mask: Any = None) -> None:
        self.count = count
        self.order = self.back = None
        if count > 1 and mask is not None:
            import tensorflow as tf

            self.order = tf.argsort(ops.sum(ops.cast(mask, "int32"), axis=1), stable=True)
            self.back = tf.math.invert_permutation(self.order)

    def split(self, tensors: Tensors, have_rows: Sequence[bool] | None = None) -> list[list[Any]]:
        """Each group's part of each tensor `(batch, ...)`; all of one that does not have rows."""
        if self.count == 1:
            return [list(tensors)]
        import tensorflow as tf

        have_rows = have_rows or [True] * len(tensors)
        rows = tf.shape(tensors[have_rows.index(True)])[0]
        bounds = [rows * i // self.count for i in range(self.count + 1)]

        def part(tensor: Any, i: int) -> Any:
            here = slice(bounds[i], bounds[i + 1])
            found = tensor[here] if self.order is None else tf.gather(tensor, self.order[here])
            if tensor.shape[0] is not None and tensor.shape[0] % self.count == 0:
                found.set_shape([tensor.shape[0] // self.count, *tensor.shape[1:]])
            return found

        return [
            [
                part(tensor, i) if has else tensor
                for tensor, has in zip(tensors, have_rows, strict=True)
            ]
            for i in range(self.count)
        ]

    def join(self, parts: Sequence[Tensors], have_rows: Sequence[bool] | None = None) -> list[Any]:
        """The tensors of all rows, in the order they had; of those that have no rows the sum."""
        if self.count == 1:
            return list(parts[0])
        import tensorflow as tf

        def united(tensors: Tensors, has: bool) -> Any:
            if not has:
                return tf.add_n(tensors)
            whole = tf.concat(tensors, axis=0)
            return whole if self.back is None else tf.gather(whole, self.back)

        together = list(zip(*parts, strict=True))
        have_rows = have_rows or [True] * len(together)
        return [united(t, has) for t, has in zip(together, have_rows, strict=False)]
