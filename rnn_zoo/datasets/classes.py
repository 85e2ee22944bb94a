"""Labeled texts in files of their own: a folder or a file for each class, or a label a line."""

from rnn_zoo.datasets.aligned import aligned_table
from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.formats import FORMATS
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.paths import listing, suffix_of, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import decode, numbered_lines, read_text
from rnn_zoo.errors import DataError

FASTTEXT = "__label__"
LAYOUTS = (
    "A folder or .zip should hold one table, or one each for train, dev and test; or a folder of "
    "text files for each class; or a file for each class, with an example a line (pos.txt, neg.txt "
    "or name.pos, name.neg)"
)


def read_classes(
    files: list[AnyPath], schema: ExampleSchema, columns: Columns, encoding: str
) -> Part:
    """Read labeled texts from a folder of one of the `LAYOUTS`.

    The folder `unsup` (texts without labels) of the large movie review data set is skipped.

    Raises:
        DataError: the layout is unknown, columns are named, or a file cannot be read or holds no
            example.
    """
    source = files[0]
    if len(files) > 1 or not source.is_dir():
        raise DataError(
            f"{source}: texts with labels are not read from "
            f"{suffix_of(source) or 'a file without suffix'}, but from {', '.join(FORMATS)} and "
            f".zip. {LAYOUTS}."
        )
    entries = visible(source)
    folders = [entry for entry in entries if entry.is_dir() and entry.name != "unsup"]
    files = [entry for entry in entries if not entry.is_dir()]
    table = aligned_table(files, schema, encoding) if not folders else None
    if table is not None:
        return schema.read(table, columns)
    if columns != (None, None):
        raise DataError(f"{source}: no table here, so there are no columns to name.")
    if folders:
        return _read_class_folders(folders, encoding)
    if classes := _class_files(files):
        return _read_class_files(classes, encoding)
    raise DataError(f"{source}: holds {listing(entries)}. {LAYOUTS}.")


def read_labeled_lines(content: bytes, source: str, encoding: str) -> Table:
    r"""Read lines of a label and a text: `__label__pos a joy` as fastText has it, or `pos a joy`.

    Raises:
        DataError: a line has no text, or the first words of lines hardly ever repeat.

    Example:
        >>> table = read_labeled_lines(b"__label__pos a joy\n__label__neg dull\n", "a.txt", "utf-8")
        >>> table.columns
        [['pos', 'neg'], ['a joy', 'dull']]
    """
    lines = numbered_lines(decode(content, encoding, source))
    pairs = [line.strip().partition(" ") for _, line in lines]
    labels = [label for label, _, _ in pairs]
    texts = [text.strip() for _, _, text in pairs]
    is_fasttext = bool(labels) and all(label.startswith(FASTTEXT) for label in labels)
    if not is_fasttext and 2 * len(set(labels)) > len(labels):
        raise DataError(
            f"{source}: texts with labels are not read from .txt unless each line begins with its "
            f"label (pos a joy, or {FASTTEXT}pos a joy), but from {', '.join(FORMATS)} and .zip. "
            f"{LAYOUTS}."
        )
    for (number, _), text in zip(lines, texts, strict=True):
        if not text or (is_fasttext and text.startswith(FASTTEXT)):
            raise DataError(f"{source}, line {number}: each line is one label, a space and a text.")
    labels = [label.removeprefix(FASTTEXT) if is_fasttext else label for label in labels]
    numbers = [number for number, _ in lines]
    return Table(source, ["label", "text"], [labels, texts], numbers, encoding=encoding)


def _read_class_folders(folders: list[AnyPath], encoding: str) -> Part:
    texts, labels, places = [], [], []
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
            places.append(str(file))
    origin = Origin(encoding=encoding)
    return Part(Examples(texts, labels), (None, None), places.__getitem__, origin)


def _class_files(files: list[AnyPath]) -> dict[str, AnyPath]:
    """Label -> file, if the files are of the layout with one file a class."""
    if len(files) < 2:
        return {}
    if all(file.suffix.lower() == ".txt" for file in files):
        return {file.stem: file for file in files}
    classes = {file.suffix[1:]: file for file in files}
    same_stem = len({file.stem for file in files}) == 1
    has_tables = any(suffix_of(file) in FORMATS for file in files)
    return classes if same_stem and "" not in classes and not has_tables else {}


def _read_class_files(classes: dict[str, AnyPath], encoding: str) -> Part:
    texts, labels, places = [], [], []
    for label, file in classes.items():
        lines = numbered_lines(read_text(file, encoding))
        if not lines:
            raise DataError(f"{file}: no examples in this file.")
        texts += [line for _, line in lines]
        labels += [label] * len(lines)
        places += [f"{file}, line {number}" for number, _ in lines]
    origin = Origin(encoding=encoding)
    return Part(Examples(texts, labels), (None, None), places.__getitem__, origin)
