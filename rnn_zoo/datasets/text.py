"""Bytes to text, with an error that says where and what to do."""

import codecs
import gzip
import io
import zipfile
from pathlib import Path

from rnn_zoo.errors import DataError

AnyPath = Path | zipfile.Path
"""A path on disk or within a .zip file: both have name, suffix, iterdir, is_dir and read_bytes."""


def read_text(path: AnyPath, encoding: str) -> str:
    """The content of a text file, unpacked where it ends in .gz.

    Raises:
        DataError: the file cannot be read, or is not text in `encoding`.
    """
    try:
        content = path.read_bytes()
    except (RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: it has a password
        raise DataError(f"{path}: cannot be read: {error}.") from None
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise DataError(f"{path}: cannot be unpacked: {error}.") from None
    return decode(content, encoding, str(path))


def decode(content: bytes, encoding: str, where: str) -> str:
    """Decode bytes; the byte order mark that some programs put before UTF-8 is taken off.

    Raises:
        DataError: the bytes are not text in `encoding`, or there is no such encoding.
    """
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise DataError(f"There is no text encoding {encoding!r}.") from None
    try:
        return content.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{where}, line {line}: byte 0x{content[error.start]:02x} is not {encoding} text. "
            'Say how it is written: --encoding latin-1 (encoding="latin-1" in Python), for example.'
        ) from None


def numbered_lines(content: str) -> list[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1 on.

    Lines end at a line feed or carriage return only: `str.splitlines` would also cut at characters
    such as U+0085, which stand within sentences of old reviews.
    """
    lines = enumerate(io.StringIO(content, newline=None), start=1)
    return [(number, line.rstrip("\n")) for number, line in lines if line.strip()]
