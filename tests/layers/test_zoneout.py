"""Units that keep their state at a step: in training at random, else by their mean."""

import keras
import numpy as np
import pytest
from autodiff import op_by_op
from recurrent import SEQUENCES
from scanning import BATCH, FEATURES, TIME, UNITS, assert_same, built, example, run

from rnn_zoo import cells, layers
from rnn_zoo.layers import choice

RATES = [0.3, 0.6]


def lstm(**options):
    return cells.LSTMCell(UNITS, dtype="float64", seed=3, **{"zoneout": RATES} | options)


def test_without_training_a_state_is_the_mean():
    layer = built(keras.layers.RNN, lstm(), **SEQUENCES)
    kernel, recurrent, bias = layer.get_weights()
    x, _, states = example(2)
    outputs, (h, c) = [], states
    for t in range(TIME):
        z = x[:, t] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        new_c = f * c + i * np.tanh(g)
        h = RATES[0] * h + (1 - RATES[0]) * o * np.tanh(new_c)
        c = RATES[1] * c + (1 - RATES[1]) * new_c
        outputs.append(h)
    for found, expected in zip(
        layer(x, initial_state=states), [np.stack(outputs, 1), h, c], strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True, "recompute_every": 3}])
def test_the_fast_scan_equals_the_generic_loop(training, options, monkeypatch):
    x, mask, states = example(2)
    results = []
    for fast in (True, False):  # both draw the same
        monkeypatch.setattr(choice, "SMALLEST", 1)
        if not fast:
            monkeypatch.setattr(choice, "scans_fast", lambda *_: False)
        layer = built(layers.RNN, lstm(), **SEQUENCES, **options)
        results.append(run(layer, x, states, mask=keras.ops.array(mask), training=training))
    assert_same(*results)


@pytest.mark.parametrize("rate", [0.2, 0.7])
def test_so_many_units_keep_their_state(rate):
    """Of units that count their steps."""
    time = 40
    cell = cells.SimpleRNNCell(
        100, activation=None, recurrent_initializer="identity", zoneout=rate, seed=1
    )
    layer = layers.RNN(cell, return_sequences=True)
    layer.build((None, None, FEATURES))
    cell.bias.assign(np.ones(100))
    with op_by_op():
        counted = np.array(layer(np.zeros((BATCH, time, FEATURES)), training=True))
    steps = np.diff(counted, axis=1)
    assert set(np.unique(steps)) == {0.0, 1.0}
    np.testing.assert_allclose(steps.mean(), 1 - rate, atol=0.02)
    assert len(np.unique(counted[:, -1])) > 3  # every unit draws for itself
    again = np.array(layer(np.zeros((BATCH, time, FEATURES)), training=True))
    assert (again != counted).any()  # and anew for every batch


@pytest.mark.parametrize("zoneout", [1.0, -0.1, [0.1], [0.1, 0.2, 0.3], "much", None])
def test_a_rate_out_of_range(zoneout):
    with pytest.raises(ValueError, match=r"LSTMCell: `zoneout` must be a number in \[0, 1\)"):
        lstm(zoneout=zoneout)


def test_who_trains_by_the_loop_of_keras_is_told():
    layer = built(keras.layers.RNN, lstm())
    x = example()[0]
    layer(x)
    with pytest.raises(ValueError, match=r"the cell needs rnn_zoo\.layers\.RNN"):
        layer(x, training=True)


def test_configs():
    assert "zoneout" not in lstm(zoneout=0.0).get_config()  # those of Keras
    assert cells.LSTMCell.from_config(lstm().get_config()).zoneout == (0.3, 0.6)
