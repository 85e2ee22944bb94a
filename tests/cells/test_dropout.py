"""Dropout masks: one for a whole sequence, every gate its own."""

import itertools

import keras
import numpy as np
import pytest
from autodiff import op_by_op, value_and_gradients
from keras import ops
from recurrent import EACH_SCAN, EACH_VARIANT, EACH_WITH_RECURRENT_KERNEL, allowed, scanned

from rnn_zoo import cells

TIME, UNITS, RATE = 6, 40, 0.5


def used_rows(layer, weight, training=True):
    """Which rows of each gate's block of a weight take part in the output of a batch of one.

    A row multiplies one entry of the input or of the state: it has no gradient if, and only if,
    that entry is dropped at every step.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, TIME, UNITS))
    states = [rng.normal(size=(1, size)) for size in layer.state_size]

    def loss():
        return ops.sum(layer(x, initial_state=states, training=training)), []

    _, _, (gradient,) = value_and_gradients(loss, [], [getattr(layer.cell, weight)])
    blocks = layer.cell.split(ops.convert_to_tensor(gradient))
    return np.stack([np.asarray(block).any(axis=1) for block in blocks])  # (blocks, rows)


def dropping(scan, cell_class, **rates):
    keras.utils.set_random_seed(0)  # of the weights
    cell = cell_class(UNITS, dtype="float64", seed=3, **rates)
    # small weights keep the gates away from saturation, where gradients vanish
    layer = scanned(scan, cell, shape=(None, None, UNITS))
    layer.set_weights([0.1 * weight for weight in layer.get_weights()])
    return layer


@EACH_SCAN
@EACH_VARIANT
@pytest.mark.parametrize(
    ("rate", "weight"), [("dropout", "kernel"), ("recurrent_dropout", "recurrent_kernel")]
)
def test_one_mask_holds_for_the_whole_sequence(scan, cell_class, rate, weight):
    if not allowed(cell_class, {rate: RATE}):
        pytest.skip("the cell has no recurrent kernel")
    layer = dropping(scan, cell_class, **{rate: RATE})
    used = used_rows(layer, weight)
    # of masks drawn anew at every step, 1 in 64 rows would be dropped at all six
    assert 0.3 < 1 - used.mean() < 0.7
    other = {"kernel": "recurrent_kernel", "recurrent_kernel": "kernel"}[weight]
    if getattr(layer.cell, other) is not None:
        assert used_rows(layer, other).all()
    assert used_rows(layer, weight, training=False).all()


@EACH_SCAN
@EACH_WITH_RECURRENT_KERNEL
def test_every_gate_has_its_own_recurrent_mask(scan, cell_class):
    layer = dropping(scan, cell_class, recurrent_dropout=RATE)
    for one, other in itertools.combinations(used_rows(layer, "recurrent_kernel"), 2):
        assert 0.2 < np.mean(one != other) < 0.8


@EACH_SCAN
@EACH_WITH_RECURRENT_KERNEL
def test_gates_share_the_inputs_mask_unless_states_are_dropped_too(scan, cell_class):
    shared = used_rows(dropping(scan, cell_class, dropout=RATE), "kernel")
    assert (shared == shared[0]).all()
    both = dropping(scan, cell_class, dropout=RATE, recurrent_dropout=RATE)
    for one, other in itertools.combinations(used_rows(both, "kernel"), 2):
        assert 0.2 < np.mean(one != other) < 0.8


def copying_layer(scan, **options):
    """A linear cell, `h_t = x_t + h_{t-1}`."""
    identity = {"kernel_initializer": "identity", "recurrent_initializer": "identity"}
    cell = cells.SimpleRNNCell(UNITS, activation=None, dtype="float64", **identity, **options)
    return scanned(scan, cell, shape=(None, None, UNITS), return_sequences=True)


def masks_of(layer, rate):
    """The masks that one batch of two rows sees: `(batch, time, units)`."""
    zeros, ones = np.zeros((2, TIME, UNITS)), np.ones((2, TIME, UNITS))
    with op_by_op():
        if rate == "dropout":  # h_t = mask * t
            steps = np.arange(1, TIME + 1)[:, None]
            return np.asarray(layer(ones, training=True)) / steps
        h = layer(zeros, initial_state=ones[:, 0], training=True)  # h_t = mask ** t
    return np.asarray(h) ** (1 / np.arange(1, TIME + 1)[:, None])


@EACH_SCAN
@pytest.mark.parametrize("rate", ["dropout", "recurrent_dropout"])
def test_masks(scan, rate):
    layer = copying_layer(scan, seed=5, **{rate: 0.25})
    first, second = masks_of(layer, rate), masks_of(layer, rate)
    kept = first > 0
    np.testing.assert_allclose(first, np.where(kept, 1 / 0.75, 0), rtol=1e-12)
    assert (kept == kept[:, :1]).all()  # every step
    assert (kept[0] != kept[1]).any()  # every row its own
    assert (first != second).any()  # every batch its own
    again = masks_of(copying_layer(scan, seed=5, **{rate: 0.25}), rate)
    np.testing.assert_array_equal(again, first)  # the seed decides
