"""Labeled texts in local files: which layout a file or a folder has."""

from rnn_zoo.datasets.columns import LABELED_TEXTS
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.json_lines import read_json_lines
from rnn_zoo.datasets.paths import Columns, listing, visible
from rnn_zoo.datasets.tables import read_table
from rnn_zoo.datasets.text import AnyPath, numbered_lines, read_text
from rnn_zoo.errors import DataError

READERS = {
    ".csv": read_table,
    ".tsv": read_table,
    ".jsonl": read_json_lines,
    ".json": read_json_lines,
}
"""Suffix -> reader of a file that holds texts and labels."""

LAYOUTS = (
    "A folder or .zip should hold a .csv, .tsv, .jsonl or .json file, or one each for train, dev "
    "and test; or a folder of text files for each class; or a file for each class, with an example "
    "a line (pos.txt, neg.txt or name.pos, name.neg)"
)


def read_labeled(source: AnyPath, columns: Columns, encoding: str) -> tuple[Examples, Columns]:
    """Read labeled texts from a file or a folder of one of the `LAYOUTS`.

    The folder `unsup` (texts without labels) of the large movie review data set is skipped.

    Args:
        source: what to read.
        columns: text and label, of layouts that have columns; None: found by usual names.
        encoding: how the files are written.

    Returns:
        The examples, and the columns that were found.

    Raises:
        DataError: the layout is unknown, a file cannot be read, or an example is incomplete.
    """
    if source.is_dir():
        entries = visible(source)
        folders = [entry for entry in entries if entry.is_dir() and entry.name != "unsup"]
        files = [entry for entry in entries if not entry.is_dir()]
        tables = [file for file in files if file.suffix.lower() in READERS]
        if len(tables) == 1 and not folders:
            return read_labeled(tables[0], columns, encoding)
        if any(column is not None for column in columns):
            raise DataError(f"{source}: no table here, so there are no columns to name.")
        if folders:
            return _read_class_folders(folders, encoding), columns
        if classes := _class_files(files):
            return _read_class_files(classes, encoding), columns
        raise DataError(f"{source}: holds {listing(entries)}. {LAYOUTS}.")
    suffix = source.suffix.lower()
    if suffix not in READERS:
        raise DataError(
            f"{source}: texts with labels are not read from {suffix or 'a file without suffix'}, "
            f"but from {', '.join(READERS)} and .zip. {LAYOUTS}."
        )
    return READERS[suffix](source, LABELED_TEXTS, columns, encoding)


def _read_class_folders(folders: list[AnyPath], encoding: str) -> Examples:
    texts, labels = [], []
    for folder in folders:
        files = visible(folder)
        if not files:
            raise DataError(f"{folder}: no examples in this folder.")
        for file in files:
            if file.is_dir() or file.suffix.lower() not in (".txt", ""):
                raise DataError(
                    f"{file}: the folder of a class should hold text files (.txt) only."
                )
            texts.append(read_text(file, encoding))
            labels.append(folder.name)
    return Examples(texts, labels)


def _class_files(files: list[AnyPath]) -> dict[str, AnyPath]:
    """Label -> file, if the files are of the layout with one file a class."""
    if len(files) < 2:
        return {}
    if all(file.suffix.lower() == ".txt" for file in files):
        return {file.stem: file for file in files}
    classes = {file.suffix[1:]: file for file in files}
    same_stem = len({file.stem for file in files}) == 1
    known = any(file.suffix.lower() in READERS for file in files)
    return classes if same_stem and "" not in classes and not known else {}


def _read_class_files(classes: dict[str, AnyPath], encoding: str) -> Examples:
    texts, labels = [], []
    for label, file in classes.items():
        lines = numbered_lines(read_text(file, encoding))
        if not lines:
            raise DataError(f"{file}: no examples in this file.")
        texts += [line for _, line in lines]
        labels += [label] * len(lines)
    return Examples(texts, labels)
