"""Pairs of texts in local files: tables, JSON lines, and files that are aligned line by line."""

from rnn_zoo.datasets import labeled_files
from rnn_zoo.datasets.columns import TEXT_PAIRS, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns, listing, visible
from rnn_zoo.datasets.tables import read_table
from rnn_zoo.datasets.text import AnyPath, read_text
from rnn_zoo.errors import DataError

READERS = labeled_files.READERS | {".txt": read_table}


def read_text_pairs(
    sources: AnyPath | list[AnyPath], columns: Columns, encoding: str
) -> tuple[Examples, Columns]:
    """Read pairs from one file, or from two that are aligned line by line.

    A .csv, .tsv, .txt (with tabs), .jsonl or .json file has a column of sources and one of targets.
    Aligned files, which may end in .gz, have the names of their languages for suffixes: of
    `train.de` and `train.en` the columns `de` and `en` are named.

    Args:
        sources: a file, a folder that holds one or two, or the files of one part.
        columns: of sources and targets.
        encoding: how the files are written.

    Returns:
        The pairs, and the two columns.

    Raises:
        DataError: the layout is unknown, aligned files differ in length, or a line is incomplete.
    """
    files = sources if isinstance(sources, list) else [sources]
    where = str(files[0])
    if len(files) == 1 and files[0].is_dir():
        files = visible(files[0])
    if len(files) == 1:
        file = files[0]
        if file.suffix.lower() not in READERS:
            raise DataError(
                f"{file}: pairs of texts are not read from {file.suffix or 'such a file'}, but "
                f"from {', '.join(READERS)}, from two aligned files, or from a .zip of them."
            )
        return READERS[file.suffix.lower()](file, TEXT_PAIRS, columns, encoding)
    languages = {file.name.lower().removesuffix(".gz").rpartition(".")[2]: file for file in files}
    if len(files) != 2 or len(languages) != 2:
        raise DataError(
            f"{where}: holds {listing(files)}. One part is one file, or two that are aligned line "
            "by line, such as train.de and train.en."
        )
    names = find_columns(TEXT_PAIRS, list(languages), *columns, str(files[0]))
    inputs, targets = (_lines(languages[name], encoding) for name in names)
    if len(inputs) != len(targets):
        first, second = (languages[name].name for name in names)
        raise DataError(
            f"{files[0]}: {first} has {len(inputs)} lines and {second} {len(targets)}: they "
            "are not aligned."
        )
    return Examples(inputs, targets), names


def _lines(file: AnyPath, encoding: str) -> list[str]:
    """Lines, blank ones too, which keep the files aligned."""
    return read_text(file, encoding).replace("\r\n", "\n").removesuffix("\n").split("\n")
