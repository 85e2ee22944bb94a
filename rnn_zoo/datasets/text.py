"""Bytes to text, with an error that says where and what to do."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from rnn_zoo.datasets.reading import AnyPath, read_bytes
from rnn_zoo.errors import DataError

NOT_FOR_FILES = {"idna", "punycode", "undefined"}
"""Codecs that Python counts as text encodings, and no file is written in."""
MAX_LINE = 2**26
"""Characters of a line of a file that is not read whole."""


def read_text(path: AnyPath, encoding: str) -> str:
    """The content of a text file, unpacked where its name ends in .gz.

    Raises:
        DataError: the file cannot be read, or is not text in `encoding`.
    """
    return decode(read_bytes(path), encoding, str(path))


def decode(content: bytes, encoding: str, where: str) -> str:
    """Decode bytes; the byte order mark that some programs put before UTF-8 is taken off.

    Raises:
        DataError: the bytes are not text in `encoding`, or there is no such text encoding.
    """
    codec = _codec(encoding)
    try:
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
        if codec != "utf-8":  # others let through halves of characters, which cannot be written
            text.encode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _undecodable(error, line, encoding, where) from None
    except UnicodeEncodeError:
        raise DataError(
            f"{where}: holds halves of characters: it is not {encoding} text."
        ) from None
    return text


def lines_of(file: BinaryIO, encoding: str, where: str, newline: str | None = "") -> Iterator[str]:
    """The lines of an open text file with their ends, read one after the other.

    Args:
        file: what is read.
        encoding: how it is written.
        where: what to call it in an error.
        newline: as `open` has it: what ends a line.

    Raises:
        DataError: the bytes are not text in `encoding`, a line is longer than `MAX_LINE`, or there
            is no such text encoding.
    """
    codec = _codec(encoding)
    is_utf8 = codec == "utf-8"
    text = io.TextIOWrapper(file, "utf-8-sig" if is_utf8 else codec, newline=newline)
    number = 0
    try:
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise DataError(f"{where}, line {number}: is longer than {MAX_LINE:,} characters.")
            if not is_utf8:
                line.encode()
            yield line
    except UnicodeDecodeError as error:
        number += error.object.count(b"\n", 0, error.start) + 1
        raise _undecodable(error, number, encoding, where) from None
    except UnicodeEncodeError:
        raise DataError(
            f"{where}: holds halves of characters: it is not {encoding} text."
        ) from None
    finally:
        text.detach()  # the file is its owner's


def _codec(encoding: str) -> str:
    """The name of a text encoding.

    Raises:
        DataError: there is none.
    """
    try:
        codec = codecs.lookup(encoding).name
        if codec not in NOT_FOR_FILES:
            "a".encode(codec)  # raises where it is from bytes to bytes, as hex
            return codec
    except (LookupError, ValueError, OSError):  # unknown, or no name at all
        pass
    raise DataError(f"There is no text encoding {encoding!a:.60}.")


def _undecodable(error: UnicodeDecodeError, line: int, encoding: str, where: str) -> DataError:
    marked = error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    likely = "utf-16" if marked else "latin-1"
    return DataError(
        f"{where}, line {line}: byte 0x{error.object[error.start]:02x} is not {encoding} text. "
        f'Say how it is written: --encoding {likely} (encoding="{likely}" in Python), for example.'
    )


def numbered_lines(content: str) -> list[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1 on.

    Lines end at a line feed or carriage return only: `str.splitlines` would also cut at characters
    such as U+0085, which stand within sentences of old reviews.
    """
    lines = enumerate(io.StringIO(content, newline=None), start=1)
    return [(number, line.rstrip("\n")) for number, line in lines if line.strip()]
