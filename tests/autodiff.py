"""Gradients on either backend, as NumPy arrays."""

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


def mixed(tensors):
    """A random combination of all entries of all tensors, in which none can stand for another."""
    rng = np.random.default_rng(11)
    return sum(
        ops.sum(tensor * ops.cast(rng.normal(size=tensor.shape), tensor.dtype))
        for tensor in tensors
    )


def _tensorflow(function, arrays, variables):
    import tensorflow as tf

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value, others = function(*tensors)
    sources = [*tensors, *(variable.value for variable in variables)]
    gradients = tape.gradient(value, sources)
    return (value, others), [tf.convert_to_tensor(gradient) for gradient in gradients]


def _jax(function, arrays, variables):
    import jax

    def pure(tensors, values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*tensors)

    tensors = [jax.numpy.asarray(array) for array in arrays]
    values = [variable.value for variable in variables]
    compute = jax.jit(jax.value_and_grad(pure, argnums=(0, 1), has_aux=True))
    result, gradients = compute(tensors, values)
    return result, [*gradients[0], *gradients[1]]
