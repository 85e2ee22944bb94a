"""Gradients on either backend, as NumPy arrays."""

import keras
import numpy as np


def value_and_gradients(function, arrays, variables=()):
    """Value of `function(*tensors)`, a scalar, and its gradients.

    Args:
        function: Takes a tensor for each of `arrays`; reads `variables`.
        arrays: NumPy arrays.
        variables: Keras variables, such as `layer.trainable_variables`.

    Returns:
        The value, and the list of gradients with respect to the arrays, then the variables.
    """
    if keras.backend.backend() == "jax":
        value, gradients = _jax(function, arrays, variables)
    else:
        value, gradients = _tensorflow(function, arrays, variables)
    return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def _tensorflow(function, arrays, variables):
    import tensorflow as tf

    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    sources = [*tensors, *(variable.value for variable in variables)]
    return value, [tf.convert_to_tensor(gradient) for gradient in tape.gradient(value, sources)]


def _jax(function, arrays, variables):
    import jax

    def pure(tensors, values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*tensors)

    tensors = [jax.numpy.asarray(array) for array in arrays]
    values = [variable.value for variable in variables]
    value, gradients = jax.value_and_grad(pure, argnums=(0, 1))(tensors, values)
    return value, [*gradients[0], *gradients[1]]
