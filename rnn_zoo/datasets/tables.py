"""CSV and TSV files, with a header or without."""

import csv
import io
from typing import Any, NamedTuple

from rnn_zoo.datasets.columns import TEXT_PAIRS, Roles, find_columns, unclear
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns
from rnn_zoo.datasets.text import AnyPath, read_text
from rnn_zoo.errors import DataError


class Row(NamedTuple):
    """The cells of one row and the line of the file that it starts at."""

    line: int
    cells: list[str]


class Layout(NamedTuple):
    """Whether the first row is a header, and where input and target stand in a row."""

    header: bool
    input: int
    target: int


def read_table(
    path: AnyPath, roles: Roles, columns: Columns, encoding: str
) -> tuple[Examples, tuple[str, str]]:
    """Read a .csv file (comma, quotes as usual) or a .tsv file (tab, quotes are plain characters).

    Args:
        path: the file.
        roles: what an example consists of.
        columns: names of input and target, or numbers from 0 on if the file has no header. None: a
            first row that holds usual names is a header; of two columns without one, the label is
            the column with far fewer distinct values, and of texts the first is the source and the
            second the target.
        encoding: how the file is written.

    Returns:
        The examples, and the two columns as one would name them.

    Raises:
        DataError: a column cannot be found, or a row is incomplete or malformed.
    """
    rows = _rows(path, encoding)
    if not rows:
        raise DataError(f"{path}: no examples in this file.")
    layout = _layout(rows, roles, columns, str(path))
    width = len(rows[0].cells)
    inputs: list[str] = []
    targets: list[Any] = []
    for line, cells in rows[layout.header :]:
        if len(cells) != width:
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells, but the first row has {width}."
            )
        inputs.append(cells[layout.input])
        targets.append(roles.clean(cells[layout.target], f"{path}, line {line}"))
    if not inputs:
        raise DataError(f"{path}: no examples in this file, only a header.")
    names = rows[0].cells if layout.header else [str(column) for column in range(width)]
    return Examples(inputs, targets), (names[layout.input], names[layout.target])


def _rows(path: AnyPath, encoding: str) -> list[Row]:
    content = read_text(path, encoding)
    # The limit guards those who read row by row; this content is in memory already.
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))
    lines = io.StringIO(content, newline="")
    if path.suffix.lower() != ".csv":
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, strict=True)
    rows = []
    start = 1
    try:
        for cells in reader:
            if len(cells) > 1 or "".join(cells).strip():
                rows.append(Row(start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {start}: malformed CSV: {error}. "
            'A quote within a quoted cell is written twice ("").'
        ) from None
    return rows


def _layout(rows: list[Row], roles: Roles, columns: Columns, where: str) -> Layout:
    names = [cell.strip() for cell in rows[0].cells]
    given = [column for column in columns if column is not None]
    if any(not column.isdecimal() for column in given):
        header = True
    elif given:
        header = False
    else:
        usual = roles.input_names | roles.target_names
        header = not {name.lower() for name in names}.isdisjoint(usual)
    if not header:
        names = [str(column) for column in range(len(names))]
    if not header and not given:
        return _guess(rows, roles, where)
    input_name, target_name = find_columns(roles, names, *columns, where)
    return Layout(header, names.index(input_name), names.index(target_name))


def _guess(rows: list[Row], roles: Roles, where: str) -> Layout:
    """Input and target of a table with two columns and no names: labels repeat, texts do not."""
    first = rows[0].cells
    if len(first) >= 2 and roles is TEXT_PAIRS:  # what follows says where they come from
        return Layout(False, 0, 1)
    if len(first) == 2:
        columns = [[row.cells[i] for row in rows if len(row.cells) == 2] for i in range(2)]
        distinct = [len(set(column)) for column in columns]
        label = distinct.index(min(distinct))
        # A value seen in the first row only is a header's, or so rare that it is better to ask.
        if 2 * distinct[label] <= distinct[1 - label] and first[label] in columns[label][1:]:
            return Layout(False, 1 - label, label)
    error = unclear("target", roles.target, first, where)
    raise DataError(f"{error} If the first row is no header, count columns from 0.")
