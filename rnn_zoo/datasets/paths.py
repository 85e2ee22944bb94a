"""Looking into folders and .zip files."""

from rnn_zoo.datasets.text import AnyPath

Columns = tuple[str | None, str | None]
"""The columns of the input and of the target, where they are known."""


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
