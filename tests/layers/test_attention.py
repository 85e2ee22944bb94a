"""The attention layers against the equations in NumPy."""

import keras
import numpy as np
import pytest
from autodiff import central_differences, mixed, value_and_gradients

from rnn_zoo.layers import AdditiveAttention, MultiplicativeAttention

QUERY, MEMORY, UNITS = 4, 6, 4
EACH = pytest.mark.parametrize("layer_class", [AdditiveAttention, MultiplicativeAttention])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def built(layer_class, rng):
    layer = layer_class(UNITS, dtype="float64")
    layer.build((None, None, QUERY), (None, None, MEMORY))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def expected(layer, query, memory, mask):
    weights = {weight.name: np.asarray(weight) for weight in layer.weights}
    keys = memory @ weights["key_kernel"]
    if isinstance(layer, AdditiveAttention):
        projected = query @ weights["query_kernel"] + weights["bias"]
        scores = np.tanh(projected[:, :, None] + keys[:, None]) @ weights["vector"]
        scores = scores[..., 0]
    else:
        scores = np.einsum("bqd,bsd->bqs", query, keys) / np.sqrt(UNITS)
    shares = np.exp(scores) * mask[:, None]
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares @ memory, shares


@EACH
def test_equations(layer_class, rng):
    layer = built(layer_class, rng)
    query, memory = rng.normal(size=(2, 3, QUERY)), rng.normal(size=(2, 5, MEMORY))
    mask = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 0]], bool)
    for found, right in zip(
        layer(query, memory, mask=mask), expected(layer, query, memory, mask), strict=True
    ):
        np.testing.assert_allclose(np.asarray(found), right, rtol=0, atol=1e-12)


@EACH
def test_gradients_are_finite_differences(layer_class, rng):
    layer = built(layer_class, rng)
    arrays = [rng.normal(size=(2, 3, QUERY)), rng.normal(size=(2, 5, MEMORY))]

    def value(query, memory):
        return mixed(layer(query, memory)), []

    _, _, gradients = value_and_gradients(value, arrays, layer.trainable_variables)
    differences = central_differences(value, arrays, layer.trainable_variables)
    for found, right in zip(gradients, differences, strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-7)


@EACH
def test_a_row_without_any_real_step_is_finite(layer_class, rng):
    layer = built(layer_class, rng)
    nothing = np.zeros((2, 5), bool)
    for found in layer(np.ones((2, 3, QUERY)), np.ones((2, 5, MEMORY)), mask=nothing):
        assert np.isfinite(np.asarray(found)).all()


@EACH
def test_a_saved_layer_is_the_same(layer_class, rng, tmp_path):
    query, memory = keras.Input((None, QUERY)), keras.Input((None, MEMORY))
    model = keras.Model([query, memory], layer_class(UNITS)(query, memory))
    model.save(tmp_path / "attention.keras")
    loaded = keras.saving.load_model(tmp_path / "attention.keras")
    arrays = [
        rng.normal(size=(2, 3, QUERY)).astype("float32"),
        rng.normal(size=(2, 5, MEMORY)).astype("float32"),
    ]
    for found, right in zip(loaded(arrays), model(arrays), strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(right))


def test_queries_of_another_size():
    with pytest.raises(
        ValueError, match=r"`units` must be the features of a query, 4\. Received: 3"
    ):
        MultiplicativeAttention(3)(np.ones((1, 1, QUERY)), np.ones((1, 1, MEMORY)))
