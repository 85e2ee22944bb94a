"""What is known of a cell: the blocks of its kernel, and how its gates are computed."""

from typing import Any

import keras

from rnn_zoo.cells import GRUCell, LSTMCell, RecurrentCell, SimpleRNNCell
from rnn_zoo.layers.choice import is_divided

KERAS: dict[type, type[RecurrentCell]] = {
    keras.layers.SimpleRNNCell: SimpleRNNCell,
    keras.layers.LSTMCell: LSTMCell,
    keras.layers.GRUCell: GRUCell,
}


def block_names(cell: Any, count: int) -> tuple[str, ...]:
    """The names of the blocks of `units` columns that the recurrent kernel has."""
    kind = next((ours for theirs, ours in KERAS.items() if isinstance(cell, theirs)), cell)
    names: tuple[str, ...] = getattr(kind, "blocks", ())
    return names if len(names) == count else tuple(map(str, range(count)))


def with_gates(cell: Any) -> RecurrentCell | None:
    """The cell, or its equal of ours with the same weights; None where it is no LSTM and no GRU."""
    if isinstance(cell, RecurrentCell) and cell.gate_names and is_divided(cell):
        return cell
    ours = KERAS.get(type(cell))
    if ours is None or not ours.gate_names:
        return None
    config = {key: value for key, value in cell.get_config().items() if key != "implementation"}
    equal = ours.from_config(config)
    equal.build((None, cell.kernel.shape[0]))
    equal.set_weights(cell.get_weights())
    return equal
