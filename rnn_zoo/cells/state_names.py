"""What the states of a cell are called."""

from typing import Any

from rnn_zoo.cells.base import RecurrentCell


def state_names(cell: Any, count: int) -> tuple[str, ...]:
    """Names of a cell's states, h, c and so on: as a cell of ours says, else by position."""
    if isinstance(cell, RecurrentCell) and len(cell.state_names) == count:
        return cell.state_names
    return ("h", "c", *(f"state_{i}" for i in range(2, count)))[:count]
