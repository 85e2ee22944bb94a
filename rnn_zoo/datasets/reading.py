"""The bytes of files, within limits: what a file claims is checked before it takes memory."""

import gzip
import io
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from rnn_zoo.errors import DataError

AnyPath = Path | zipfile.Path
"""A path on disk or within a .zip file: both have name, suffix, iterdir, is_dir and read_bytes."""

MAX_BYTES = 2 * 2**30
"""The largest file that is read, unpacked or not."""
FREE_BYTES = 256 * 2**20
MAX_RATIO = 100
"""What is compressed may unpack to `FREE_BYTES`, or to `MAX_RATIO` times its size."""
MAX_DEPTH = 64
"""Folders within folders of a .zip file."""
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,  # a password is needed, or a compression that this Python does not have
    ValueError,
    OverflowError,
    struct.error,
)
"""What reading a damaged archive raises."""


def read_bytes(path: AnyPath) -> bytes:
    """The content of a regular file, unpacked where its name ends in .gz.

    Raises:
        DataError: it is a device or a pipe, is too large, or is damaged.
        OSError: the operating system refuses it.
    """
    if isinstance(path, Path):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(
                f"{path}: is no regular file. Examples are read from files and folders."
            )
        _check_size(status.st_size, str(path))
    try:
        content = path.read_bytes()
    except DAMAGES as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}.") from None
    _check_size(len(content), str(path))
    return _unpack(content, str(path)) if path.suffix.lower() == ".gz" else content


def open_archive(file: Path | BinaryIO, size: int, source: str) -> zipfile.ZipFile:
    """Open a .zip file, once its members are known to be harmless.

    Args:
        file: the file, or its content.
        size: its bytes.
        source: what messages call it.

    Raises:
        DataError: it is damaged, a member has a path that leaves it, or it would unpack to far
            more than it holds.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (*DAMAGES, OSError) as error:
        suffix = Path(source).suffix
        raise DataError(
            f"{source}: is no {suffix} file that can be read: {reason(error)}."
        ) from None
    for name in archive.namelist():
        folders = name.removesuffix("/").split("/")
        if "" in folders or ".." in folders or len(folders) > MAX_DEPTH:
            raise DataError(
                f"{source}: the path {name[:60]!r} of a member leaves the archive, or is too deep."
            )
    check_unpacked(size, sum(member.file_size for member in archive.infolist()), source)
    return archive


def reason(error: Exception) -> str:
    """The text of an error, which may hold a part of the file, in at most 150 characters."""
    text = str(error).rstrip(".")
    return text if len(text) <= 150 else f"{text[:147]}..."


def check_unpacked(size: int, unpacked: int, source: str) -> None:
    """Raise where a file would unpack to far more than it holds.

    Raises:
        DataError: it would.
    """
    if unpacked > _allowance(size):
        raise DataError(
            f"{source}: {size:,} bytes would unpack to {unpacked:,}, over {MAX_RATIO} times as "
            "much. Unpack it yourself if that is meant."
        )


def _unpack(content: bytes, source: str) -> bytes:
    limit = min(MAX_BYTES, _allowance(len(content)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(limit + 1)
    except (*DAMAGES, OSError) as error:
        raise DataError(f"{source}: cannot be unpacked: {reason(error)}.") from None
    _check_size(len(unpacked), source, limit)
    return unpacked


def _allowance(size: int) -> int:
    return max(FREE_BYTES, MAX_RATIO * size)


def _check_size(size: int, source: str, limit: int = MAX_BYTES) -> None:
    if size > limit:
        raise DataError(
            f"{source}: is larger than {limit:,} bytes, the most that is read into memory. Divide "
            "it, or pass a tf.data.Dataset to fit."
        )
