"""Plain texts in local files."""

from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns, listing, visible
from rnn_zoo.datasets.text import AnyPath, read_text
from rnn_zoo.errors import DataError

SUFFIXES = (".txt", ".text", ".md", ".rst")


def read_texts(source: AnyPath, columns: Columns, encoding: str) -> tuple[Examples, Columns]:
    """Read a text file, or a folder of text files, each a document; they may end in .gz.

    Args:
        source: the file or folder.
        columns: there are none.
        encoding: how the files are written.

    Returns:
        The texts, as they are, and `columns`.

    Raises:
        DataError: there is no text file, a file cannot be read or is empty, or columns are named.
    """
    if any(column is not None for column in columns):
        raise DataError(f"{source}: plain texts have no columns to name.")
    files = visible(source) if source.is_dir() else [source]
    files = [file for file in files if file.name.lower().removesuffix(".gz").endswith(SUFFIXES)]
    if not files:
        found = listing(visible(source)) if source.is_dir() else source.name
        raise DataError(
            f"{source}: plain texts are read from {', '.join(SUFFIXES)} files (.gz too) or a "
            f"folder of them, not from {found}."
        )
    texts = [read_text(file, encoding).replace("\r\n", "\n") for file in files]
    for file, text in zip(files, texts, strict=True):
        if not text.strip():
            raise DataError(f"{file}: is empty.")
    return Examples(texts), columns
