"""What the tests of fast scans share: an example, a layer, and what it computes."""

import keras
import numpy as np
from autodiff import mixed, value_and_gradients
from recurrent import randomize

BATCH, TIME, FEATURES, UNITS = 4, 7, 3, 5


def built(scan, cell, **options):
    layer = scan(cell, dtype=cell.dtype_policy, **options)
    layer.build((None, None, FEATURES))
    randomize(layer, np.random.default_rng(1))
    return layer


def in_graph(function):
    """As `fit` runs it: TensorFlow's loop is not fast outside of a graph."""
    if keras.backend.backend() == "jax":
        return function
    import tensorflow as tf

    return tf.function(function, autograph=False)


def run(layer, x, initial_state, **arguments):
    """Outputs and gradients of a random function of them."""

    def value(x, *states):
        outputs = layer(x, initial_state=list(states) or None, **arguments)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        return mixed(outputs), outputs

    _, outputs, gradients = value_and_gradients(
        in_graph(value), [x, *initial_state], layer.trainable_variables
    )
    return outputs, gradients


def assert_same(found, expected, outputs=1e-12, gradients=1e-10):
    for which, bound in ((0, outputs), (1, gradients)):
        for a, b in zip(found[which], expected[which], strict=True):
            np.testing.assert_allclose(a, b, rtol=bound, atol=bound)


def example(states=0, seed=2):
    rng = np.random.default_rng(seed)
    mask = rng.random((BATCH, TIME)) < 0.6
    mask[0], mask[1, :3], mask[2, 4:] = True, False, False  # whole, padded left, padded right
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    return x, mask, [rng.normal(size=(BATCH, UNITS)) for _ in range(states)]
