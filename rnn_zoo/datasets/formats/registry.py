"""Readers of files by suffix."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from rnn_zoo.datasets.paths import suffix_of
from rnn_zoo.datasets.reading import AnyPath, read_bytes
from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError

Reader = Callable[[bytes, str, str], Table]
"""The content of a file, what messages call it, and the encoding of texts, to a table."""

Stream = Callable[[BinaryIO, str, str, int], Iterator[Table]]
"""An open file, what messages call it, the encoding of texts and a number, to tables of at most so
many rows each."""

FORMATS: dict[str, Reader] = {}
"""Suffix -> reader."""
STREAMS: dict[str, Stream] = {}
"""Suffix -> reader of a file in pieces, of formats that need not be in memory as a whole."""


def file_format(*suffixes: str) -> Callable[[Reader], Reader]:
    """Register a reader for files with these suffixes, for every kind of examples.

    A reader gets the content of a file, its name for messages, and the encoding of texts. It
    returns a `Table`, and raises `DataError` where the content is damaged. Files that end in .gz
    as well are unpacked before.

    Args:
        suffixes: of file names, in lower case, with the dot.

    Raises:
        DataError: a suffix has another reader.

    Example:
        >>> @file_format(".psv")
        ... def read_psv(content: bytes, source: str, encoding: str) -> Table:
        ...     rows = [line.split("|") for line in content.decode(encoding).splitlines()]
        ...     return Table(source, rows[0], list(zip(*rows[1:])))
        >>> FORMATS.pop(".psv") is read_psv
        True
    """

    def register(reader: Reader) -> Reader:
        for suffix in suffixes:
            if FORMATS.setdefault(suffix, reader) is not reader:
                raise DataError(f"{suffix} files are read by {FORMATS[suffix].__name__} already.")
        return reader

    return register


def read_table(path: AnyPath, encoding: str, formats: Mapping[str, Reader] = FORMATS) -> Table:
    """Read a file by its suffix, which is one of `formats`.

    Raises:
        DataError: it cannot be read, or holds no examples.
    """
    return formats[suffix_of(path)](read_bytes(path), str(path), encoding)


def file_stream(*suffixes: str) -> Callable[[Stream], Stream]:
    """Register a reader of files in pieces for suffixes whose `file_format` reads them whole.

    The first table is named as that of the whole file would be; the others have its columns.
    """

    def register(stream: Stream) -> Stream:
        STREAMS.update(dict.fromkeys(suffixes, stream))
        return stream

    return register
