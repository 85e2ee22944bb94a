import keras
import numpy as np

from rnn_zoo.layers import Standardize


def test_there_and_back():
    x = np.random.default_rng(0).normal(3.0, 5.0, (4, 6, 2)).astype("float32")
    there, back = Standardize(), Standardize(invert=True)
    for layer in (there, back):
        layer.build((None, None, 2))
        layer.fix(x.mean(axis=(0, 1)), x.std(axis=(0, 1)))
    standardized = np.asarray(there(x))
    np.testing.assert_allclose(standardized.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(standardized.std(axis=(0, 1)), 1, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(back(standardized)), x, atol=1e-5)


def test_it_is_the_identity_until_it_is_fixed_and_trains_nothing():
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    for invert in (False, True):
        layer = Standardize(invert)
        np.testing.assert_array_equal(np.asarray(layer(x)), x)
        assert not layer.trainable_weights
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        assert again.invert == invert


def test_a_constant_is_only_moved():
    layer = Standardize()
    layer.build((None, 2))
    layer.fix([0.1, 1e9], [1e-17, 10.0])  # in single precision both are constant
    np.testing.assert_allclose(np.asarray(layer(np.array([[0.3, 1e9]], "float32"))), [[0.2, 0]])
