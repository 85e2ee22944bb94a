"""Recurrent layers one above the other: depth, residual connections, initial states."""

import keras
import numpy as np
import pytest
from autodiff import op_by_op, value_and_gradients
from keras import ops

from rnn_zoo import cells
from rnn_zoo.config import validate
from rnn_zoo.errors import ConfigError
from rnn_zoo.models import ClassifierConfig
from rnn_zoo.models.stack import ReaderSettings, recurrent_stack

BATCH, TIME, UNITS = 3, 5, 4


def stack(**settings):
    """Three layers over inputs as wide as their outputs; every weight random."""
    settings = ReaderSettings(units=UNITS, depth=3, dropout=0.0, **settings)
    x = keras.Input((None, UNITS), dtype="float64")
    mask = keras.Input((None,), dtype="bool")
    outputs, states = recurrent_stack(
        x, mask, settings, return_sequences=True, return_state=True, dtype="float64"
    )
    model = keras.Model([x, mask], [outputs, *states])
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.5, size=weight.shape))
    return model


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    mask = np.ones((BATCH, TIME), bool)
    mask[1, 3:] = mask[2, :2] = False
    return rng.normal(size=(BATCH, TIME, UNITS)), mask


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["simple_rnn", "lstm"])
def test_layers_stand_one_above_the_other(residual, bidirectional, cell, inputs):
    x, mask = inputs
    model = stack(cell=cell, residual=residual, bidirectional=bidirectional)
    with op_by_op():
        outputs, *states = model([x, mask])
        for level in (1, 2, 3):  # each is addressed by its name
            y = model.get_layer(f"recurrent_{level}")(x, mask=mask)
            y, *last = y
            if bidirectional:
                half = len(last) // 2
                last = [
                    ops.concatenate(pair, -1) for pair in zip(last[:half], last[half:], strict=True)
                ]
            for found, expected in zip(states[: len(last)], last, strict=True):
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
            states = states[len(last) :]
            x = x + y if residual and level > 1 else y
    assert not states
    np.testing.assert_allclose(np.asarray(outputs)[mask], np.asarray(x)[mask], rtol=0, atol=1e-12)


@pytest.mark.tensorflow_only  # which backend it is makes no difference to the size of a gradient
def test_residual_connections_bring_the_gradient_through_eight_layers():
    """At the bottom it is 6,900 to 10,300 times as large (3 seeds)."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(4, 6, 16)).astype("float32"), np.ones((4, 6), bool)
    norms = []
    for residual in (False, True):
        keras.utils.set_random_seed(0)
        settings = ReaderSettings(units=16, depth=8, dropout=0.0, residual=residual)
        inputs = keras.Input((None, 16)), keras.Input((None,), dtype="bool")
        model = keras.Model(inputs, recurrent_stack(*inputs, settings, return_sequences=True))
        kernel = model.get_layer("recurrent_1").cell.kernel.value
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model((x, mask)) * np.random.default_rng(1).normal(size=x.shape))
        norms.append(float(tf.norm(tape.gradient(loss, kernel))))
    assert norms[1] > 1000 * norms[0]


def test_every_layer_learns_where_it_begins():
    model = stack(cell="lstm", initial_state="learned", bidirectional=True)
    learned = [w.path for w in model.trainable_weights if "initial_state" in w.path]
    assert len(learned) == 3 * 2 * 2  # layers, directions, states
    assert len(set(learned)) == len(learned)


def test_what_is_learned_of_the_beginning_decides_what_follows(inputs):
    """With states of zeros it is the stack that learns none."""
    x, mask = inputs
    model, plain = stack(cell="gru", initial_state="learned"), stack(cell="gru")
    begins = [w for w in model.trainable_weights if "initial_state" in w.path]
    others = [w for w in model.trainable_weights if "initial_state" not in w.path]
    for weight, source in zip(plain.trainable_weights, others, strict=True):
        weight.assign(source)
    with op_by_op():
        expected = np.asarray(plain([x, mask])[0])
        assert np.abs(np.asarray(model([x, mask])[0]) - expected)[0].min() > 1e-4
        for weight in begins:
            weight.assign(np.zeros(weight.shape))
        found = np.asarray(model([x, mask])[0])
    np.testing.assert_allclose(found[mask], expected[mask], rtol=0, atol=1e-12)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("truncate_gradient", [None, 2])
def test_a_truncated_gradient_does_not_reach_the_first_steps(truncate_gradient, inputs):
    model = stack(cell="lstm", truncate_gradient=truncate_gradient)

    def last_output(x):
        return ops.sum(model([x, ops.ones((BATCH, TIME), "bool")])[0][:, -1]), []

    _, _, (gradient,) = value_and_gradients(last_output, [inputs[0]])
    assert np.abs(gradient[:, -1]).min() > 0
    assert (np.abs(gradient[:, :2]).max() > 0) == (truncate_gradient is None)


def test_the_settings_reach_every_layer():
    model = stack(cell="lstm", truncate_gradient=2, chrono=50)
    for level in (1, 2, 3):
        layer = model.get_layer(f"recurrent_{level}")
        assert layer.truncate_gradient == 2
        assert layer.cell.bias_initializer.max_steps == 50


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "gru", "chrono": 10}, "chrono is for the gates of an lstm, and cell is gru"),
        (
            {"cell": "mingru", "recurrent_dropout": 0.1},
            "mingru has none: set recurrent_dropout to 0",
        ),
        ({"chrono": 2}, "chrono: should be greater than or equal to 3"),
        ({"residual": True, "pooling": "last"}, "set pooling to mean or max"),
        ({"truncate_gradient": 0}, "truncate_gradient: should be greater than 0"),
        ({"initial_state": "ones"}, "initial_state: should be 'zeros' or 'learned'"),
    ],
)
def test_settings_that_do_not_go_together(settings, message):
    with pytest.raises(ConfigError, match=message):
        validate(ClassifierConfig, settings, "network")


def test_an_irnn_begins_as_the_identity():
    cell = cells.IRNNCell(UNITS, dtype="float64")
    cell.build((None, 3))
    np.testing.assert_array_equal(cell.recurrent_kernel, np.eye(UNITS))
    assert 0 < np.abs(np.asarray(cell.kernel)).max() < 0.01
    h = np.abs(np.random.default_rng(0).normal(size=(2, UNITS)))
    output, _ = cell(np.zeros((2, 3)), h)
    np.testing.assert_array_equal(output, h)
    again = cells.IRNNCell.from_config(cell.get_config())
    assert again.get_config() == cell.get_config()


def test_chrono_spreads_the_memories_of_the_units_evenly():
    cell = cells.LSTMCell(20_000, bias_initializer=cells.Chrono(100, 1), unit_forget_bias=False)
    i, f, c, o = np.split(np.asarray(cell.initial_bias(cell.bias_shape)), 4)
    np.testing.assert_array_equal(i, -f)
    np.testing.assert_array_equal(np.concatenate([c, o]), 0)
    memory = np.exp(f)  # uniform between 1 and 99
    assert 1 <= memory.min() < 1.1
    assert 98.9 < memory.max() < 99.001
    np.testing.assert_allclose(memory.mean(), 50, atol=1)
    np.testing.assert_allclose(memory.std(), 98 / 12**0.5, atol=1)


@pytest.mark.parametrize("shape", [(8, 3), (6,)])
def test_chrono_is_for_the_bias_of_an_lstm(shape):
    with pytest.raises(ValueError, match=r"bias of an LSTM, \(4 \* units,\)"):
        cells.Chrono(10)(shape)
    with pytest.raises(ValueError, match=r"`max_steps` must be at least 3"):
        cells.Chrono(2)
