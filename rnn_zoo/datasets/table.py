"""What every file format is read to: columns of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnn_zoo.errors import DataError


@dataclass(frozen=True)
class Table:
    """Columns of one file.

    Attributes:
        source: the file, for messages.
        names: the names of the columns.
        columns: the values of each column, a list or an array. What a value is depends on the
            format: a string, a number, a list, a row of an array, or None where it is missing.
        lines: the line of the file at which each row begins; None: rows are counted from 0.
        is_named: whether the file names its columns. If not, `names` are numbers from 0 on, and the
            first row may be a header.
        delimiter, encoding: how the file is written; see `Origin`.

    Raises:
        DataError: columns differ in length, or there are no rows.

    Example:
        >>> table = Table("a.csv", ["0", "1"], [["text", "fun"], ["label", "pos"]], [1, 2], False)
        >>> table.named_by_first_row().names
        ['text', 'label']
        >>> table.where(1)
        'a.csv, line 2'
    """

    source: str
    names: Sequence[str]
    columns: Sequence[Any]
    lines: Sequence[int] | None = None
    is_named: bool = True
    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        lengths = [len(column) for column in self.columns]
        if len(set(lengths)) > 1:
            sizes = [f"{name} {n}" for name, n in zip(self.names, lengths, strict=True)]
            raise DataError(
                f"{self.source}: its columns differ in length: {', '.join(sizes[:10])}."
            )
        if not any(lengths):
            raise DataError(f"{self.source}: no examples in this file.")

    def where(self, row: int) -> str:
        """Where a row stands, for messages."""
        place = f"row {row}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.source}, {place}"

    def named_by_first_row(self) -> "Table":
        """The table whose header is the first row of this one."""
        if len(self.columns[0]) == 1:
            raise DataError(f"{self.source}: no examples in this file, only a header.")
        names = [str(column[0]).strip() for column in self.columns]
        lines = None if self.lines is None else self.lines[1:]
        columns = [column[1:] for column in self.columns]
        return replace(self, names=names, columns=columns, lines=lines, is_named=True)
