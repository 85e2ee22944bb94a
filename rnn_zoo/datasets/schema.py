"""What an example consists of, and where such examples are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rnn_zoo.datasets.columns import (
    Column,
    Columns,
    find_columns,
    find_input,
    find_target,
    has_usual_name,
    unclear,
)
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.formats import Reader
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.values import Values, Where, without_padding
from rnn_zoo.datasets.wide import joined_steps
from rnn_zoo.errors import DataError


class Part(NamedTuple):
    """The examples of one part, the columns that they were taken from, and where each stands.

    `origin` says how their file is written.
    """

    examples: Examples
    columns: Columns
    where: Where
    origin: Origin = Origin()


Layout = Callable[[list[AnyPath], "ExampleSchema", Columns, str], Part]


@dataclass(frozen=True)
class ExampleSchema:
    """What an example of a task consists of, and where such examples are found.

    Attributes:
        input, target: the columns; target None: inputs alone are learned from.
        embedded: the data sets that need neither a file nor a network: by name, a function from the
            name of a part to its inputs and targets, or None.
        formats: suffix -> reader of files that are tables of such examples only.
        read_layout: reads the files or the folder of one part that is no table.
        read_folder: reads all parts; None: each is a file or a folder.
        guess: input and target of a table without a header, or None where it cannot tell; without
            it columns have to be named.
        is_sequence: whether input and target are sequences of equal length.
        has_classes: whether targets are labels out of a set.
        lengths: a column that says how long inputs are that are padded on the right.
        joins_columns: whether an input may stand in several columns, all but the target's.
        is_text: whether inputs are text: they can be typed, and TFDS may have such examples.
    """

    input: Column
    target: Column | None
    embedded: Mapping[str, Callable[[str], tuple[Values, Values | None]]]
    formats: Mapping[str, Reader] = field(default_factory=dict)
    read_layout: Layout | None = None
    read_folder: Callable[[Path, "ExampleSchema", Columns, str], Splits] | None = None
    guess: Callable[[Table], tuple[int, int] | None] | None = None
    is_sequence: bool = False
    has_classes: bool = False
    lengths: str = ""
    joins_columns: bool = False
    is_text: bool = True

    @property
    def roles(self) -> str:
        """What an example consists of, for messages."""
        return f"{self.input.role} and {self.target.role}" if self.target else self.input.role

    def named(self, columns: Columns) -> dict[str, str]:
        """The columns that were taken, role -> name."""
        roles = (self.input.role, self.target.role if self.target else "")
        return {role: name for role, name in zip(roles, columns, strict=True) if name is not None}

    def read(self, table: Table, columns: Columns) -> Part:
        """The examples that a table holds.

        Args:
            table: of any format.
            columns: by name; numbers from 0 on where the table has no names. None looks for a usual
                name. A first row that holds a usual name is a header.

        Raises:
            DataError: a column cannot be found, or holds something else.
        """
        table, (input, target) = self._choose(table, columns)
        inputs = self.input.read(table.columns[input], table.where)
        if self.lengths in table.names:
            lengths = table.columns[table.names.index(self.lengths)]
            inputs = without_padding(inputs, lengths, table.where)
        named = (table.names[input], None if self.target is None else table.names[target])
        origin = self._origin(table, named)
        if self.target is None:
            return Part(Examples(inputs), named, table.where, origin)
        targets = self.target.read(table.columns[target], table.where)
        self._check_lengths(inputs, targets, table.where)
        return Part(Examples(inputs, targets), named, table.where, origin)

    def read_inputs(self, table: Table, column: str | None = None) -> tuple[Table, str, Values]:
        """The inputs that a table holds, whether or not it has targets.

        Args:
            table: of any format.
            column: of the inputs, as `read` takes it.

        Returns:
            The table with its header, the name of the column, and the inputs.

        Raises:
            DataError: the column cannot be found, or holds something else.
        """
        if not table.is_named:
            if self._has_header(table, (column, None)):
                table = table.named_by_first_row()
            elif column is None:
                of_two = self.guess(table) if self.guess and len(table.names) > 1 else (0, -1)
                if of_two is None:
                    raise self._headless(table, "input", self.input)
                column = table.names[of_two[0]]
        chosen = table
        if self.joins_columns and column is None and self.target:
            target = find_target(self.target, table.names, None, table.source)
            several = len(table.names) > (1 if target is None else 2)
            if several and not has_usual_name(table.names, self.input):
                chosen = joined_steps(table, target)
                column = chosen.names[0]
        name = find_input(self.input, self.target, chosen.names, column, table.source)
        inputs = self.input.read(chosen.columns[list(chosen.names).index(name)], table.where)
        if self.lengths in table.names:
            lengths = table.columns[list(table.names).index(self.lengths)]
            inputs = without_padding(inputs, lengths, table.where)
        return table, name, inputs

    def _origin(self, table: Table, taken: Columns) -> Origin:
        """How the file of a table is written."""
        others = tuple(name for name in table.names if name not in (*taken, self.lengths))
        return Origin(others, table.delimiter, table.encoding)

    def _check_lengths(self, inputs: Values, targets: Values, where: Where) -> None:
        """Raise where sequences of an example should be of one length and are not."""
        pairs = zip(inputs, targets, strict=True) if self.is_sequence else ()
        for i, (input, target) in enumerate(pairs):
            if len(input) != len(target):
                raise DataError(
                    f"{where(i)}: {len(input)} {self.input.role}, but {len(target)} "
                    f"{self.target and self.target.role}."
                )

    def _choose(self, table: Table, columns: Columns) -> tuple[Table, tuple[int, int]]:
        """The table with its header, and the numbers of the columns."""
        if not table.is_named:
            if self._has_header(table, columns):
                table = table.named_by_first_row()
            elif columns == (None, None):
                return table, self._guessed(table)
        if self.joins_columns and columns[0] is None and self.target:
            target = find_target(self.target, table.names, columns[1], table.source)
            if target and len(table.names) > 2 and not has_usual_name(table.names, self.input):
                table = joined_steps(table, target)
                columns = (table.names[0], target)
        input, target = find_columns(self.input, self.target, table.names, columns, table.source)
        return table, (table.names.index(input), table.names.index(target) if target else -1)

    def _has_header(self, table: Table, columns: Columns) -> bool:
        """Whether the first row is a header: it is named by words, or holds a usual name."""
        named = [column for column in columns if column is not None]
        if named:
            return not all(column.isdecimal() for column in named)
        first = [str(column[0]) for column in table.columns]
        return has_usual_name(first, self.input, *([self.target] if self.target else []))

    def _guessed(self, table: Table) -> tuple[int, int]:
        guessed = self.guess(table) if self.guess else None
        if guessed is None:
            option, column = ("target", self.target) if self.target else ("input", self.input)
            raise self._headless(table, option, column)
        return guessed

    def _headless(self, table: Table, option: str, column: Column) -> DataError:
        """The error for a column of a table whose first row may be a header."""
        first = [str(cells[0]).strip() for cells in table.columns]
        error = unclear(option, column.role, first, table.source)
        return DataError(f"{error} If the first row is no header, count columns from 0.")
