"""The parts of a data set in local files: a file, a folder or a .zip file."""

import re
from pathlib import Path

from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.formats import FORMATS, read_table
from rnn_zoo.datasets.paths import listing, suffix_of, unpacked, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.splits import SPLIT_NAMES, Splits
from rnn_zoo.datasets.summary import combined
from rnn_zoo.errors import DataError

PART_NAMES = SPLIT_NAMES | {"testa": "validation", "testb": "test"}
"""What files are called too: `esp.train`, `esp.testa`, `esp.testb`."""


def read_files(path: Path, schema: ExampleSchema, columns: Columns, encoding: str) -> Splits:
    """Read a file, a folder or a .zip file; hidden files and READMEs in it are skipped.

    Args:
        path: what to read.
        schema: what an example consists of.
        columns: of input and target; None: found by usual names.
        encoding: how text files are written.

    Returns:
        The parts that are there; a source that is not divided is the training part.

    Raises:
        DataError: the layout is unknown, a file cannot be read, or an example is incomplete.
    """
    root = unpacked(path)
    sources = part_sources(root) if root.is_dir() else {}
    if not sources:
        return combined({"train": _read_part([root], schema, columns, encoding)}, schema)
    formats = FORMATS.keys() | schema.formats.keys()
    parts = {}
    for name in sorted(sources, key=("train", "validation", "test").index):
        entries = sources[name]
        if len(entries) > 1 and any(e.is_dir() or suffix_of(e) in formats for e in entries):
            raise DataError(
                f"{root}: {entries[0].name} and {entries[1].name} are both the {name} part: keep "
                "one of them."
            )
        # Columns found in the training part stand for the others, which may be small.
        parts[name] = _read_part(entries, schema, columns, encoding)
        columns = parts[name].columns
    return combined(parts, schema)


def _read_part(
    files: list[AnyPath], schema: ExampleSchema, columns: Columns, encoding: str
) -> Part:
    """Read a part, from a table or from what else the schema knows."""
    formats = {**FORMATS, **schema.formats}
    entries = visible(files[0]) if files[0].is_dir() and len(files) == 1 else files
    tables = [entry for entry in entries if suffix_of(entry) in formats]
    if len(tables) == 1 and not any(entry.is_dir() for entry in entries):
        return schema.read(read_table(tables[0], encoding, formats), columns)
    if schema.read_layout is None:
        raise DataError(
            f"{files[0]}: {schema.roles} are read from one table ({', '.join(formats)}), or one "
            f"each for train, dev and test, not from {listing(entries)}."
        )
    return schema.read_layout(files, schema, columns, encoding)


def part_sources(folder: AnyPath) -> dict[str, list[AnyPath]]:
    """The files or folders that are named after a part: `train.csv`, `en_ewt-ud-dev.conllu`."""
    sources: dict[str, list[AnyPath]] = {}
    for entry in visible(folder):
        stem = entry.name if entry.is_dir() else entry.stem
        words = re.split(r"[^a-z]+", stem.lower())
        parts = {PART_NAMES[word] for word in words if word in PART_NAMES}
        parts = parts or {PART_NAMES.get(suffix_of(entry)[1:], "")} - {""}
        if len(parts) == 1:
            sources.setdefault(parts.pop(), []).append(entry)
    return sources
