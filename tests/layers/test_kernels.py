"""TensorFlow's kernel of a whole LSTM in graphs that are exported."""

import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers
from rnn_zoo.layers.choice import kernels

pytestmark = pytest.mark.tensorflow_only
MASKS = [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]


def in_graph(network):
    """A network of inputs and masks as an exported graph has it, and its operations."""
    import tensorflow as tf

    signature = [tf.TensorSpec(x.shape, x.dtype) for x in network.inputs]
    with kernels():
        function = tf.function(lambda *x: network(list(x), training=False), autograph=False)
        concrete = function.get_concrete_function(*signature)
    return concrete, {operation.type for operation in concrete.graph.get_operations()}


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
def test_any_mask(use_bias, go_backwards, return_sequences):
    keras.utils.set_random_seed(0)
    x, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    layer = layers.RNN(
        cells.LSTMCell(4, use_bias=use_bias, bias_initializer="glorot_uniform"),
        return_sequences=return_sequences,
        return_state=True,
        go_backwards=go_backwards,
        learn_initial_state=True,
    )
    network = keras.Model([x, mask], layer(x, mask=mask))
    layer.initial_state_weights[0].assign([0.1, -0.2, 0.3, 0.4])
    function, operations = in_graph(network)
    assert "BlockLSTMV2" in operations
    assert "While" not in operations
    masks = np.array(MASKS, "bool")
    inputs = np.random.default_rng(0).normal(size=(*masks.shape, 3)).astype("float32")
    for rows in (slice(None), slice(1, 2)):
        parts = function(inputs[rows], masks[rows])
        for part, expected in zip(parts, network([inputs[rows], masks[rows]]), strict=True):
            np.testing.assert_allclose(part, expected, atol=1e-6)
    assert [len(part) for part in function(inputs[:0], masks[:0])] == [0, 0, 0]


def test_without_a_mask():
    x = keras.Input((None, 3))
    network = keras.Model(x, layers.RNN(cells.LSTMCell(4), return_sequences=True)(x))
    function, operations = in_graph(network)
    assert "BlockLSTMV2" in operations
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    np.testing.assert_allclose(function(inputs), network(inputs), atol=1e-6)


@pytest.mark.parametrize(
    "cell",
    [
        cells.GRUCell(4),
        cells.SimpleRNNCell(4),
        cells.LSTMCell(4, activation="relu"),
        cells.LSTMCell(4, dtype="float16"),
    ],
    ids=lambda cell: f"{type(cell).__name__}-{cell.compute_dtype}",
)
def test_other_cells_are_loops(cell):
    x = keras.Input((None, 3), dtype=cell.compute_dtype)
    network = keras.Model(x, layers.RNN(cell, dtype=cell.compute_dtype)(x))
    function, operations = in_graph(network)
    assert "BlockLSTMV2" not in operations
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(cell.compute_dtype)
    np.testing.assert_allclose(function(inputs), network(inputs), atol=1e-3)
