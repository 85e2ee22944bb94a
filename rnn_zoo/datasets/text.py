"""Bytes to text, with an error that says where and what to do."""

import codecs
import io

from rnn_zoo.datasets.reading import AnyPath, read_bytes
from rnn_zoo.errors import DataError

NOT_FOR_FILES = {"idna", "punycode", "undefined"}
"""Codecs that Python counts as text encodings, and no file is written in."""


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
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError, OSError):  # unknown, or no name at all
        codec = "undefined"
    try:
        if codec in NOT_FOR_FILES:
            raise LookupError
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
        if codec != "utf-8":  # others let through halves of characters, which cannot be written
            text.encode()
    except UnicodeDecodeError as error:
        raise _undecodable(content, error, encoding, where) from None
    except UnicodeEncodeError:
        raise DataError(
            f"{where}: holds halves of characters: it is not {encoding} text."
        ) from None
    except (LookupError, ValueError):  # from bytes to bytes, as hex
        raise DataError(f"There is no text encoding {encoding!a:.60}.") from None
    return text


def _undecodable(content: bytes, error: UnicodeDecodeError, encoding: str, where: str) -> DataError:
    line = content.count(b"\n", 0, error.start) + 1
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    likely = "utf-16" if marked else "latin-1"
    return DataError(
        f"{where}, line {line}: byte 0x{content[error.start]:02x} is not {encoding} text. "
        f'Say how it is written: --encoding {likely} (encoding="{likely}" in Python), for example.'
    )


def numbered_lines(content: str) -> list[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1 on.

    Lines end at a line feed or carriage return only: `str.splitlines` would also cut at characters
    such as U+0085, which stand within sentences of old reviews.
    """
    lines = enumerate(io.StringIO(content, newline=None), start=1)
    return [(number, line.rstrip("\n")) for number, line in lines if line.strip()]
