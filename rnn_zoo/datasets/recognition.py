"""Which kind of examples data hold, where nobody says."""

import contextlib
import gzip
import math
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, cast

from rnn_zoo.datasets.captioned_images import CAPTIONS
from rnn_zoo.datasets.columns import Columns, has_usual_name, listed, named_column
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.files import part_sources
from rnn_zoo.datasets.formats import FORMATS, STREAMS, read_table
from rnn_zoo.datasets.loading import load, may_be_of_tfds, nothing_called
from rnn_zoo.datasets.paths import suffix_of, unpacked, visible
from rnn_zoo.datasets.reading import DAMAGES, AnyPath, reason
from rnn_zoo.datasets.schemas import EMBEDDED, SCHEMAS
from rnn_zoo.datasets.summary import FEW
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.tfds import fitting_schemas
from rnn_zoo.errors import DataError

ORDER = ("captioned_images", "tagged_words", "series", "labeled_texts", "text_pairs", "texts")
"""Schemas, the most particular first: of two that fit equally well the earlier one is meant."""
LOOKED_AT = 1000
"""Rows of a table by which it is recognized."""
IMAGES = {".jpg", ".jpeg", ".png", ".gif", ".bmp"}


def recognize(
    data: str | Path,
    *,
    input: str | int | None = None,
    target: str | int | None = None,
    encoding: str = "utf-8",
    data_dir: str | Path | None = None,
) -> str:
    r"""The schema of the examples that data hold, as `load` takes it.

    A table is recognized by the names of its columns and by its first rows, everything else by
    what can be read from it.

    Args:
        data, input, target, encoding, data_dir: what `load` takes.

    Raises:
        DataError: nothing has that name, it cannot be read, or it fits no schema.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "pairs.csv"
        >>> _ = path.write_text("source,target\none,eins\n")
        >>> recognize(path)
        'text_pairs'
        >>> recognize("synthetic_bookings")
        'tagged_words'
    """
    name = str(data)
    if data_dir is None and name in EMBEDDED:
        return EMBEDDED[name]
    columns = (None if input is None else str(input), None if target is None else str(target))
    path = Path(name).expanduser()
    if data_dir is None and name and path.exists():
        return _of_path(path, columns, encoding)
    schemas = {schema: SCHEMAS[schema] for schema in ORDER if SCHEMAS[schema].is_text}
    if data_dir is not None or may_be_of_tfds(name):
        fitting = fitting_schemas(name, schemas, columns, data_dir)
        if fitting is not None:
            return _first(fitting, name)
    raise nothing_called(name, EMBEDDED)


def _first(schemas: list[str], name: str) -> str:
    """The first schema.

    Raises:
        DataError: there is none.
    """
    if not schemas:
        raise DataError(
            f"{name}: cannot tell which kind of examples it holds. Name its task with --task, and "
            "its features with --input and --target."
        )
    return schemas[0]


class _Reading(NamedTuple):
    """What one schema has read."""

    schema: str
    examples: Examples
    usual: int
    """Columns of a table that are called as those of the schema usually are."""

    @property
    def rank(self) -> tuple[int, bool]:
        """How well it fits: by the names of columns, then by whether values look so."""
        looks_so = LOOKS_SO.get(self.schema)
        return self.usual, looks_so is None or looks_so(self.examples)


def _of_path(path: Path, columns: Columns, encoding: str) -> str:
    """The schema of a file or a folder."""
    root = unpacked(path)
    if root.name == CAPTIONS or (root.is_dir() and (root / CAPTIONS).is_file()):
        return "captioned_images"
    file = _table_in(root)
    table = None if file is None else _head(file, encoding)
    readings = []
    for schema in dict.fromkeys([*ORDER, *SCHEMAS]):
        with contextlib.suppress(DataError):  # it holds no such examples
            readings.append(_read(schema, path, table, columns, encoding))
    if not readings:
        advice = "Name its task, such as --task tagging, and it is said what is missing."
        if table is not None:
            for name in columns:
                named_column(_header(table), name, str(path))
            advice = (
                "Name its task with --task, and its columns with --input and --target. The columns "
                f"are: {listed(_header(table))}."
            )
        raise DataError(f"{path}: cannot tell which kind of examples it holds. {advice}")
    return max(readings, key=lambda reading: reading.rank).schema  # the first of equals


def _header(table: Table) -> list[str]:
    """The names of columns or, of a table without, what may be its header."""
    return [
        name if table.is_named else str(column[0]).strip()
        for name, column in zip(table.names, table.columns, strict=True)
    ]


def _read(
    schema: str, path: Path, table: Table | None, columns: Columns, encoding: str
) -> _Reading:
    """What a schema reads: from a table, or from all there is.

    Raises:
        DataError: nothing.
    """
    if table is None:
        splits = load(path, schema, input=columns[0], target=columns[1], encoding=encoding)
        return _Reading(schema, next(iter(splits.parts.values())), 0)
    part = SCHEMAS[schema].read(table, columns)
    pairs = zip(part.columns, (SCHEMAS[schema].input, SCHEMAS[schema].target), strict=True)
    usual = sum(has_usual_name([name], role) for name, role in pairs if name and role)
    if not usual and columns == (None, None) and len(table.names) > 2:
        raise DataError(
            f"{table.source}: no column is called as one of {SCHEMAS[schema].roles} is."
        )
    return _Reading(schema, part.examples, usual)


def _table_in(root: AnyPath) -> AnyPath | None:
    """The file that is a table: what was named, or one in a folder; None where there is none."""
    if not root.is_dir():
        return root if suffix_of(root) in FORMATS else None
    sources = part_sources(root)
    parts = [sources[part] for part in ("train", "validation", "test") if part in sources]
    entries = parts[0] if parts else visible(root)
    return next((entry for entry in entries if suffix_of(entry) in FORMATS), None)


def _head(path: AnyPath, encoding: str) -> Table:
    """The first rows of a table.

    Raises:
        DataError: it cannot be read.
    """
    stream = STREAMS.get(suffix_of(path)) if path.is_file() else None
    if stream is None:
        return read_table(path, encoding)
    try:
        with path.open("rb") as raw:
            is_packed = path.suffix.lower() == ".gz"
            file = BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw) if is_packed else raw))
            table = next(stream(file, str(path), encoding, LOOKED_AT), None)
    except DataError:
        raise
    except (OSError, *DAMAGES) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}.") from None
    if table is None:
        raise DataError(f"{path}: no examples in this file.")
    return table


def _are_labels(examples: Examples) -> bool:
    """Whether there are few labels, as classes are; a book's lines begin with many words."""
    labels = set(examples.targets or ())
    is_divided = any("\t" in str(label) for label in labels)
    return 1 < len(labels) <= max(FEW, math.isqrt(len(examples))) and not is_divided


def _are_sentences(examples: Examples) -> bool:
    """Whether there are several of several words each, and no text in the place of a word."""
    sentences = examples.inputs
    several = len(sentences) > 1 and any(len(words) > 1 for words in sentences)
    return several and not any(" " in word for words in sentences for word in words)


def _are_images(examples: Examples) -> bool:
    """Whether the first input is called like an image."""
    return suffix_of(Path(examples.inputs[0])) in IMAGES


LOOKS_SO: dict[str, Callable[[Examples], bool]] = {
    "captioned_images": _are_images,
    "tagged_words": _are_sentences,
    "labeled_texts": _are_labels,
}
"""Whether values look like those of a schema, of schemas that would read others as well."""
