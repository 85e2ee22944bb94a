"""Series whose steps are columns: a row is a series and its target."""

from typing import Any

from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError


def joined_steps(table: Table, target: str) -> Table:
    """A table of two columns: those beside `target` are one, named by its first and last.

    A row may end in empty cells: its series is shorter.

    Raises:
        DataError: an empty cell stands before one that is not.

    Example:
        >>> table = Table("a.csv", ["y", "1", "2"], [["0"], ["0.5"], ["1.5"]], [2])
        >>> joined = joined_steps(table, "y")
        >>> joined.names, joined.columns
        (['1 to 2', 'y'], [['0.5 1.5'], ['0']])
    """
    at = list(table.names).index(target)
    names = [name for i, name in enumerate(table.names) if i != at]
    steps = [column for i, column in enumerate(table.columns) if i != at]
    rows = [_joined(list(row), table, i) for i, row in enumerate(zip(*steps, strict=True))]
    return Table(
        table.source, [f"{names[0]} to {names[-1]}", target], [rows, table.columns[at]], table.lines
    )


def _joined(row: list[Any], table: Table, number: int) -> Any:
    while row and row[-1] in ("", None):
        row.pop()
    if "" in row or None in row:
        raise DataError(f"{table.where(number)}: an empty cell within a series.")
    return " ".join(row) if all(isinstance(cell, str) for cell in row) else row
