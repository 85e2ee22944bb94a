"""The few rows of a table that a gradient is made of, on TensorFlow."""

from typing import Any


def summed_rows(gradient: Any) -> Any:
    """A gradient as slices in which every row stands once.

    Args:
        gradient: a `tf.IndexedSlices`, whose repeated rows are summed, or a tensor. Within a graph
            a tensor remembers the operation it comes from; where that is a sum of slices by row, as
            in the gradient of `rnn_zoo.layers.Embedding`, the sum is never computed unless somebody
            else asks for it.

    Returns:
        A `tf.IndexedSlices`, or None where the gradient is not made of slices or does not say so.
    """
    import tensorflow as tf

    if isinstance(gradient, tf.IndexedSlices):
        values, places, shape = gradient.values, gradient.indices, gradient.dense_shape
    elif slices := _slices_under(gradient):
        (values, places), shape = slices, tf.shape(gradient)
    else:
        return None
    rows, numbers = tf.unique(places)
    return tf.IndexedSlices(
        tf.math.unsorted_segment_sum(values, numbers, tf.size(rows)), rows, shape
    )


def _slices_under(gradient: Any) -> tuple[Any, Any] | None:
    """Values `(slices, width)` and rows `(slices,)` that a graph sums to a table's gradient."""
    operation = getattr(gradient, "op", None)  # a tensor that is a number already has none
    if operation is not None and operation.type == "Reshape":
        operation = operation.inputs[0].op
    if operation is None or operation.type != "UnsortedSegmentSum":
        return None
    values, places, _ = operation.inputs
    shape = operation.outputs[0].shape
    is_table = shape.rank == 2 and shape.is_fully_defined() and places.shape.rank == 1
    return (values, places) if is_table and shape == gradient.shape else None
