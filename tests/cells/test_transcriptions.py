"""Cells that Keras does not have, against their equations written in NumPy, in float64."""

import functools

import keras
import numpy as np
import pytest
from recurrent import EACH_SCAN, SEQUENCES, scanned

from rnn_zoo import cells, layers

BATCH, TIME, FEATURES, UNITS = 3, 6, 4, 6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


def normalized(x, gamma, beta, epsilon=1e-3):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def peephole_lstm(x, states, weights):
    h, c = states
    kernel, recurrent, bias, p_i, p_f, p_o = weights
    z_i, z_f, z_g, z_o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    i, f = sigmoid(z_i + p_i * c), sigmoid(z_f + p_f * c)
    c = f * c + i * np.tanh(z_g)
    return [sigmoid(z_o + p_o * c) * np.tanh(c), c]


def projected_lstm(x, states, weights):
    h, c = states
    kernel, recurrent, bias, projection = weights
    z_i, z_f, z_g, z_o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    return [(sigmoid(z_o) * np.tanh(c)) @ projection, c]


def layer_norm_lstm(x, states, weights, carry_normalized=False):
    h, c = states
    kernel, recurrent, bias, *norms = weights
    z = normalized(x @ kernel, *norms[:2]) + normalized(h @ recurrent, *norms[2:4]) + bias
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
    norm_c = normalized(c, *norms[4:])
    return [sigmoid(z_o) * np.tanh(norm_c), norm_c if carry_normalized else c]


def slstm(x, states, weights, log_forget=log_sigmoid):
    """With the stabilizer, from states with a memory."""
    h, c, n, m = states
    kernel, recurrent, bias = weights
    z_i, z_f, z_z, z_o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    log_f = log_forget(z_f)
    after = np.maximum(log_f + m, z_i)
    i, f = np.exp(z_i - after), np.exp(log_f + m - after)
    c, n = f * c + i * np.tanh(z_z), f * n + i
    return [sigmoid(z_o) * c / n, c, n, after]


def positive(x):
    return np.where(x < 0, sigmoid(x), x + 0.5)


def mingru(x, states, weights):
    kernel, bias = weights
    z, candidate = np.split(x @ kernel + bias, 2, axis=-1)
    z = sigmoid(z)
    return [(1 - z) * states[0] + z * positive(candidate)]


def minlstm(x, states, weights):
    kernel, bias = weights
    f, i, candidate = np.split(x @ kernel + bias, 3, axis=-1)
    f, i = sigmoid(f), sigmoid(i)
    return [f / (f + i) * states[0] + i / (f + i) * positive(candidate)]


def rglru(x, states, weights):
    kernel, bias, decay = weights
    r, i, candidate = np.split(x @ kernel + bias, 3, axis=-1)
    a = sigmoid(decay) ** (8 * sigmoid(r))
    return [a * states[0] + np.sqrt(1 - a**2) * sigmoid(i) * candidate]


def mlstm(x, states, weights, heads=2):
    """One head after the other, with matrices."""
    _, memory, n, m = states
    kernel, bias = weights
    units = (len(bias) - 2 * heads) // 4
    each = units // heads
    z = x @ kernel + bias
    q, k, v, z_o = np.split(z[:, : 4 * units], 4, axis=-1)
    after = np.zeros_like(m)
    h, new_memory, new_n = np.zeros((len(x), units)), np.zeros_like(memory), np.zeros_like(n)
    for row in range(len(x)):
        for head in range(heads):
            at = slice(head * each, (head + 1) * each)
            z_i, log_f = z[row, 4 * units + head], log_sigmoid(z[row, 4 * units + heads + head])
            after[row, head] = max(log_f + m[row, head], z_i)
            f = np.exp(log_f + m[row, head] - after[row, head])
            i = np.exp(z_i - after[row, head])
            key = k[row, at] / np.sqrt(each)
            before = memory[row].reshape(units, each)[at]
            matrix = f * before + i * np.outer(v[row, at], key)
            new_memory[row].reshape(units, each)[at] = matrix
            new_n[row, at] = f * n[row, at] + i * key
            size = max(abs(new_n[row, at] @ q[row, at]), np.exp(-after[row, head]))
            h[row, at] = sigmoid(z_o[row, at]) * (matrix @ q[row, at]) / size
    return [h, new_memory, new_n, after]


