import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers
from rnn_zoo.diagnostics import gate_activity
from rnn_zoo.errors import UserError

pytestmark = pytest.mark.tensorflow_only
KINDS = {
    "keras lstm": lambda units, **options: keras.layers.LSTM(units, **options),
    "keras gru": lambda units, **options: keras.layers.GRU(units, **options),
    "keras gru, reset before": lambda units, **options: keras.layers.GRU(
        units, reset_after=False, **options
    ),
    "lstm": lambda units, **options: layers.RNN(cells.LSTMCell(units), **options),
    "gru": lambda units, **options: layers.RNN(cells.GRUCell(units), **options),
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("name", KINDS)
def test_means_and_shares_by_hand(name):
    """From the states that the layer itself gives: gates are those before each step."""
    units, real = 3, np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 1, 1]], bool)
    layer = KINDS[name](units, return_sequences=True)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.Masking(), layer])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 2, weight.shape) for weight in model.get_weights()])
    x = rng.normal(size=(3, 4, 2)) * real[..., None]
    (activity,) = gate_activity(model, x)

    h = np.asarray(model(x.astype("float32")))
    before = np.pad(h, [(0, 0), (1, 0), (0, 0)])[:, :-1] * real[..., None]
    before[1, 1] = 0  # its first step
    kernel, recurrent, bias = model.get_weights()
    if bias.ndim == 2:
        bias = bias.sum(axis=0)  # of z and r
    blocks = np.split(sigmoid(x @ kernel + before @ recurrent + bias), len(bias) // units, axis=-1)
    names = "ifo" if "lstm" in name else "zr"
    assert activity.gates == tuple(names)
    assert activity.mean.axes == ("gate", "time", "unit")
    for i, gate in enumerate(names):
        values = np.where(real[..., None], blocks[{"o": 3}.get(gate, i)], np.nan)
        np.testing.assert_allclose(activity.mean.values[i], np.nanmean(values, 0), atol=1e-5)
        for side, found in (
            (values < 0.1, (activity.left, activity.left_share)),
            (values > 0.9, (activity.right, activity.right_share)),
        ):
            side = np.where(np.isnan(values), np.nan, side)
            np.testing.assert_allclose(found[0].values[i], np.nanmean(side, 0))
            np.testing.assert_allclose(found[1].values[i], np.nanmean(side, (0, 1)))


class MinimalGatedCell(cells.RecurrentCell):
    """A user's cell, Zhou et al. 2016 with one matrix product."""

    blocks = ("f", "h")
    gate_names = ("f",)
    preactivation = "separate"

    def gates(self, z, states):
        (x_f, x_h), (u_f, u_h) = map(self.split, z)
        f = keras.ops.sigmoid(x_f + u_f)
        return {"f": f, "h": keras.ops.tanh(x_h + f * u_h)}

    def update(self, gates, states):
        return [(1 - gates["f"]) * states[0] + gates["f"] * gates["h"]]


def test_gates_that_a_cell_of_the_user_declares():
    layer = layers.RNN(MinimalGatedCell(3))
    model = keras.Sequential([keras.Input((4, 2)), layer])
    (activity,) = gate_activity(model, np.zeros((2, 4, 2), "float32"))
    assert activity.gates == ("f",)
    np.testing.assert_array_equal(activity.mean.values, np.full((1, 4, 3), 0.5))


def test_no_gates():
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.SimpleRNN(2)], name="mine")
    with pytest.raises(UserError, match="mine has no gates: none of its recurrent cells is LSTM"):
        gate_activity(model, np.ones((1, 4, 2)))


def test_only_layers_with_gates():
    model = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.SimpleRNN(2, return_sequences=True), keras.layers.GRU(3)]
    )
    (activity,) = gate_activity(model, np.ones((1, 4, 2)))
    assert activity.layer == model.layers[-1].name
