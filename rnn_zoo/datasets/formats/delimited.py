"""CSV and TSV files."""

import csv
import io
from collections import Counter
from itertools import islice
from typing import Any

from rnn_zoo.datasets.formats.registry import file_format
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import decode
from rnn_zoo.errors import DataError

DELIMITERS = "\t;|,"
"""Candidates in order of preference; the comma is last, since texts and numbers contain commas."""
SNIFFED_ROWS = 100


@file_format(".csv")
def read_csv(content: bytes, source: str, encoding: str) -> Table:
    """Read a .csv file: cells divided by a comma, semicolon, tab or bar, quotes as usual.

    Raises:
        DataError: a quote is not closed, rows differ in length, or there are none.
    """
    text = decode(content, encoding, source)
    return _read_cells(text, source, delimiter=sniff_delimiter(text), strict=True)


@file_format(".tsv")
def read_tsv(content: bytes, source: str, encoding: str) -> Table:
    """Read a .tsv file: cells divided by tabs, quotes are plain characters.

    Raises:
        DataError: rows differ in length, or there are none.
    """
    text = decode(content, encoding, source)
    return _read_cells(text, source, delimiter="\t", quoting=csv.QUOTE_NONE)


def sniff_delimiter(text: str) -> str:
    r"""The delimiter of a CSV text: the one that divides most rows into as many cells as the first.

    Rows are read with their quotes, so that a delimiter within a quoted cell does not count.

    Example:
        >>> sniff_delimiter('text;score\n"fun; really";1,5\n"so, so";0,5\n')
        ';'
    """
    shares = {}
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter)
        if widths and widths[0] > 1:
            shares[delimiter] = Counter(widths)[widths[0]] / len(widths)
    return max(shares, key=lambda delimiter: shares[delimiter]) if shares else ","


def _widths(text: str, delimiter: str) -> list[int]:
    """Cells of each of the first rows, up to one that is malformed."""
    widths = []
    try:
        for cells in islice(_reader(text, delimiter=delimiter, strict=True), SNIFFED_ROWS):
            if any(cell.strip() for cell in cells):
                widths.append(len(cells))
    except csv.Error:
        pass
    return widths


def _reader(text: str, **dialect: Any) -> Any:
    # The limit guards those who read row by row; this content is in memory already.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    return csv.reader(io.StringIO(text, newline=""), **dialect)


def _read_cells(text: str, source: str, **dialect: Any) -> Table:
    reader = _reader(text, **dialect)
    # Cells go to columns at once: many small lists would keep the garbage collector busy.
    columns: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for cells in reader:
            if len(cells) > 1 or "".join(cells).strip():
                columns = columns or [[] for _ in cells]
                if len(cells) != len(columns):
                    raise DataError(
                        f"{source}, line {start}: {len(cells)} cells, but the first row has "
                        f"{len(columns)}."
                    )
                for column, cell in zip(columns, cells, strict=True):
                    column.append(cell)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{source}, line {start}: malformed CSV: {error}. "
            'A quote within a quoted cell is written twice ("").'
        ) from None
    return Table(source, [str(i) for i in range(len(columns))], columns, lines, is_named=False)
