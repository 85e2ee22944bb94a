"""JSON lines: one JSON object a line."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

from rnn_zoo.datasets.formats.registry import file_format, file_stream
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import decode, lines_of, numbered_lines
from rnn_zoo.errors import DataError


@file_format(".jsonl", ".json")
def read_json_lines(content: bytes, source: str, encoding: str) -> Table:
    """Read a .jsonl or .json file with one object a line; the keys of the first are the columns.

    Raises:
        DataError: a line is no JSON object, or cannot be held in memory or written as UTF-8.
    """
    lines = numbered_lines(decode(content, encoding, source))
    return _table(lines, source, encoding) or Table(source, [], [])


@file_stream(".jsonl", ".json")
def stream_json_lines(file: BinaryIO, source: str, encoding: str, rows: int) -> Iterator[Table]:
    """The same in pieces; all have the columns of the first."""
    lines = enumerate(lines_of(file, encoding, source, newline=None), start=1)
    full = ((number, line.rstrip("\n")) for number, line in lines if line.strip())
    names = None
    while table := _table(list(islice(full, rows)), source, encoding, names):
        names = table.names
        yield table


def _table(
    lines: Sequence[tuple[int, str]],
    source: str,
    encoding: str,
    names: Sequence[str] | None = None,
) -> Table | None:
    """The table of lines with their numbers, by the keys of the first; None of none."""
    if not lines:
        return None
    records = [_parse_record(line, f"{source}, line {number}") for number, line in lines]
    names = list(records[0]) if names is None else names
    columns = [[record.get(name) for record in records] for name in names]
    return Table(source, names, columns, [number for number, _ in lines], encoding=encoding)


def _parse_record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line, object_pairs_hook=_object)
        if "\\ud" in line.lower():
            json.dumps(record, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}: not JSON: {error.msg}. Each line should be one object, with its braces."
        ) from None
    except UnicodeEncodeError:
        raise DataError(f"{where}: \\ud800 to \\udfff are halves of characters.") from None
    except RecursionError:
        raise DataError(f"{where}: lists and objects are nested too deep.") from None
    except ValueError as error:  # a number of thousands of digits, or a key that is there twice
        raise DataError(f"{where}: {error}.") from None
    if not isinstance(record, dict):
        raise DataError(f"{where}: each line should be one JSON object, this is {line[:40]!r}.")
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!a} stands twice in an object")
    return record
