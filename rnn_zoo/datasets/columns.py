"""Which columns of a table hold the input and the target."""

import difflib
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.values import Values, Where
from rnn_zoo.errors import DataError, shortened

Columns = tuple[str | None, str | None]
"""The columns of the input and of the target, by name; None where they are to be found."""


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


def find_columns(
    input: Column, target: Column | None, names: Sequence[str], columns: Columns, where: str
) -> tuple[str, str | None]:
    """The names of the input's column and of the target's, None where there is to be none.

    Args:
        input, target: what is looked for; target None: the input alone.
        names: the columns that are there.
        columns: what the user calls them; None looks for one of the usual names. If only
            one of two columns is recognized, the other takes the remaining role.
        where: what to call the table in an error.

    Raises:
        DataError: a column is missing, is there twice, or there are several that it could be.
    """
    if target is None:
        if columns[1] is not None:
            raise DataError(f"{where}: there is no target to name; each {input.role} stands alone.")
        return find_input(input, None, names, columns[0], where), None
    input_name = named_column(names, columns[0], where) or _usual(names, input.names)
    target_name = find_target(target, names, columns[1], where)
    if len(names) == 2 and (input_name is None) != (target_name is None):
        taken = names.index(input_name if target_name is None else target_name)
        input_name, target_name = input_name or names[1 - taken], target_name or names[1 - taken]
    if input_name is None:
        raise unclear("input", input.role, names, where)
    if target_name is None:
        raise unclear("target", target.role, names, where)
    if input_name == target_name:
        raise DataError(
            f"{where}: {shortened(input_name)} cannot be both the {input.role} and the "
            f"{target.role}."
        )
    return input_name, target_name


def find_input(
    input: Column, target: Column | None, names: Sequence[str], name: str | None, where: str
) -> str:
    """The name of the input's column; where `name` is None, by a usual name or as all that is left.

    Raises:
        DataError: there is no column `name`, or it cannot be told which it is.
    """
    found = named_column(names, name, where) or _usual(names, input.names)
    if found is None and len(names) == 1:
        return names[0]
    other = _usual(names, target.names) if target and len(names) == 2 else None
    if found is None and other is not None:
        return names[1 - names.index(other)]
    if found is None:
        raise unclear("input", input.role, names, where)
    return found


def find_target(target: Column, names: Sequence[str], name: str | None, where: str) -> str | None:
    """The name of the target's column, None where it cannot be told.

    Raises:
        DataError: there is no column `name`, or there are several.
    """
    return named_column(names, name, where) or _usual(names, target.names)


def has_usual_name(names: Sequence[str], *columns: Column) -> bool:
    """Whether one of the names is usual for one of the columns."""
    lower = {name.strip().lower() for name in names}
    return any(not lower.isdisjoint(column.names) for column in columns)


def unclear(option: str, role: str, names: Iterable[str], where: str) -> DataError:
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


def named_column(names: Sequence[str], name: str | None, where: str) -> str | None:
    """The name, which is that of one column, or None.

    Raises:
        DataError: there is no such column, or there are several.
    """
    if name is None or list(names).count(name) == 1:
        return name
    if name in names:
        raise DataError(f"{where}: several columns are called {shortened(name)}: rename them.")
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {shortened(close[0])}?" if close else ""
    raise DataError(
        f"{where}: there is no column {shortened(name)}.{hint} The columns are: {listed(names)}."
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
