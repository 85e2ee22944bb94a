"""Models with Keras' recurrent layers, and with ours, compute the same."""

import keras
import numpy as np
import pytest
from variants import fast_first

import rnn_zoo
from rnn_zoo import cells, layers
from rnn_zoo.convert import from_keras, to_keras
from rnn_zoo.errors import ConversionError

LAYERS = {
    "rnn": lambda **more: keras.layers.SimpleRNN(4, activation="relu", **more),
    "gru": lambda **more: keras.layers.GRU(4, **more),
    "gru, reset before": lambda **more: keras.layers.GRU(4, reset_after=False, **more),
    "lstm": lambda **more: keras.layers.LSTM(4, recurrent_activation="hard_sigmoid", **more),
    "lstm without bias": lambda **more: keras.layers.LSTM(4, use_bias=False, **more),
    "backwards": lambda **more: keras.layers.LSTM(4, go_backwards=True, **more),
}


def tokens_to(*stack):
    """A model over padded tokens, with random weights in float64."""
    embedding = keras.layers.Embedding(9, 3, mask_zero=True, dtype="float64")
    model = keras.Sequential([keras.Input((None,), dtype="int32"), embedding, *stack])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.6, weight.shape) for weight in model.get_weights()])
    return model


TOKENS = np.array([[3, 1, 2, 8], [5, 7, 0, 0]])


def outputs(model):
    return [keras.ops.convert_to_numpy(y) for y in keras.tree.flatten(model(TOKENS))]


def assert_equal(one, other):
    for y, z in zip(outputs(one), outputs(other), strict=True):
        np.testing.assert_allclose(y, z, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", fast_first(LAYERS, ["lstm", "gru"]))
def test_both_ways(kind):
    make = LAYERS[kind]
    upper = make(dtype="float64", name="upper")
    if not upper.go_backwards:
        upper = keras.layers.Bidirectional(upper, dtype="float64", name="upper")
    model = tokens_to(
        make(return_sequences=True, dtype="float64", name="lower"),
        upper,
        keras.layers.Dense(2, dtype="float64"),
    )
    ours = from_keras(model)
    assert type(ours.get_layer("lower")) is layers.RNN
    if kind != "backwards":
        assert type(ours.get_layer("upper").backward_layer) is layers.RNN
    assert_equal(model, ours)
    again = to_keras(ours)
    assert type(again.get_layer("lower")) is type(model.get_layer("lower"))
    assert_equal(model, again)
    for layer in (again.get_layer("lower"), again.get_layer("upper")):
        assert layer.get_config() == model.get_layer(layer.name).get_config()


def test_settings_states_and_nested_models():
    inner = tokens_to(
        keras.layers.LSTM(
            4,
            return_sequences=True,
            return_state=False,
            dropout=0.1,
            recurrent_dropout=0.2,
            kernel_regularizer="l2",
            seed=3,
            trainable=False,
            dtype="float64",
            name="inner",
        )
    )
    x = keras.Input((None,), dtype="int32")
    y, h, c = keras.layers.LSTM(4, return_state=True, dtype="float64", name="outer")(inner(x))
    model = keras.Model(x, [y, h, c])
    ours = from_keras(model)
    assert_equal(model, ours)
    cell = ours.get_layer(inner.name).get_layer("inner").cell
    assert (cell.dropout, cell.recurrent_dropout, cell.seed) == (0.1, 0.2, 3)
    assert cell.kernel_regularizer is not None
    assert not ours.get_layer(inner.name).get_layer("inner").trainable


def test_a_network_of_the_zoo():
    network = rnn_zoo.get("sentiment_bilstm", units=4, vocabulary_size=9, num_classes=3).network
    own = to_keras(network)
    assert type(own.get_layer("recurrent_1").forward_layer) is keras.layers.LSTM
    np.testing.assert_allclose(outputs(own)[0], outputs(network)[0], rtol=0, atol=1e-6)


class Subclass(keras.Model):
    def call(self, x):
        return x


REFUSED = {
    "subclass": (from_keras, Subclass, "neither a functional nor a sequential model"),
    "not built": (
        from_keras,
        lambda: keras.Sequential([keras.layers.LSTM(4)]),
        "has no weights yet",
    ),
    "cell": (
        to_keras,
        lambda: tokens_to(layers.RNN(cells.IRNNCell(4), name="reader")),
        "reader: Keras has no layer for IRNNCell",
    ),
    "learned": (
        to_keras,
        lambda: tokens_to(layers.RNN(cells.LSTMCell(4), learn_initial_state=True)),
        "learn no initial state",
    ),
    "projection": (
        to_keras,
        lambda: tokens_to(layers.RNN(cells.LSTMCell(4, projection=2))),
        "cells of Keras have no projection",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    convert, make, message = REFUSED[case]
    with pytest.raises(ConversionError, match=message):
        convert(make())
