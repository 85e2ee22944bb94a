"""What an example consists of, and which columns of a table hold it."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.formats import Reader
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.values import Values, Where, without_padding
from rnn_zoo.datasets.wide import joined_steps
from rnn_zoo.errors import DataError

Columns = tuple[str | None, str | None]
"""The columns of the input and of the target, by name; None where they are to be found."""


class Part(NamedTuple):
    """The examples of one part, the columns that they were taken from, and where each stands."""

    examples: Examples
    columns: Columns
    where: Where


@dataclass(frozen=True)
class Column:
    """The input or the target of an example.

    Attributes:
        role: what it is, for messages.
        names: what its column is usually called, in lower case.
        read: checks the values of a column and brings them to one form; it gets the values and a
            function from a row to where that stands.
    """

    role: str
    names: Set[str]
    read: Callable[[Values, Where], Values]


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
        guess: input and target of a table without a header; None where it cannot tell.
        is_sequence: whether input and target are sequences of equal length.
        has_classes: whether targets are labels out of a set.
        lengths: a column that says how long inputs are that are padded on the right.
        joins_columns: whether an input may stand in several columns, all but the target's.
        in_tfds: whether TFDS has such examples.
    """

    input: Column
    target: Column | None
    embedded: Mapping[str, Callable[[str], tuple[Values, Values | None]]]
    formats: Mapping[str, Reader] = field(default_factory=dict)
    read_layout: Layout | None = None
    read_folder: Callable[[Path, "ExampleSchema", Columns, str], Splits] | None = None
    guess: Callable[[Table], tuple[int, int] | None] = lambda table: None  # noqa: ARG005
    is_sequence: bool = False
    has_classes: bool = False
    lengths: str = ""
    joins_columns: bool = False
    in_tfds: bool = True

    @property
    def roles(self) -> str:
        """What an example consists of, for messages."""
        return f"{self.input.role} and {self.target.role}" if self.target else self.input.role

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
        if self.target is None:
            return Part(Examples(inputs), (table.names[input], None), table.where)
        targets = self.target.read(table.columns[target], table.where)
        self.check_aligned(inputs, targets, table.where)
        return Part(
            Examples(inputs, targets), (table.names[input], table.names[target]), table.where
        )

    def check_aligned(self, inputs: Values, targets: Values, where: Where) -> None:
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
        named = [column for column in columns if column is not None]
        if not table.is_named:
            first = [str(column[0]).strip() for column in table.columns]
            usual = {*self.input.names, *(self.target.names if self.target else ())}
            has_header = (
                not all(column.isdecimal() for column in named)
                if named
                else not usual.isdisjoint(name.lower() for name in first)
            )
            if has_header:
                table = table.named_by_first_row()
            elif not named:
                guessed = self.guess(table)
                if guessed is None:
                    column = self.target or self.input
                    option = "target" if self.target else "input"
                    error = _unclear(option, column.role, first, table.source)
                    raise DataError(f"{error} If the first row is no header, count columns from 0.")
                return table, guessed
        if self.joins_columns and len(table.names) > 2 and columns[0] is None and self.target:
            target = _named(table.names, columns[1], table.source)
            target = target or _usual(table.names, self.target.names)
            if target and not _usual(table.names, self.input.names):
                table = joined_steps(table, target)
                columns = ("series", target)
        input, target = find_columns(self, table.names, columns, table.source)
        return table, (table.names.index(input), table.names.index(target) if target else -1)


def find_columns(
    schema: ExampleSchema, names: Sequence[str], columns: Columns, where: str
) -> tuple[str, str | None]:
    """The names of the input's column and of the target's, None where there is to be none.

    Args:
        schema: what is looked for.
        names: the columns that are there.
        columns: what the user calls them; None looks for one of the usual names. Of two columns
            the one that is left is the other.
        where: what to call the table in an error.

    Raises:
        DataError: a column is missing, is there twice, or there are several that it could be.
    """
    if schema.target is None:
        if columns[1] is not None:
            raise DataError(f"{where}: there is no target to name; {schema.roles} alone are read.")
        input = _named(names, columns[0], where) or _usual(names, schema.input.names)
        input = input or (names[0] if len(names) == 1 else None)
        if input is None:
            raise _unclear("input", schema.input.role, names, where)
        return input, None
    input = _named(names, columns[0], where) or _usual(names, schema.input.names)
    target = _named(names, columns[1], where) or _usual(names, schema.target.names)
    if len(names) == 2 and (input is None) != (target is None):
        taken = names.index(input if target is None else target)
        input, target = input or names[1 - taken], target or names[1 - taken]
    if input is None:
        raise _unclear("input", schema.input.role, names, where)
    if target is None:
        raise _unclear("target", schema.target.role, names, where)
    if input == target:
        raise DataError(
            f"{where}: {input!r} cannot be both the {schema.input.role} and the "
            f"{schema.target.role}."
        )
    return input, target


def _unclear(option: str, role: str, names: Iterable[str], where: str) -> DataError:
    """The error for a column that the user has to name."""
    return DataError(
        f"{where}: cannot tell which column is the {role}. Name it with --{option} "
        f'({option}="..." in Python). The columns are: {listed(names)}.'
    )


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names of columns in a message."""
    shown = [name if len(name) <= 40 else f"{name[:37]}..." for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _named(names: Sequence[str], name: str | None, where: str) -> str | None:
    if name is None or list(names).count(name) == 1:
        return name
    if name in names:
        raise DataError(f"{where}: several columns are called {name!r}: rename them.")
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise DataError(
        f"{where}: there is no column {name!r}.{hint} The columns are: {listed(names)}."
    )


def _usual(names: Sequence[str], usual: Set[str]) -> str | None:
    """The one column whose name, or last part of its path, is a usual one."""
    matches = [name for name in names if name.rpartition("/")[2].strip().lower() in usual]
    return matches[0] if len(matches) == 1 else None


def guess_label(table: Table) -> tuple[int, int] | None:
    """Text and label of two columns without names: labels repeat, texts do not."""
    if len(table.columns) != 2:
        return None
    distinct = [len(set(column)) for column in table.columns]
    label = distinct.index(min(distinct))
    # A value seen in the first row only is a header's, or so rare that it is better to ask.
    first, *others = table.columns[label]
    if 2 * distinct[label] <= distinct[1 - label] and first in others:
        return 1 - label, label
    return None


def guess_order(table: Table) -> tuple[int, int] | None:
    """Input and target are the two columns."""
    return (0, 1) if len(table.columns) == 2 else None


def guess_first_two(table: Table) -> tuple[int, int] | None:
    """Source and target come first; what follows says where they come from."""
    return (0, 1) if len(table.columns) >= 2 else None


def guess_only(table: Table) -> tuple[int, int] | None:
    """The only column is the input."""
    return (0, -1) if len(table.columns) == 1 else None
