"""The parts of a data set in local files: a file, a folder or a .zip file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns, unpacked, visible
from rnn_zoo.datasets.splits import SPLIT_NAMES, Splits
from rnn_zoo.datasets.text import AnyPath
from rnn_zoo.errors import DataError

Reader = Callable[[Any, Columns, str], tuple[Examples, Columns]]
"""A file or folder, its columns and its encoding to examples, and the columns that were found."""


def read_files(
    path: Path, columns: Columns, encoding: str, *, reader: Reader, aligned: bool = False
) -> Splits:
    """Read a file, a folder or a .zip file; hidden files and READMEs in it are skipped.

    Args:
        path: what to read.
        columns: of input and target; None: found by usual names.
        encoding: how the files are written.
        reader: reads one part.
        aligned: whether a part may be a list of files, all of which `reader` is given.

    Returns:
        The parts that are there; a source that is not divided is the training part.

    Raises:
        DataError: the layout is unknown, a file cannot be read, or an example is incomplete.
    """
    root = unpacked(path)
    sources = _split_sources(root) if root.is_dir() else {}
    for split, entries in sources.items():
        if len(entries) > 1 and not aligned:
            raise DataError(
                f"{root}: {entries[0].name} and {entries[1].name} are both the {split} part."
            )
    if not sources:
        return Splits(train=reader(root, columns, encoding)[0])
    parts = {}
    for split in sorted(sources, key=("train", "validation", "test").index):
        # Columns found in the training part stand for the others, which may be small.
        parts[split], columns = reader(
            sources[split] if aligned else sources[split][0], columns, encoding
        )
    return Splits(parts.get("train"), parts.get("validation"), parts.get("test"))


def _split_sources(folder: AnyPath) -> dict[str, list[AnyPath]]:
    """The files or folders that are named after a split: `train.csv`, `en_ewt-ud-dev.conllu`."""
    sources: dict[str, list[AnyPath]] = {}
    for entry in visible(folder):
        stem = entry.name if entry.is_dir() else entry.stem
        words = re.split(r"[^a-z]+", stem.lower())
        splits = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
        if len(splits) != 1:
            continue
        (split,) = splits
        sources.setdefault(split, []).append(entry)
    return sources
