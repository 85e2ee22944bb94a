"""The attention layers against the equations in NumPy."""

import warnings

import keras
import numpy as np
import pytest
from autodiff import central_differences, mixed, value_and_gradients
from keras import ops

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
        layer(query, memory, memory_mask=mask), expected(layer, query, memory, mask), strict=True
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
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "mixed_float16"])
def test_a_row_of_padding_alone_gets_equal_weights(layer_class, dtype, rng):
    layer = layer_class(UNITS, dtype=dtype)
    query, memory = rng.normal(size=(2, 3, QUERY)), rng.normal(size=(2, 5, MEMORY))
    mask = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 0, 0]], bool)
    context, weights = (
        ops.convert_to_numpy(ops.cast(found, "float64"))
        for found in layer(query, memory, memory_mask=mask)
    )
    assert np.isfinite(context).all()
    np.testing.assert_allclose(weights[0], 0.2, rtol=1e-2)
    assert not weights[1, :, [0, 3, 4]].any()
    np.testing.assert_allclose(weights[1].sum(axis=-1), 1.0, rtol=1e-2)


@EACH
def test_the_mask_that_keras_attaches_to_a_memory_is_its_mask(layer_class, rng):
    """A mask of an embedding reaches the attention, as in the layers of Keras."""
    embedding = keras.layers.Embedding(9, MEMORY, mask_zero=True)
    tokens = np.array([[3, 1, 4, 0, 0], [5, 0, 0, 0, 0]])
    query = rng.normal(size=(2, 3, QUERY)).astype("float32")
    layer = layer_class(UNITS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        context, weights = layer(query, embedding(tokens))
        given, _ = layer(query, np.asarray(embedding(tokens)), memory_mask=tokens != 0)
        memory = embedding(tokens)
        attended, _ = layer.attend(query, layer.project(memory), memory)
        inputs = keras.Input((None, QUERY)), keras.Input((None,), dtype="int32")
        model = keras.Model(inputs, layer(inputs[0], embedding(inputs[1]))[0])
    assert not np.asarray(weights)[0, :, 3:].any()
    np.testing.assert_allclose(np.asarray(weights)[1, :, 0], 1.0)
    np.testing.assert_array_equal(np.asarray(context), np.asarray(given))
    np.testing.assert_array_equal(np.asarray(context), np.asarray(attended))
    np.testing.assert_array_equal(np.asarray(model((query, tokens))), np.asarray(context))


@EACH
def test_the_mask_of_the_queries_passes_on(layer_class, rng):
    embedding = keras.layers.Embedding(9, QUERY, mask_zero=True)
    tokens = np.array([[3, 1, 0], [5, 0, 0]])
    memory = rng.normal(size=(2, 5, MEMORY)).astype("float32")
    for found in layer_class(UNITS)(embedding(tokens), memory):
        np.testing.assert_array_equal(np.asarray(found._keras_mask), tokens != 0)


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
