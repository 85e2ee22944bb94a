"""Layers in a model of the user's that XLA compiles, as Keras chooses where it sees a GPU."""

import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers

pytestmark = pytest.mark.tensorflow_only
FEATURES = 3


def generic():
    """Cells that the generic loop runs, few units or not scannable."""
    return [
        (cells.LSTMCell(4), {}),
        (cells.GRUCell(4, reset_after=False), {"truncate_gradient": 2, "go_backwards": True}),
        (keras.layers.GRUCell(4), {"truncate_gradient": 2, "return_sequences": True}),
        ([cells.SimpleRNNCell(3), keras.layers.LSTMCell(4)], {}),
    ]


def fast():
    """Cells that the fast scan runs."""
    return [(cells.LSTMCell(32), {"truncate_gradient": 2})]


def recomputing():
    """The same, in segments."""
    return [(cells.GRUCell(32), {"return_sequences": True, "recompute_every": 2})]


@pytest.mark.parametrize("make", [generic, fast, pytest.param(recomputing, marks=pytest.mark.slow)])
def test_lengths_that_are_not_known_train_under_jit_compile(make):
    def losses(jit_compile):
        keras.utils.set_random_seed(0)
        x = keras.Input((None, FEATURES))
        resets = keras.Input((None,), dtype="bool")
        masked = keras.layers.Masking()(x)
        parts = [layers.RNN(cell, **options)(masked, resets=resets) for cell, options in make()]
        parts = [
            keras.layers.GlobalAveragePooling1D()(p) if len(p.shape) == 3 else p for p in parts
        ]
        joined = keras.ops.concatenate(parts, axis=-1)
        model = keras.Model([x, resets], keras.layers.Dense(1)(joined))
        model.compile("sgd", "mse", jit_compile=jit_compile)
        rng = np.random.default_rng(0)
        values = []
        for time in (4, 6):
            inputs = rng.normal(size=(2, time, FEATURES)).astype("float32")
            inputs[0, -2:] = 0
            flags = rng.random((2, time)) < 0.3
            values.append(model.train_on_batch([inputs, flags], np.ones((2, 1))))
        return values

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-5)
