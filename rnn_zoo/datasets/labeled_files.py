"""Labeled texts in local files: which layout a file, a folder or a .zip file has."""

import zipfile
from pathlib import Path

from rnn_zoo.datasets.json_lines import read_json_lines
from rnn_zoo.datasets.labeled_texts import LabeledTexts
from rnn_zoo.datasets.splits import SPLIT_NAMES, Splits
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

Columns = tuple[str | None, str | None]


def read_files(path: Path, text: str | None, label: str | None, encoding: str) -> Splits:
    """Read labeled texts from a file, a folder or a .zip file of one of the `LAYOUTS`.

    Hidden files, READMEs and what macOS adds to a .zip are skipped, and the folder `unsup` (texts
    without labels) of the large movie review data set.

    Args:
        path: what to read.
        text, label: the columns, of layouts that have columns; None: found by usual names.
        encoding: how the files are written.

    Returns:
        The parts that are there; a source that is not divided is the training part.

    Raises:
        DataError: the layout is unknown, a file cannot be read, or an example is incomplete.
    """
    root: AnyPath = path
    if path.suffix.lower() == ".zip" and path.is_file():
        try:
            root = zipfile.Path(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: is no .zip file that can be read: {error}.") from None
        while len(inside := _visible(root)) == 1 and inside[0].is_dir():
            root = inside[0]
    columns: Columns = (text, label)
    if not root.is_dir():
        return Splits(train=_read_part(root, columns, encoding)[0])
    sources = _split_sources(root)
    if not sources:
        return Splits(train=_read_part(root, columns, encoding)[0])
    parts = {}
    for split in sorted(sources, key=("train", "validation", "test").index):
        # Columns found in the training part stand for the others, which may be small.
        parts[split], columns = _read_part(sources[split], columns, encoding)
    return Splits(parts.get("train"), parts.get("validation"), parts.get("test"))


def _visible(folder: AnyPath) -> list[AnyPath]:
    """What is in a folder, sorted, without the files that hold no examples."""
    entries = [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "__MACOSX")) and "readme" not in entry.name.lower()
    ]
    return sorted(entries, key=lambda entry: entry.name)


def _split_sources(folder: AnyPath) -> dict[str, AnyPath]:
    """The files or folders that are named after a split."""
    sources: dict[str, AnyPath] = {}
    for entry in _visible(folder):
        stem = entry.name if entry.is_dir() else entry.stem
        split = SPLIT_NAMES.get(stem.lower())
        if split in sources:
            raise DataError(
                f"{folder}: {sources[split].name} and {entry.name} are both the {split} part."
            )
        if split:
            sources[split] = entry
    return sources


def _read_part(source: AnyPath, columns: Columns, encoding: str) -> tuple[LabeledTexts, Columns]:
    """One part of the data, from a file or folder, and the columns that were found."""
    if source.is_dir():
        entries = _visible(source)
        folders = [entry for entry in entries if entry.is_dir() and entry.name != "unsup"]
        files = [entry for entry in entries if not entry.is_dir()]
        tables = [file for file in files if file.suffix.lower() in READERS]
        if len(tables) == 1 and not folders:
            return _read_part(tables[0], columns, encoding)
        if any(column is not None for column in columns):
            raise DataError(f"{source}: no table here, so there are no columns to name.")
        if folders:
            return _read_class_folders(folders, encoding), columns
        if classes := _class_files(files):
            return _read_class_files(classes, encoding), columns
        raise DataError(f"{source}: holds {_listing(entries)}. {LAYOUTS}.")
    suffix = source.suffix.lower()
    if suffix not in READERS:
        raise DataError(
            f"{source}: texts with labels are not read from {suffix or 'a file without suffix'}, "
            f"but from {', '.join(READERS)} and .zip. {LAYOUTS}."
        )
    return READERS[suffix](source, *columns, encoding)


def _read_class_folders(folders: list[AnyPath], encoding: str) -> LabeledTexts:
    texts, labels = [], []
    for folder in folders:
        files = _visible(folder)
        if not files:
            raise DataError(f"{folder}: no examples in this folder.")
        for file in files:
            if file.is_dir() or file.suffix.lower() not in (".txt", ""):
                raise DataError(
                    f"{file}: the folder of a class should hold text files (.txt) only."
                )
            texts.append(read_text(file, encoding))
            labels.append(folder.name)
    return LabeledTexts(texts, labels)


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


def _read_class_files(classes: dict[str, AnyPath], encoding: str) -> LabeledTexts:
    texts, labels = [], []
    for label, file in classes.items():
        lines = numbered_lines(read_text(file, encoding))
        if not lines:
            raise DataError(f"{file}: no examples in this file.")
        texts += [line for _, line in lines]
        labels += [label] * len(lines)
    return LabeledTexts(texts, labels)


def _listing(entries: list[AnyPath], most: int = 5) -> str:
    names = [entry.name for entry in entries]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more