# Name: the cell, and one step.
CASES = {
    "peephole_lstm": (cells.PeepholeLSTMCell, peephole_lstm),
    "lstm, projected": (functools.partial(cells.LSTMCell, projection=2), projected_lstm),
    "layer_norm_lstm": (cells.LayerNormLSTMCell, layer_norm_lstm),
    "layer_norm_lstm, as TFA": (
        functools.partial(cells.LayerNormLSTMCell, carry_normalized=True),
        functools.partial(layer_norm_lstm, carry_normalized=True),
    ),
    "slstm": (cells.SLSTMCell, slstm),
    "mlstm": (functools.partial(cells.MLSTMCell, heads=2), mlstm),
    "slstm, exponential": (
        functools.partial(cells.SLSTMCell, forget_gate="exponential"),
        functools.partial(slstm, log_forget=lambda x: x),
    ),
    "mingru": (cells.MinGRUCell, mingru),
    "minlstm": (cells.MinLSTMCell, minlstm),
    "rglru": (cells.RGLRUCell, rglru),
}


def unrolled(step, x, states, weights):
    """All outputs, and the last states."""
    outputs = []
    for t in range(x.shape[1]):
        states = step(x[:, t], states, weights)
        outputs.append(states[0])
    return [np.stack(outputs, axis=1), *states]


@EACH_SCAN
@pytest.mark.parametrize("case", CASES)
def test_outputs_and_states(case, scan):
    make, step = CASES[case]
    rng = np.random.default_rng(0)
    layer = scanned(scan, make(UNITS, dtype="float64"), rng, (None, None, FEATURES), **SEQUENCES)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    # A normalizer is positive.
    sizes = keras.tree.flatten(layer.cell.state_size)
    states = [np.abs(rng.normal(size=(BATCH, size))) for size in sizes]
    found = layer(x, initial_state=states)
    for tensor, expected in zip(found, unrolled(step, x, states, layer.get_weights()), strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(tensor), expected, atol=1e-12)


@pytest.mark.parametrize("forget_gate", ["sigmoid", "exponential"])
def test_slstm_of_extreme_gates(forget_gate):
    """The output is that of the gates without a stabilizer, in numbers that hold e^400."""
    rng = np.random.default_rng(1)
    cell = cells.SLSTMCell(UNITS, forget_gate=forget_gate, dtype="float64")
    layer = scanned(layers.RNN, cell, rng, (None, None, FEATURES), return_sequences=True)
    kernel, recurrent, bias = layer.get_weights()
    bias[: 2 * UNITS] = rng.choice([-50.0, 50.0], size=2 * UNITS)
    layer.set_weights([kernel, recurrent, bias])
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    exact = [part.astype(np.longdouble) for part in (x, kernel, recurrent, bias)]
    h, c, n = (np.zeros((BATCH, UNITS), np.longdouble) for _ in range(3))
    outputs = []
    for t in range(TIME):
        z = exact[0][:, t] @ exact[1] + h @ exact[2] + exact[3]
        z_i, z_f, z_z, z_o = np.split(z, 4, axis=-1)
        f = np.exp(z_f) if forget_gate == "exponential" else sigmoid(z_f)
        c, n = f * c + np.exp(z_i) * np.tanh(z_z), f * n + np.exp(z_i)
        h = sigmoid(z_o) * c / n
        outputs.append(h)
    found = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(found, np.stack(outputs, 1).astype("float64"), atol=1e-12)
    in_half_the_bits = cells.SLSTMCell(UNITS, forget_gate=forget_gate, dtype="float32")
    rounded = layers.RNN(in_half_the_bits, return_sequences=True, dtype="float32")
    rounded.build(x.shape)
    rounded.set_weights(layer.get_weights())
    found = keras.ops.convert_to_numpy(rounded(x.astype("float32")))
    np.testing.assert_allclose(found, np.stack(outputs, 1).astype("float64"), atol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cells.SLSTMCell(4, forget_gate="tanh"), "`forget_gate` must be one of"),
        (lambda: cells.MLSTMCell(6, heads=4), "`heads` must divide `units`, 6"),
        (lambda: cells.LSTMCell(4, projection=0), "`projection` must be a positive integer"),
        (lambda: cells.LayerNormLSTMCell(4, norm_epsilon=0.0), "`norm_epsilon` must be positive"),
    ],
    ids=["slstm", "mlstm", "lstm", "layer_norm_lstm"],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
