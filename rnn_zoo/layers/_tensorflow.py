"""What `rnn_zoo.layers.RNN` needs of TensorFlow and `keras.ops` does not have."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from rnn_zoo.layers._row_groups import RowGroups
from rnn_zoo.layers.all_rows import AllRows


def loop(
    body: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    steps: Any,
    backwards: bool = False,
    *,
    differentiable: bool = False,
    window: tuple[Any, Any] | None = None,
    ahead: int = 0,
) -> tuple[Any, Any]:
    """Runs `body` over the first axis of `steps`; see `rnn_zoo.layers._backend`.

    `keras.ops.scan` does not take a number of steps that is unknown before the graph runs.
    """
    tensors = tf.nest.flatten(steps)
    time = tf.shape(tensors[0])[0]
    begin, end = window or (tf.constant(0), time)
    kept = shapes_of(
        lambda: body(carry, tf.nest.map_structure(lambda x: tf.gather(x, 0), steps))[1]
    )
    results = [
        tf.TensorArray(part.dtype, time, element_shape=part.shape) for part in tf.nest.flatten(kept)
    ]
    read = [_reader(x, time) if differentiable else x.__getitem__ for x in tensors]

    # What is carried has to be the index itself. One computed from the window, which no step
    # changes, XLA takes for a constant, and compiles the loop anew for every window.
    def advance(t: Any, carry: Any, early: list[Any], results: list[Any]) -> tuple[Any, ...]:
        step = [*early, *(read_at(t) for read_at in read[ahead:])]
        new, kept = body(carry, tf.nest.pack_sequence_as(steps, step))
        for old, tensor in zip(tf.nest.flatten(carry), tf.nest.flatten(new), strict=True):
            tensor.set_shape(old.shape)
        following = t + (-1 if backwards else 1)
        within = tf.clip_by_value(following, 0, time - 1)
        parts = zip(results, tf.nest.flatten(kept), strict=True)
        return (
            following,
            new,
            [read_at(within) for read_at in read[:ahead]],
            [result.write(t, part) for result, part in parts],
        )

    first = end - 1 if backwards else begin
    # Not by a slice: where it begins XLA would take for a constant as well.
    read_first = read if differentiable else [partial(tf.gather, x) for x in tensors]
    early = [read_at(tf.maximum(first, 0)) for read_at in read_first[:ahead]]
    _, last, _, results = tf.while_loop(
        lambda t, *_: t >= begin if backwards else t < end,
        advance,
        (first, carry, early, results),
        maximum_iterations=time,
        parallel_iterations=32,
        swap_memory=differentiable,
    )
    stacked = [result.stack() for result in results]
    for tensor in stacked:
        tensor.set_shape([tensors[0].shape[0], *tensor.shape[1:]])
    return last, tf.nest.pack_sequence_as(kept, stacked)


def _reader(x: Any, time: Any) -> Callable[[Any], Any]:
    """What reads a step of `x (time, ...)`; its gradient writes one step, and not all of them."""
    return tf.TensorArray(x.dtype, time, element_shape=x.shape[1:]).unstack(x).read


def shapes_of(function: Callable[[], Any]) -> Any:
    """What `function` would return, as tensors of a graph that is not run."""
    returned = []
    tf.function(lambda: returned.append(function()), autograph=False).get_concrete_function()
    return returned[-1]


def vjp(function: Callable, primals: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
    """The gradients of `primals`, from those of what `function` returns."""
    with tf.GradientTape() as tape:
        tape.watch(primals)
        outputs = function(*primals)
    return tape.gradient(
        outputs, list(primals), list(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def cotangents(upstream: tuple[Any, ...]) -> list[Any]:
    """Upstream gradients as dense tensors; they are slices where a result was gathered from."""
    return list(map(tf.convert_to_tensor, upstream))


def compiled(function: Callable) -> Callable:
    """`function`, compiled by XLA as one operation of the graph."""
    return tf.function(function, jit_compile=True, autograph=False)


def group_rows(count: int, mask: Any = None) -> AllRows:
    """The rows of a batch in `count` groups, by `mask (batch, time)` of like length."""
    return AllRows() if count == 1 else RowGroups(count, mask)
