"""Gradients: against finite differences, and where they are known exactly."""

import functools

import numpy as np
import pytest
from autodiff import central_differences, mixed, value_and_gradients
from keras import initializers, ops
from recurrent import EACH_SCAN, EACH_VARIANT, SEQUENCES, allowed, scanned

from rnn_zoo import cells, layers

BATCH, TIME, FEATURES, UNITS = 3, 4, 3, 2
HOLES = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)


def states_of(layer, rng):
    return [rng.normal(size=(BATCH, size)) for size in layer.state_size]


@EACH_VARIANT
@pytest.mark.parametrize("mask", [None, HOLES], ids=["no mask", "mask"])
@pytest.mark.parametrize("rates", [{}, {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 1}])
def test_finite_differences(cell_class, mask, rates):
    rng = np.random.default_rng(4)
    cell = cell_class(UNITS, dtype="float64", **allowed(cell_class, rates))
    layer = scanned(layers.RNN, cell, rng, **SEQUENCES)
    arrays = [rng.normal(size=(BATCH, TIME, FEATURES)), *states_of(layer, rng)]

    def loss(x, *states):
        outputs = layer(x, initial_state=list(states), mask=mask, training=True)
        unread = 0.0 * ops.sum(states[0])  # an mLSTM's h is an output alone
        return mixed(outputs) + unread, []

    # the values first: they leave the seed generator as it was
    expected = central_differences(loss, arrays, layer.trainable_variables)
    _, _, gradients = value_and_gradients(loss, arrays, layer.trainable_variables)
    for place, (found, numerical) in enumerate(zip(gradients, expected, strict=True)):
        assert found.any() or (place == 1 and isinstance(cell, cells.MLSTMCell))
        np.testing.assert_allclose(found, numerical, rtol=0, atol=1e-8)


def last_state_and_its_gradient(layer, x, states, which=-1, mask=None):
    """One of the last states, and how each entry of it moves with the same initial state's."""
    weights = np.random.default_rng(0).normal(size=(len(x), layer.state_size[which]))

    def loss(*states):
        last = layer(x, initial_state=list(states), mask=mask)[1:][which]
        return ops.sum(last * weights), [last]

    _, (last,), gradients = value_and_gradients(loss, states)
    return last, gradients[which] / weights


@EACH_SCAN
@pytest.mark.parametrize("a", [0.5, 1.0, 2.0])
def test_linear_recurrence_scales_by_a_power(scan, a):
    rng = np.random.default_rng(0)
    cell = cells.SimpleRNNCell(
        UNITS,
        activation=None,
        recurrent_initializer=initializers.Identity(gain=a),
        dtype="float64",
    )
    layer = scanned(scan, cell, return_state=True)
    x = rng.normal(size=(BATCH, 20, FEATURES))
    _, gradient = last_state_and_its_gradient(layer, x, states_of(layer, rng))
    np.testing.assert_allclose(gradient, a**20, rtol=1e-14)
    mask = rng.random((BATCH, 20)) < 0.5
    _, gradient = last_state_and_its_gradient(layer, x, states_of(layer, rng), mask=mask)
    real_steps = mask.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gradient, np.broadcast_to(a**real_steps, gradient.shape), rtol=1e-14)


@EACH_SCAN
@pytest.mark.parametrize(
    ("cell_class", "gates", "which"),
    [
        # i, f, c, o: nothing in, everything kept
        (cells.LSTMCell, [-1000, 1000, 0, 0], 1),
        # z, r, h: everything kept
        (functools.partial(cells.GRUCell, reset_after=False), [1000, 0, 0], 0),
    ],
    ids=["lstm, cell state", "gru"],
)
def test_saturated_gates_keep_the_state(scan, cell_class, gates, which):
    rng = np.random.default_rng(0)
    layer = scanned(scan, cell_class(UNITS, dtype="float64"), rng, return_state=True)
    layer.cell.bias.assign(np.repeat(gates, UNITS))
    states = states_of(layer, rng)
    x = rng.normal(size=(BATCH, 20, FEATURES))
    last, gradient = last_state_and_its_gradient(layer, x, states, which)
    np.testing.assert_array_equal(last, states[which])
    np.testing.assert_array_equal(gradient, 1.0)


@EACH_SCAN
def test_irnn_copies_its_state(scan):
    rng = np.random.default_rng(0)
    cell = cells.SimpleRNNCell(
        UNITS,
        activation="relu",
        kernel_initializer="zeros",
        recurrent_initializer="identity",
        dtype="float64",
    )
    layer = scanned(scan, cell, return_state=True)
    states = [np.abs(state) for state in states_of(layer, rng)]
    x = rng.normal(size=(BATCH, 20, FEATURES))
    last, gradient = last_state_and_its_gradient(layer, x, states)
    np.testing.assert_array_equal(last, states[0])
    np.testing.assert_array_equal(gradient, 1.0)
