"""Plain texts in local files."""

from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.formats import FORMATS
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.paths import listing, suffix_of, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.text import read_text
from rnn_zoo.errors import DataError

SUFFIXES = (".txt", ".text", ".md", ".rst")


def read_documents(
    files: list[AnyPath],
    schema: ExampleSchema,  # noqa: ARG001 - a document is a text, whatever is asked for
    columns: Columns,
    encoding: str,
) -> Part:
    """Read a text file, or a folder of text files, each a document; they may end in .gz.

    Raises:
        DataError: there is no text file, a file cannot be read or is empty, or columns are named.
    """
    source = files[0]
    if columns != (None, None):
        raise DataError(f"{source}: plain texts have no columns to name.")
    entries = visible(source) if source.is_dir() else files
    documents = [entry for entry in entries if suffix_of(entry) in SUFFIXES]
    if not documents:
        raise DataError(
            f"{source}: plain texts are read from {', '.join(SUFFIXES)} files (.gz too), a folder "
            f"of them, or a table ({', '.join(FORMATS)}), not from {listing(entries)}."
        )
    texts = [read_text(file, encoding).replace("\r\n", "\n") for file in documents]
    for file, text in zip(documents, texts, strict=True):
        if not text.strip():
            raise DataError(f"{file}: is empty.")
    origin = Origin(encoding=encoding)
    return Part(Examples(texts), (None, None), lambda i: str(documents[i]), origin)
