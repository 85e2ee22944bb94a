"""Whole recurrences as one function in the graph, which an exporter may replace by an operator.

A function is named after its cell and direction, such as `rnn_zoo_lstm_forward`, and is not inlined
unless somebody insists. It takes `(x, lengths, *states, kernel, recurrent_kernel, bias)`, with rows
that are padded on the right, and gives all hidden states and the last states: what the operators of
other formats take and give. TensorFlow alone.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import activations

from rnn_zoo.cells import GRUCell, IRNNCell, LSTMCell, SimpleRNNCell

PREFIX = "rnn_zoo_"
"""How the names of these functions begin."""
Tensors = list[Any]
Run = Callable[[Any, Any, Tensors], tuple[Any, Tensors]]
"""From steps `(batch, time, features)`, a mask and states to hidden states and the last states."""


def operator_name(cell: Any) -> str | None:
    """What formats call the recurrence of a cell; None where they have no operator for it."""
    if cell.compute_dtype != "float32":
        return None
    activation = activations.serialize(cell.activation)
    # A subclass may compute something else.
    if type(cell) in (SimpleRNNCell, IRNNCell) and activation in ("tanh", "relu"):
        return f"rnn_{activation}"
    if type(cell) not in (LSTMCell, GRUCell) or not getattr(cell, "reset_after", True):
        return None
    gates = activations.serialize(cell.recurrent_activation)
    if (activation, gates) != ("tanh", "sigmoid"):
        return None
    return "lstm" if type(cell) is LSTMCell else "gru"


def as_function(
    name: str, cell: Any, run: Run, x: Any, mask: Any, states: Tensors, backwards: bool
) -> tuple[Any, Tensors]:
    """Run a recurrence in a function of its own.

    Rows whose mask has holes or begins with padding are moved together for the function, and the
    hidden states back to where their steps stand.

    Args:
        name: see `operator_name`.
        cell: has the weights.
        run: the recurrence.
        x: `(batch, time, features)`.
        mask: booleans `(batch, time)`, or None.
        states: those before the first step.
        backwards: whether to run from the last step to the first.

    Returns:
        The hidden states in order of time, a masked step's being the state that it keeps, and the
        last states.
    """

    def recurrence(x: Any, lengths: Any, *rest: Any) -> Tensors:
        hidden, last = run(x, tf.sequence_mask(lengths, tf.shape(x)[1]), list(rest[: len(states)]))
        return [hidden, *last]

    recurrence.__name__ = f"{PREFIX}{name}_{'reverse' if backwards else 'forward'}"
    function: Any = tf.function(
        recurrence, experimental_attributes={"_noinline": True}, autograph=False
    )
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
    hidden, *last = function(x, tf.maximum(lengths, 1), *states, *weights)
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
