"""CSV and TSV files."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from rnn_zoo.datasets.formats.registry import file_format, file_stream
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import decode, lines_of
from rnn_zoo.errors import DataError

DELIMITERS = "\t;|,"
"""Candidates in order of preference; the comma is last, since texts and numbers contain commas."""
SNIFFED_ROWS = 100
SNIFFED_LINES = 1000
"""Lines that those rows are looked for in: a row may hold several."""
MAX_CELL = 2**27
"""Characters of a cell: a quote that nobody closes would hold the rest of the file."""
PLAIN_TABS: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}


@file_format(".csv")
def read_csv(content: bytes, source: str, encoding: str) -> Table:
    """Read a .csv file: cells divided by a comma, semicolon, tab or bar, quotes as usual.

    Raises:
        DataError: a quote is not closed, rows differ in length, or there are none.
    """
    lines = io.StringIO(decode(content, encoding, source), newline="")
    # What stands at the beginning: to look for the delimiter in all of a large file takes seconds.
    delimiter = sniff_delimiter("".join(islice(lines, SNIFFED_LINES)))
    lines.seek(0)
    return _whole(lines, source, encoding, delimiter=delimiter, strict=True)


@file_format(".tsv")
def read_tsv(content: bytes, source: str, encoding: str) -> Table:
    """Read a .tsv file: cells divided by tabs, quotes are plain characters.

    Raises:
        DataError: rows differ in length, or there are none.
    """
    lines = io.StringIO(decode(content, encoding, source), newline="")
    return _whole(lines, source, encoding, **PLAIN_TABS)


@file_stream(".csv")
def stream_csv(file: BinaryIO, source: str, encoding: str, rows: int) -> Iterator[Table]:
    """The same in pieces; the delimiter is that of the first."""
    lines = lines_of(file, encoding, source)
    head = list(islice(lines, SNIFFED_LINES))
    delimiter = sniff_delimiter("".join(head))
    return _tables(chain(head, lines), source, encoding, rows, delimiter=delimiter, strict=True)


@file_stream(".tsv")
def stream_tsv(file: BinaryIO, source: str, encoding: str, rows: int) -> Iterator[Table]:
    """The same in pieces."""
    return _tables(lines_of(file, encoding, source), source, encoding, rows, **PLAIN_TABS)


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
        for cells in islice(
            _reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), SNIFFED_ROWS
        ):
            if any(cell.strip() for cell in cells):
                widths.append(len(cells))
    except csv.Error:
        pass
    return widths


def _reader(lines: Iterable[str], **dialect: Any) -> Any:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(lines, **dialect)


def _whole(lines: Iterable[str], source: str, encoding: str, **dialect: Any) -> Table:
    return next(_tables(lines, source, encoding, None, **dialect), None) or Table(source, [], [])


def _tables(
    lines: Iterable[str], source: str, encoding: str, rows: int | None, **dialect: Any
) -> Iterator[Table]:
    """Tables of at most so many rows; None: of all rows."""
    reader = _reader(lines, **dialect)
    start = 1
    width = None
    while True:
        # Cells go to columns at once: many small lists would keep the garbage collector busy.
        columns: list[list[str]] = []
        numbers: list[int] = []
        try:
            for cells in reader:
                if len(cells) > 1 or "".join(cells).strip():
                    width = width or len(cells)
                    columns = columns or [[] for _ in range(width)]
                    if len(cells) != width:
                        raise DataError(
                            f"{source}, line {start}: {len(cells)} cells, but the first row has "
                            f"{width}."
                        )
                    for column, cell in zip(columns, cells, strict=True):
                        column.append(cell)
                    numbers.append(start)
                start = reader.line_num + 1
                if len(numbers) == rows:
                    break
        except csv.Error as error:
            raise DataError(
                f"{source}, line {start}: malformed CSV: {error}. "
                'A quote within a quoted cell is written twice ("").'
            ) from None
        if not numbers:
            return
        names = [str(i) for i in range(len(columns))]
        yield Table(source, names, columns, numbers, False, dialect["delimiter"], encoding)
