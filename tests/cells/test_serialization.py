"""Cells in `.keras` files, and by name."""

import functools

import keras
import numpy as np
import pytest
from keras import saving
from recurrent import EACH_CELL, allowed, randomize

from rnn_zoo import cells, layers
from rnn_zoo.cells import registry

UNITS = 4
HOLDERS = {
    "keras.RNN": keras.layers.RNN,
    "rnn_zoo.RNN": layers.RNN,
    "stacked": lambda cell: layers.RNN(
        keras.layers.StackedRNNCells([cell, type(cell)(UNITS + 1, seed=2)])
    ),
    "bidirectional keras.RNN": lambda cell: keras.layers.Bidirectional(keras.layers.RNN(cell)),
    "bidirectional rnn_zoo.RNN": lambda cell: keras.layers.Bidirectional(layers.RNN(cell)),
}
OPTIONS = {
    "activation": "softsign",
    "recurrent_initializer": "identity",
    "kernel_regularizer": "l2",
    "bias_constraint": "unit_norm",
    "dropout": 0.2,
    "recurrent_dropout": 0.3,
    "seed": 1,
}


@EACH_CELL
@pytest.mark.parametrize("holder", HOLDERS)
def test_a_loaded_model_computes_the_same(cell_class, holder, tmp_path):
    model = keras.Sequential(
        [keras.Input((None, 3)), HOLDERS[holder](cell_class(UNITS, **allowed(cell_class, OPTIONS)))]
    )
    rng = np.random.default_rng(0)
    randomize(model, rng)
    model.save(tmp_path / "model.keras")
    loaded = saving.load_model(tmp_path / "model.keras")
    assert loaded.to_json() == model.to_json()
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    np.testing.assert_array_equal(np.asarray(loaded.losses), np.asarray(model.losses))


@EACH_CELL
@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("units", [0, -1, 2.5, 4.0, "3", True, None]),
        ("dropout", [1.0, 1, -0.1, None, "a", "0.5", float("nan")]),
        ("recurrent_dropout", [1.0, 1, -0.1, None, "a", "0.5", float("nan")]),
    ],
)
def test_bad_arguments_are_named(cell_class, argument, values):
    for value in values:
        with pytest.raises(ValueError, match=rf"{cell_class.__name__}: `{argument}`.*Received"):
            cell_class(**{"units": UNITS, argument: value})


@EACH_CELL
def test_numpy_numbers_are_numbers(cell_class):
    cell = cell_class(np.int64(3), dropout=np.float32(0.5), recurrent_dropout=0)
    assert (cell.units, cell.dropout, cell.recurrent_dropout) == (3, 0.5, 0.0)
    assert type(cell.units) is int  # JSON knows no NumPy integers


@pytest.mark.parametrize(
    ("identifier", "hint"),
    [
        ("lstn", "Did you mean 'lstm' or 'slstm' or 'mlstm'?"),
        ("LSTM", "Did you mean 'lstm'?"),
        ("simplernn", "Did you mean 'simple_rnn' or 'irnn'?"),
        ("transformer", ""),
        ("", ""),
        (None, ""),
        (["lstm"], ""),
    ],
)
def test_an_unknown_name(identifier, hint):
    with pytest.raises(ValueError, match="Unknown cell") as error:
        cells.get(identifier)
    message = str(error.value)
    assert repr(identifier) in message
    assert hint in message
    assert ("Did you mean" in message) == bool(hint)
    assert ", ".join(map(repr, cells.names())) in message


def test_names_of_the_cells():
    found = [cells.get(name) for name in ("simple_rnn", "irnn", "lstm", "gru")]
    assert found == [cells.SimpleRNNCell, cells.IRNNCell, cells.LSTMCell, cells.GRUCell]


def test_a_cell_registers_its_name_by_a_decorator():
    @cells.register("own_cell", package="serialization_test")
    class OwnCell(cells.SimpleRNNCell):
        pass

    try:
        assert cells.get("own_cell") is cells.get("serialization_test>OwnCell") is OwnCell
        assert "own_cell" in cells.names()
        with pytest.raises(ValueError, match=r"a cell named 'own_cell' already, .*OwnCell: give"):
            cells.register("own_cell")(cells.GRUCell)
        cells.register("own_cell", package="serialization_test")(OwnCell)  # once more, as it is
    finally:
        registry.unregister("own_cell")
        keras.saving.get_custom_objects().pop("serialization_test>OwnCell")
    with pytest.raises(ValueError, match="Unknown cell 'own_cell'"):
        cells.get("own_cell")


def test_a_registered_cell_of_the_user():
    class Own(cells.SimpleRNNCell):
        pass

    with saving.CustomObjectScope({}):
        with pytest.raises(ValueError, match="Unknown cell 'serialization_test>Own'"):
            cells.get("serialization_test>Own")
        register = functools.partial(saving.register_keras_serializable, "serialization_test")
        register()(Own)
        assert cells.get("serialization_test>Own") is Own
        with pytest.raises(ValueError, match=r"Did you mean 'serialization_test>Own'\?"):
            cells.get("serialization_test>Owm")
        register("function")(lambda units: None)
        with pytest.raises(ValueError, match="Unknown cell 'serialization_test>function'"):
            cells.get("serialization_test>function")
