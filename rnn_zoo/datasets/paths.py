"""Looking into folders and .zip files."""

import zipfile
from pathlib import Path, PurePosixPath

from rnn_zoo.datasets.reading import AnyPath, open_archive


def unpacked(path: Path) -> AnyPath:
    """A .zip file as a folder, the only folder in it where it holds nothing else; others as is.

    Raises:
        DataError: the .zip file cannot be read.
    """
    if path.suffix.lower() != ".zip" or not path.is_file():
        return path
    root = zipfile.Path(open_archive(path, path.stat().st_size, str(path)))
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


def suffix_of(path: AnyPath) -> str:
    """The suffix in lower case, without the .gz of a packed file.

    Example:
        >>> suffix_of(Path("reviews.CSV.gz"))
        '.csv'
    """
    return PurePosixPath(path.name.lower().removesuffix(".gz")).suffix


def listing(entries: list[AnyPath], most: int = 5) -> str:
    """Names for an error message."""
    names = [entry.name for entry in entries]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more
