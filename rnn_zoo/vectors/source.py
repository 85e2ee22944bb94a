"""The bytes of a file of word vectors, unpacked, whatever it is packed with."""

import contextlib
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from rnn_zoo.errors import DataError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
BUFFER = 2**20


def find_file(path: str | Path) -> tuple[Path, str | None]:
    """The file on the disk, and of a path into a .zip file the name in it.

    Raises:
        DataError: there is no such file.

    Example:
        `find_file("glove.6B.zip/glove.6B.100d.txt")` gives the path of the .zip file and
        `"glove.6B.100d.txt"`.
    """
    path = Path(path).expanduser()
    for file in (path, *path.parents):
        if file.is_file():
            return file, None if file == path else path.relative_to(file).as_posix()
    kind = "is a folder, not a file of word vectors" if path.is_dir() else "there is no such file"
    raise DataError(f"{path}: {kind}.")


@contextlib.contextmanager
def opened(
    raw: io.BufferedReader, where: str, member: str | None = None
) -> Iterator[io.BufferedReader]:
    """What a file holds, unpacked: gzip and zip are told by their first bytes.

    Args:
        raw: the open file.
        where: what to call it in an error.
        member: the name of the file in a .zip file that holds several.

    Raises:
        DataError: it is damaged or cut off, or a .zip file holds no such file, or several.
    """
    magic = raw.read(4)
    raw.seek(0)
    if magic != ZIP and member is not None:
        raise DataError(f"{where} is no .zip file, so there is no {member} in it.")
    try:
        if magic.startswith(GZIP):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield io.BufferedReader(unpacked, BUFFER)
        elif magic == ZIP:
            with (
                zipfile.ZipFile(raw) as archive,
                archive.open(_member(archive, where, member)) as file,
            ):
                yield io.BufferedReader(cast(io.RawIOBase, file), BUFFER)
        else:
            yield raw
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{where} is damaged or cut off: {error}. Fetch it again.") from None


def _member(archive: zipfile.ZipFile, where: str, name: str | None) -> str:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        shown = ", ".join(names[:6]) or "nothing"
        missing = "Say which" if name is None else f"There is no {name} in it; say which"
        raise DataError(f"{where} holds {shown}. {missing}: {where}/{(names or ['FILE'])[0]}.")
    return name
