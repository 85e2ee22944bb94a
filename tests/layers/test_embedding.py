"""The embedding's gradient is the gradient: one dense array, repeated tokens summed."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.layers import Embedding

WORDS, DIM = 7, 3
TOKENS = np.array([[1, 1, 1, 4], [4, 6, 1, 0]])


def built(cls=Embedding, **options):
    layer = cls(WORDS, DIM, dtype="float64", **options)
    layer.build((None, None))
    layer.set_weights([np.random.default_rng(0).normal(size=(WORDS, DIM))])
    return layer


def test_it_looks_up_as_keras_does():
    for tokens in (TOKENS, TOKENS.astype("float32")):
        found = built()(tokens)
        np.testing.assert_array_equal(found, built(keras.layers.Embedding)(tokens))


def test_its_gradient_sums_over_the_places_of_a_token():
    layer = built()
    weights = np.random.default_rng(1).normal(size=(*TOKENS.shape, DIM))

    def loss():
        return ops.sum(layer(TOKENS) * weights), []

    _, _, (gradient,) = value_and_gradients(loss, [], [layer.embeddings])
    expected = np.zeros((WORDS, DIM))
    for token, weight in zip(TOKENS.ravel(), weights.reshape(-1, DIM), strict=True):
        expected[token] += weight
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-14)


@pytest.mark.tensorflow_only
def test_tensorflow_gets_no_slices_and_keras_own_layer_gives_them():
    """Once the second half fails, the class has no reason to be."""
    import tensorflow as tf

    for cls, expected in ((Embedding, tf.Tensor), (keras.layers.Embedding, tf.IndexedSlices)):
        layer = built(cls)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(TOKENS))
        assert isinstance(tape.gradient(loss, layer.embeddings.value), expected)


def test_a_mask_of_keras_is_its_mask():
    mask = built(mask_zero=True).compute_mask(ops.convert_to_tensor(TOKENS))
    np.testing.assert_array_equal(mask, TOKENS != 0)
