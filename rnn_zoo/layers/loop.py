"""A loop over time and its derivative, on either backend: what keras.ops has no operation for."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

Tensors = Sequence[Any]


def loop(
    body: Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]],
    carry: Tensors,
    steps: Tensors,
    backwards: bool = False,
    window: tuple[Any, Any] | None = None,
    ahead: int = 0,
) -> tuple[list[Any], list[Any]]:
    """Runs `body` over the first axis of `steps`.

    `keras.ops.scan` does not take a number of steps that is unknown before the graph runs.

    Args:
        body: Takes what is carried and one step of each of `steps`; returns what is carried on, and
            what to keep of this step.
        carry: What the first step is given.
        steps: Tensors `(time, ...)`.
        backwards: Whether to run from the last step to the first.
        window: The first step to run and the one after the last to run; None: all of them. On JAX,
            whose loops have a length that is known before they run, it has to be None.
        ahead: How many of `steps`, the first ones, are read a step ahead. XLA then has an array of
            their own for them; of an operation that takes it apart and takes it from the whole too
            it makes no vector instructions. On JAX nothing is read ahead.

    Returns:
        What the last step carried on, and what was kept, each `(time, ...)`, in the order of
        `steps`; zeros for steps that were not run.

    >>> from keras import ops
    >>> def add(total, value):
    ...     total = [total[0] + value[0]]
    ...     return total, total
    >>> total, sums = loop(add, [ops.array(0)], [ops.array([1, 2, 3])])
    >>> int(total[0]), [int(s) for s in sums[0]]
    (6, [1, 3, 6])
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.lax.scan(body, list(carry), list(steps), reverse=backwards)
    import tensorflow as tf

    time = tf.shape(steps[0])[0]
    begin, end = window or (tf.constant(0), time)
    # What is kept, its number and dtypes, is known from a trial that is not run.
    trial = tf.function(lambda: body(list(carry), [step[0] for step in steps]))
    kept = trial.get_concrete_function().structured_outputs[1]
    arrays = [tf.TensorArray(part.dtype, time, element_shape=part.shape) for part in kept]

    # What is carried has to be the index itself. One computed from the window, which no step
    # changes, XLA takes for a constant, and compiles the loop anew for every window.
    def advance(t: Any, carry: list[Any], here: list[Any], arrays: list[Any]) -> tuple[Any, ...]:
        new, kept = body(carry, [*here, *(step[t] for step in steps[ahead:])])
        for old, tensor in zip(carry, new, strict=True):
            tensor.set_shape(old.shape)
        following = t + (-1 if backwards else 1)
        return (
            following,
            new,
            [step[tf.clip_by_value(following, 0, time - 1)] for step in steps[:ahead]],
            [a.write(t, part) for a, part in zip(arrays, kept, strict=True)],
        )

    first = end - 1 if backwards else begin
    _, last, _, arrays = tf.while_loop(
        lambda t, *_: t >= begin if backwards else t < end,
        advance,
        (first, list(carry), [step[tf.maximum(first, 0)] for step in steps[:ahead]], arrays),
        maximum_iterations=time,
    )
    stacked = [array.stack() for array in arrays]
    for tensor in stacked:
        tensor.set_shape([steps[0].shape[0], *tensor.shape[1:]])
    return last, stacked


def vjp(function: Callable, primals: Tensors, cotangents: Tensors) -> list[Any]:
    """The vector-Jacobian products of `function`, which returns a list, for each of `primals`.

    >>> from keras import ops
    >>> [float(g) for g in vjp(lambda a, b: [a * b], [ops.array(2.0), ops.array(3.0)], [1.0])]
    [3.0, 2.0]
    """
    if keras.backend.backend() == "jax":
        import jax

        outputs, pull = jax.vjp(lambda *args: list(function(*args)), *primals)
        return list(
            pull([jax.numpy.asarray(c, o.dtype) for c, o in zip(cotangents, outputs, strict=True)])
        )
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(primals)
        outputs = function(*primals)
    return tape.gradient(
        outputs, list(primals), list(cotangents), unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def cotangents(upstream: tuple[Any, ...]) -> list[Any]:
    """What the gradient given to `keras.ops.custom_gradient` is called with, as a list of arrays.

    JAX hands over one tuple; on TensorFlow those of results that were looked up in are slices.
    """
    if keras.backend.backend() == "jax":
        return list(upstream[0] if isinstance(upstream[0], tuple | list) else upstream)
    import tensorflow as tf

    return list(map(tf.convert_to_tensor, upstream))


def compiled(function: Callable) -> Callable:
    """`function`, compiled by XLA as one operation of a TensorFlow graph; as it is on JAX."""
    if keras.backend.backend() == "jax":
        return function
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)
