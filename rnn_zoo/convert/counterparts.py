"""Which layer of Keras is which cell of ours."""

from typing import Any

import keras

from rnn_zoo.cells import GRUCell, LSTMCell, RecurrentCell, SimpleRNNCell
from rnn_zoo.errors import ConversionError
from rnn_zoo.layers import RNN

CELLS: dict[type[keras.layers.RNN], type[RecurrentCell]] = {
    keras.layers.SimpleRNN: SimpleRNNCell,
    keras.layers.GRU: GRUCell,
    keras.layers.LSTM: LSTMCell,
}
OPTIONS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
)
"""Arguments of `keras.layers.RNN`, and of every layer here."""


def ours(layer: keras.layers.RNN) -> RNN:
    """`rnn_zoo.layers.RNN` over the cell that is as Keras' layer, without weights."""
    cell_class = CELLS[type(layer)]
    return RNN(cell_class.from_config(_cell_settings(layer.cell)), **_settings(layer))


def of_keras(layer: RNN) -> keras.layers.RNN:
    """Keras' layer that is as ours, without weights.

    Raises:
        ConversionError: Keras has no such cell, or the layer has learned its initial state.
    """
    layer_class = next((kept for kept, cell in CELLS.items() if type(layer.cell) is cell), None)
    if layer_class is None:
        names = ", ".join(cell.__name__ for cell in CELLS.values())
        raise ConversionError(
            f"{layer.name}: Keras has no layer for {type(layer.cell).__name__}, but for {names}."
        )
    if layer.learn_initial_state:
        raise ConversionError(f"{layer.name}: layers of Keras learn no initial state.")
    for option in ("projection", "zoneout"):
        if getattr(layer.cell, option, None):
            raise ConversionError(f"{layer.name}: cells of Keras have no {option}.")
    settings = _cell_settings(layer.cell)
    del settings["name"], settings["trainable"], settings["dtype"]
    return layer_class(**settings, **_settings(layer))


def _settings(layer: keras.layers.RNN) -> dict[str, Any]:
    settings = {option: getattr(layer, option) for option in OPTIONS}
    return settings | {
        "name": layer.name,
        "dtype": layer.dtype_policy,
        "trainable": layer.trainable,
    }


def _cell_settings(cell: Any) -> dict[str, Any]:
    """The arguments that a cell of Keras and the same cell of ours have."""
    settings: dict[str, Any] = cell.get_config()
    settings.pop("implementation", None)
    return settings
