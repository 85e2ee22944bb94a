"""Whole recurrences as one operation in a graph: a kernel, or a function that exporters know.

Either takes `(x, lengths, *states, kernel, recurrent_kernel, bias)`, with rows that are padded on
the right, and gives all hidden states and the last states: what the operators of other formats take
and give. TensorFlow alone.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf
from keras import activations

from rnn_zoo.cells import GRUCell, IRNNCell, LSTMCell, SimpleRNNCell
from rnn_zoo.layers.choice import makes_operators

PREFIX = "rnn_zoo_"
"""How the names of functions begin, such as `rnn_zoo_lstm_forward`."""
Tensors = list[Any]
Run = Callable[[Any, Any, Tensors], tuple[Any, Tensors]]
"""From steps `(batch, time, features)`, a mask and states to hidden states and the last states."""
Whole = Callable[..., Tensors]
"""The same in one operation, as the module says."""


def operator_name(cell: Any) -> str | None:
    """What formats call the recurrence of a cell; None where they have no operator for it."""
    if cell.compute_dtype != "float32" or cell.zoneout:
        return None
    activation = activations.serialize(cell.activation)
    # A subclass may compute something else.
    if type(cell) in (SimpleRNNCell, IRNNCell) and activation in ("tanh", "relu"):
        return f"rnn_{activation}"
    if type(cell) not in (LSTMCell, GRUCell):
        return None
    if not getattr(cell, "reset_after", True) or getattr(cell, "projection", None):
        return None
    gates = activations.serialize(cell.recurrent_activation)
    if (activation, gates) != ("tanh", "sigmoid"):
        return None
    return "lstm" if type(cell) is LSTMCell else "gru"


def whole(cell: Any, steps: Run, backwards: bool) -> Whole | None:
    """The recurrence of a cell as one operation; None where there is no such in this graph.

    Args:
        cell: the cell.
        steps: the recurrence, step by step.
        backwards: whether to run from the last step to the first.
    """
    name = operator_name(cell)
    if name is not None and makes_operators():
        return _function(f"{PREFIX}{name}_{'reverse' if backwards else 'forward'}", steps)
    return partial(_lstm_kernel, backwards) if name == "lstm" else None


def _function(name: str, steps: Run) -> Whole:
    """A function for an exporter to replace, which is not inlined unless somebody insists."""

    def recurrence(x: Any, lengths: Any, *rest: Any) -> Tensors:
        states = list(rest[:-3])  # the weights are for the exporter: steps has them
        hidden, last = steps(x, tf.sequence_mask(lengths, tf.shape(x)[1]), states)
        return [hidden, *last]

    recurrence.__name__ = name
    function: Whole = tf.function(
        recurrence, experimental_attributes={"_noinline": True}, autograph=False
    )
    return function


def _lstm_kernel(backwards: bool, x: Any, lengths: Any, *rest: Any) -> Tensors:
    """TensorFlow's kernel of an LSTM, whose gates stand in Keras' order."""
    h, c, kernel, recurrent_kernel, bias = rest
    none = tf.zeros(tf.shape(bias)[:1] // 4)  # no peepholes
    if backwards:
        x = tf.reverse_sequence(x, lengths, seq_axis=1)
    outputs = tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.cast(tf.shape(x)[1], tf.int64),
        x=tf.transpose(x, (1, 0, 2)),
        cs_prev=c,
        h_prev=h,
        w=tf.concat([kernel, recurrent_kernel], axis=0),
        wci=none,
        wcf=none,
        wco=none,
        b=bias,
        cell_clip=0.0,
    )
    hidden, cells = (tf.transpose(rows, (1, 0, 2)) for rows in (outputs.h, outputs.cs))
    last = [tf.gather(rows, lengths - 1, batch_dims=1) for rows in (hidden, cells)]
    return [tf.reverse_sequence(hidden, lengths, seq_axis=1) if backwards else hidden, *last]


def run(
    whole: Whole, cell: Any, x: Any, mask: Any, states: Tensors, backwards: bool
) -> tuple[Any, Tensors]:
    """Run a recurrence in one operation.

    Rows whose mask has holes or begins with padding are moved together for it, and the hidden
    states back to where their steps stand.

    Args:
        whole: the operation.
        cell: has the weights.
        x: `(batch, time, features)`.
        mask: booleans `(batch, time)`, or None.
        states: those before the first step.
        backwards: whether it runs from the last step to the first.

    Returns:
        The hidden states in order of time, a masked step's being the state that it keeps, and the
        last states.
    """
    bias = tf.zeros(cell.bias_shape) if cell.bias is None else cell.bias
    # Else TensorFlow moves constants into the function, where no exporter finds them.
    weights = [tf.identity(x) for x in (cell.kernel, cell.recurrent_kernel, bias)]
    states = [tf.identity(state) for state in states]
    batch, time = tf.unstack(tf.shape(x)[:2])
    lengths = tf.fill([batch], time)
    if mask is not None:
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        x = tf.gather(x, _real_first(mask, time), batch_dims=1)
    # Operators want one step at least, and one real step in every row.
    x = tf.pad(x, [[0, 0], [0, tf.maximum(1 - time, 0)], [0, 0]])
    hidden, *last = whole(x, tf.maximum(lengths, 1), *states, *weights)
    is_real = lengths[:, None] > 0
    last = [tf.where(is_real, new, old) for new, old in zip(last, states, strict=True)]
    if mask is None:
        return hidden[:, :time], last
    return _in_place(hidden, mask, lengths, states[0], backwards), last


def _real_first(mask: Any, time: Any) -> Any:
    """The positions `(batch, time)` of a row's steps, first the real ones, each in their order."""
    position = tf.range(time)
    key = tf.where(mask, position, position + time)
    return tf.math.top_k(-key, k=time).indices


def _in_place(hidden: Any, mask: Any, lengths: Any, first: Any, backwards: bool) -> Any:
    """The hidden states of real steps, one beside the other, at the steps of a mask."""
    before = tf.cumsum(tf.cast(mask, tf.int32), axis=1)  # real steps up to each, that counted
    index = before - tf.cast(mask, tf.int32) if backwards else before - 1
    exists = tf.logical_and(index >= 0, index < lengths[:, None])
    index = tf.clip_by_value(index, 0, tf.shape(hidden)[1] - 1)
    shown = tf.gather(hidden, index, batch_dims=1)
    return tf.where(exists[..., None], shown, first[:, None])
