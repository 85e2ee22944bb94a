"""Cells that are linear in the state: what they begin with, and where rounding could hurt."""

import keras
import numpy as np
import pytest
from keras import ops, saving

from rnn_zoo import cells, layers

UNITS = 4


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("cell_class", [cells.MinGRUCell, cells.MinLSTMCell])
def test_the_default_activation_is_in_files(cell_class, tmp_path):
    model = keras.Sequential([keras.Input((None, 3)), layers.RNN(cell_class(UNITS))])
    model.save(tmp_path / "model.keras")
    loaded = saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].cell.activation is cells.positive
    linear = cell_class.from_config(cell_class(UNITS, activation=None).get_config())
    assert linear.activation is keras.activations.linear


def test_gates_of_which_both_round_to_zero_have_a_ratio():
    cell = cells.MinLSTMCell(1, dtype="float32")
    gates = cell.gates(ops.array([[-200.0, -201.0, 0.0]]), ())
    np.testing.assert_allclose(gates["f"], [[sigmoid(1.0)]], rtol=1e-5)
    np.testing.assert_allclose(gates["f"] + gates["i"], [[1.0]], rtol=1e-6)


def test_units_begin_with_shares_that_are_uniform():
    keras.utils.set_random_seed(0)
    cell = cells.RGLRUCell(10_000)
    cell.build((None, 1))
    shares = sigmoid(ops.convert_to_numpy(cell.decay).astype("float64")) ** 8
    bins, _ = np.histogram(shares, bins=10, range=(0.9, 0.999))
    assert bins.sum() >= 9_998  # rounding may take the ends out
    assert bins.min() > 800


def test_what_a_long_memory_lets_in():
    """The square root of 1 - a^2, where a rounds to one."""
    cell = cells.RGLRUCell(1, dtype="float32")
    cell.build((None, 1))
    r = np.array([[1e-9]])
    gates = {"r": ops.array(r, "float32"), "i": ops.ones((1, 1)), "x": ops.ones((1, 1))}
    a, b = cell.coefficients(gates)
    rate = 8 * r * np.log1p(np.exp(-ops.convert_to_numpy(cell.decay).astype("float64")))
    assert float(a[0, 0]) == 1.0
    np.testing.assert_allclose(b, np.sqrt(2 * rate), rtol=1e-4)


def test_another_update_says_so():
    body = {"update": lambda self, gates, states: states}
    with pytest.raises(TypeError, match="Own replaces `update`: declare `is_linear`"):
        type("Own", (cells.MinGRUCell,), body)
    own = type("Own", (cells.MinGRUCell,), body | {"is_linear": False})
    x = ops.ones((2, 5, 3))
    np.testing.assert_array_equal(layers.RNN(own(UNITS))(x), np.zeros((2, UNITS)))
