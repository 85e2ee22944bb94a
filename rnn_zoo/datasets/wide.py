"""Series whose steps are columns: a row is a series and its target."""

from typing import Any

from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError


def joined_steps(table: Table, target: str) -> Table:
    """A table whose columns beside `target` are one column, `series`.

    A row may end in empty cells: its series is shorter.

    Raises:
        DataError: an empty cell stands before one that is not.

    Example:
        >>> table = Table("a.csv", ["y", "1", "2"], [["0"], ["0.5"], ["1.5"]], [2])
        >>> joined_steps(table, "y").columns[0]
        ['0.5 1.5']
    """
    at = list(table.names).index(target)
    steps = [column for i, column in enumerate(table.columns) if i != at]
    rows = [_joined(list(row), table, i) for i, row in enumerate(zip(*steps, strict=True))]
    return Table(table.source, ["series", target], [rows, table.columns[at]], table.lines)


def _joined(row: list[Any], table: Table, number: int) -> Any:
    while row and row[-1] in ("", None):
        row.pop()
    if "" in row or None in row:
        raise DataError(f"{table.where(number)}: an empty cell within a series.")
    return " ".join(row) if all(isinstance(cell, str) for cell in row) else row
