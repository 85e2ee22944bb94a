"""Looking into folders and .zip files."""

import zipfile
from pathlib import Path

from rnn_zoo.datasets.text import AnyPath
from rnn_zoo.errors import DataError

Columns = tuple[str | None, str | None]
"""The columns of the input and of the target, where they are known."""


def unpacked(path: Path) -> AnyPath:
    """A .zip file as a folder, the only folder in it where it holds nothing else; others as is.

    Raises:
        DataError: the .zip file cannot be read.
    """
    if path.suffix.lower() != ".zip" or not path.is_file():
        return path
    try:
        root = zipfile.Path(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: is no .zip file that can be read: {error}.") from None
    while len(inside := visible(root)) == 1 and inside[0].is_dir():
        root = inside[0]  # type: ignore[assignment]  # of one .zip file
    return root


def visible(folder: AnyPath) -> list[AnyPath]:
    """What is in a folder, sorted, without what holds no examples.

    That is hidden files, READMEs and names that begin with an underscore, as what macOS adds to a
    .zip.
    """
    entries = [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "_")) and "readme" not in entry.name.lower()
    ]
    return sorted(entries, key=lambda entry: entry.name)


def listing(entries: list[AnyPath], most: int = 5) -> str:
    """Names for an error message."""
    names = [entry.name for entry in entries]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more
