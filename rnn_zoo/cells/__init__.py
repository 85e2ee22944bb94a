"""Recurrent cells: one file a cell, the equations first.

A cell is an ordinary Keras layer and runs in `keras.layers.RNN` and in `rnn_zoo.layers.RNN`.
"""

import difflib
import inspect

import keras

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.chrono import Chrono
from rnn_zoo.cells.gru_cell import GRUCell
from rnn_zoo.cells.irnn_cell import IRNNCell
from rnn_zoo.cells.lstm_cell import LSTMCell
from rnn_zoo.cells.simple_rnn_cell import SimpleRNNCell

__all__ = [
    "Chrono",
    "GRUCell",
    "IRNNCell",
    "LSTMCell",
    "RecurrentCell",
    "SimpleRNNCell",
    "get",
]

_CELLS: dict[str, type[keras.layers.Layer]] = {
    "simple_rnn": SimpleRNNCell,
    "irnn": IRNNCell,
    "lstm": LSTMCell,
    "gru": GRUCell,
}


def get(identifier: str) -> type[keras.layers.Layer]:
    """The class of a cell, by its name.

    Args:
        identifier: `"simple_rnn"`, `"irnn"`, `"lstm"`, `"gru"`, or the name under which a layer
            class was registered with `keras.saving.register_keras_serializable`:
            `"package>ClassName"`.

    Returns:
        The class.

    Raises:
        ValueError: If no layer class has that name. The message offers the nearest names.

    >>> from rnn_zoo import cells
    >>> cells.get("lstm")(8).units
    8
    >>> cells.get("lstn")
    Traceback (most recent call last):
        ...
    ValueError: Unknown cell 'lstn'. Did you mean 'lstm'? ...
    """
    registered = {
        name: value
        for name, value in keras.saving.get_custom_objects().items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer)
    }
    known = _CELLS | registered
    if isinstance(identifier, str) and identifier in known:
        return known[identifier]
    names = {name.lower(): name for name in known if not name.startswith("rnn_zoo>")}
    wanted = identifier.lower() if isinstance(identifier, str) else ""
    near = [names[name] for name in difflib.get_close_matches(wanted, names)]
    guess = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"Unknown cell {identifier!r}.{guess} Cells are {', '.join(map(repr, _CELLS))}, and every "
        "layer class registered with Keras under 'package>ClassName'."
    )
