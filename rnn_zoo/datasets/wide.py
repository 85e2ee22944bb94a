"""Series whose steps are columns: a row is a series and its target."""

from dataclasses import replace
from typing import Any

from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError


def joined_steps(table: Table, target: str | None) -> Table:
    """A table of two columns: those beside `target` are one, named by its first and last.

    Where `target` is None, all columns are steps, and there is one column.

    A row may end in empty cells: its series is shorter.

    Raises:
        DataError: an empty cell stands before one that is not.

    Example:
        >>> table = Table("a.csv", ["y", "1", "2"], [["0"], ["0.5"], ["1.5"]], [2])
        >>> joined = joined_steps(table, "y")
        >>> joined.names, joined.columns
        (['1 to 2', 'y'], [['0.5 1.5'], ['0']])
    """
    pairs = list(zip(table.names, table.columns, strict=True))
    steps = [pair for pair in pairs if pair[0] != target]
    rows = zip(*(column for _, column in steps), strict=True)
    joined = [_joined(list(row), table, i) for i, row in enumerate(rows)]
    name = f"{steps[0][0]} to {steps[-1][0]}"
    names, columns = zip(
        (name, joined), *(pair for pair in pairs if pair[0] == target), strict=True
    )
    return replace(table, names=list(names), columns=list(columns), is_named=True)


def _joined(row: list[Any], table: Table, number: int) -> Any:
    while row and row[-1] in ("", None):
        row.pop()
    if "" in row or None in row:
        raise DataError(f"{table.where(number)}: an empty cell within a series.")
    return " ".join(row) if all(isinstance(cell, str) for cell in row) else row
