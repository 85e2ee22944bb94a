"""What the tests of cells, scans and networks share."""

import functools

import keras
import pytest

from rnn_zoo import cells, layers

EACH_SCAN = pytest.mark.parametrize(
    "scan", [keras.layers.RNN, layers.RNN], ids=["keras.RNN", "rnn_zoo.RNN"]
)
# Every cell that is registered. Those that are not these go the same ways through every loop, and
# wait for `make test-slow`; tests/cells/test_transcriptions.py holds their equations before that.
_ALWAYS = {"simple_rnn", "lstm", "gru"}
_EACH = [
    pytest.param(cells.get(name), id=name, marks=() if name in _ALWAYS else pytest.mark.slow)
    for name in cells.names()
]
_VARIANTS = [
    pytest.param(functools.partial(cells.GRUCell, reset_after=False), id="gru, reset before"),
    pytest.param(
        functools.partial(cells.LSTMCell, projection=24),
        id="lstm, projected",
        marks=pytest.mark.slow,
    ),
]
EACH_CELL = pytest.mark.parametrize("cell_class", _EACH)
EACH_VARIANT = pytest.mark.parametrize("cell_class", [*_EACH, *_VARIANTS])
EACH_WITH_RECURRENT_KERNEL = pytest.mark.parametrize(
    "cell_class",
    [
        variant
        for variant in (*_EACH, *_VARIANTS)
        if getattr(variant.values[0], "has_recurrent_kernel", True)
    ],
)
SEQUENCES = {"return_sequences": True, "return_state": True}


def allowed(cell_class, options):
    """Without the recurrent dropout that a cell without a recurrent kernel refuses."""
    if getattr(cell_class, "has_recurrent_kernel", True):
        return options
    return {name: value for name, value in options.items() if name != "recurrent_dropout"}


def randomize(layer, rng):
    """Gives every weight, biases too, a random value, so that no two gates can be swapped."""
    layer.set_weights([rng.normal(0, 0.6, weight.shape) for weight in layer.get_weights()])


def scanned(scan, cell, rng=None, shape=(None, None, 3), **options):
    """A scan over a float64 cell, built, its weights random if there is an `rng`."""
    layer = scan(cell, dtype="float64", **options)
    layer.build(shape)
    if rng is not None:
        randomize(layer, rng)
    return layer
