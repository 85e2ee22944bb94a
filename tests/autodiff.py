"""Gradients on either backend, as NumPy arrays."""

import contextlib

import keras
import numpy as np
from keras import ops


def value_and_gradients(function, arrays, variables=()):
    """A scalar, what else came with it, and the scalar's gradients.

    Args:
        function: Takes a tensor for each of `arrays` and reads `variables`. Returns the scalar, and
            a list of other tensors to hand back, which may be empty.
        arrays: NumPy arrays.
        variables: Keras variables, such as `layer.trainable_variables`.

    Returns:
        The scalar, the list of other tensors, and the list of gradients with respect to the arrays,
        then the variables.
    """
    compute = _jax if keras.backend.backend() == "jax" else _tensorflow
    (value, others), gradients = compute(function, arrays, variables)
    return np.asarray(value), [np.asarray(t) for t in others], [np.asarray(g) for g in gradients]


@contextlib.contextmanager
def op_by_op():
    """No compilation on JAX: for what is computed once, it takes several times as long."""
    if keras.backend.backend() == "jax":
        import jax

        with jax.disable_jit():
            yield
    else:
        yield


def central_differences(function, arrays, variables=(), step=2e-5):
    """The gradients of `value_and_gradients`, from values alone.

    Every entry is moved by `step` and twice that to either side, so that the error is of the fourth
    order: a normalization bends sharply where its row hardly varies. Random numbers that `function`
    draws from a seed generator are the same every time.
    """
    pure = _pure(function, variables)
    if keras.backend.backend() == "jax":
        import jax

        compiled = jax.jit(pure)
    else:
        import tensorflow as tf

        compiled = tf.function(pure)
    values = [ops.convert_to_numpy(variable.value) for variable in variables]
    points = [np.array(array) for array in (*arrays, *values)]

    def value():
        return float(compiled(points[: len(arrays)], points[len(arrays) :])[0])

    gradients = []
    for point in points:
        gradient = np.zeros_like(point)
        for index in np.ndindex(point.shape):
            center = point[index]
            for factor, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
                point[index] = center + factor * step
                gradient[index] += weight * value() / (12 * step)
            point[index] = center
        gradients.append(gradient)
    return gradients


def mixed(tensors):
    """A random combination of all entries of all tensors, in which none can stand for another."""
    rng = np.random.default_rng(11)
    return sum(
        ops.sum(tensor * ops.cast(rng.normal(size=tensor.shape), tensor.dtype))
        for tensor in tensors
    )


def _pure(function, variables):
    """`function` of its arrays and of the values of `variables`."""

    def pure(tensors, values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*tensors)

    return pure


def _tensorflow(function, arrays, variables):
    import tensorflow as tf

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value, others = function(*tensors)
    sources = [*tensors, *(variable.value for variable in variables)]
    gradients = tape.gradient(value, sources, unconnected_gradients="zero")  # as JAX has it
    return (value, others), [tf.convert_to_tensor(gradient) for gradient in gradients]


def _jax(function, arrays, variables):
    import jax

    tensors = [jax.numpy.asarray(array) for array in arrays]
    values = [variable.value for variable in variables]
    pure = _pure(function, variables)
    compute = jax.jit(jax.value_and_grad(pure, argnums=(0, 1), has_aux=True))
    result, gradients = compute(tensors, values)
    return result, [*gradients[0], *gradients[1]]
