"""Pooling over the real steps, held against NumPy on every row alone."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.layers import SequencePooling

BATCH, TIME, FEATURES = 5, 6, 3
POOL = {"max": np.max, "mean": np.mean}
EACH_MODE = pytest.mark.parametrize("mode", POOL)


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES)) - 3  # all maxima below the zeros of padding
    mask = rng.random((BATCH, TIME)) < 0.6
    mask[0], mask[1] = True, False
    return x, mask


@EACH_MODE
def test_real_steps_decide_and_an_empty_row_is_zero(mode):
    x, mask = data()
    pooled = np.asarray(SequencePooling(mode, dtype="float64")(x, mask=mask))
    assert not pooled[1].any()
    for row in (0, 2, 3, 4):
        expected = POOL[mode](x[row, mask[row]], axis=0)
        np.testing.assert_allclose(pooled[row], expected, rtol=0, atol=1e-15)
    without = np.asarray(SequencePooling(mode, dtype="float64")(x))
    np.testing.assert_allclose(without, POOL[mode](x, axis=1), rtol=0, atol=1e-15)


@EACH_MODE
def test_padding_has_no_gradient_whatever_it_holds(mode):
    x, mask = data()
    x[~mask] = 1e300
    layer = SequencePooling(mode, dtype="float64")

    def loss(x):
        return ops.sum(layer(x, mask=mask)), []

    value, _, (gradient,) = value_and_gradients(loss, [x])
    assert np.isfinite(value)
    assert not gradient[~mask].any()
    rows = np.delete(np.arange(BATCH), 1)
    np.testing.assert_allclose(gradient[rows].sum(axis=1), 1.0, rtol=0, atol=1e-12)


@EACH_MODE
def test_half_precision_does_not_sum_in_half(mode):
    x = np.full((1, 3000, 1), 0.1, "float16")
    pooled = SequencePooling(mode, dtype="float16")(x, mask=np.ones((1, 3000), bool))
    assert keras.backend.standardize_dtype(pooled.dtype) == "float16"
    np.testing.assert_array_equal(np.asarray(pooled), np.float16(0.1))


def test_an_unknown_mode_is_named():
    with pytest.raises(ValueError, match=r"'max' or 'mean'\. Received: 'sum'"):
        SequencePooling("sum")
