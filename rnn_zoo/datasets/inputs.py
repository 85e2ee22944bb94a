"""Inputs alone, from data of any size: what a model is asked, a piece at a time."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from rnn_zoo.datasets.captioned_images import CAPTIONS
from rnn_zoo.datasets.classes import FASTTEXT
from rnn_zoo.datasets.columns import find_input
from rnn_zoo.datasets.conll import cell_of, column_names, sentences_of
from rnn_zoo.datasets.formats import FORMATS, STREAMS, read_table
from rnn_zoo.datasets.loading import load
from rnn_zoo.datasets.paths import suffix_of
from rnn_zoo.datasets.reading import DAMAGES, reason
from rnn_zoo.datasets.schema import ExampleSchema
from rnn_zoo.datasets.schemas import SCHEMAS
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import lines_of
from rnn_zoo.errors import DataError

ROWS = 4096
"""Inputs of a piece."""
LOOKED_AT = 1000
"""Rows by which it is told what a table holds, at least."""
Named = Iterator[tuple[str, list[Any]]]
"""The column that some inputs stand in, and these inputs."""


@dataclass(frozen=True)
class Piece:
    """Some inputs, in their order.

    Attributes:
        inputs: the inputs, as a task takes them.
        column: the column that they stand in.
        share: how much has been read by now, from 0 to 1.
    """

    inputs: list[Any]
    column: str
    share: float


def read_inputs(
    data: str | Path,
    schema: str = "labeled_texts",
    *,
    input: str | int | None = None,
    encoding: str = "utf-8",
    rows: int = ROWS,
) -> Iterator[Piece]:
    """The inputs that `load` reads; targets, where there are any, are left aside.

    A table (.csv, .tsv, .jsonl, .json, .parquet) is read in pieces, so that memory does not grow
    with it, and so is a file of another kind: of tagged words it has a word a line, in its first
    column, and a blank line after a sentence (a file `seq.in` has a sentence a line), else a text a
    line, without fastText's labels and what stands behind a tab. Files may end in .gz. What `load`
    knows beside, such as folders and the names of data sets, is held in memory: the test part, or
    everything where there is none.

    Args:
        data: what `load` takes.
        schema: what an example is; see `load`.
        input: the column that holds the input, by name or number; None finds it.
        encoding: how text files are written.
        rows: inputs of a piece, at most.

    Raises:
        DataError: nothing has that name, or it cannot be read; the message says where.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
        >>> _ = path.write_text("id,text" + chr(10) + '7,"a joy, all of it"')
        >>> [piece.inputs for piece in read_inputs(path)]
        [['a joy, all of it']]
    """
    path, example_schema = Path(data).expanduser(), SCHEMAS[schema]
    column = None if input is None else str(input)
    reader = _reader(path, example_schema) if path.is_file() else None
    if reader is None:
        yield from _loaded(data, schema, column, encoding, rows)
        return
    is_empty = True
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size
            file = gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw
            buffered = BufferedReader(cast(Any, file))
            for name, inputs in reader(buffered, path, example_schema, column, encoding, rows):
                is_empty = False
                yield Piece(inputs, name, min(raw.tell() / size, 1.0))
    except DataError:
        raise
    except (OSError, *DAMAGES) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}.") from None
    if is_empty:
        raise DataError(f"{path}: no examples in this file.")


Reader = Callable[[BinaryIO, Path, ExampleSchema, str | None, str, int], Named]


def _reader(path: Path, schema: ExampleSchema) -> Reader | None:
    """What reads a file in pieces; None where it has to be loaded."""
    suffix = suffix_of(path)
    if path.name == CAPTIONS or suffix == ".zip":
        return None
    if suffix in FORMATS:
        return _from_table
    if schema.is_sequence and suffix != ".in":
        return _from_sentences
    return _from_lines if schema.is_text else None


def _from_table(
    file: BinaryIO, path: Path, schema: ExampleSchema, column: str | None, encoding: str, rows: int
) -> Named:
    """The inputs of a table."""
    stream = STREAMS.get(suffix_of(path))
    if stream is None:
        table, name, inputs = schema.read_inputs(read_table(path, encoding), column)
        yield from ((name, piece) for piece in _cut(inputs, rows))
        return
    header: Table | None = None
    for table in stream(file, str(path), encoding, max(rows, LOOKED_AT)):
        if header is not None and not table.is_named:
            table = replace(table, names=header.names, is_named=True)
        named, name, inputs = schema.read_inputs(table, column)
        if header is None:
            header = named
            column = column if named.is_named else name
        yield from ((name, piece) for piece in _cut(inputs, rows))


def _from_sentences(
    file: BinaryIO, path: Path, schema: ExampleSchema, column: str | None, encoding: str, rows: int
) -> Named:
    """The words of each sentence of a file with a word a line."""
    is_conllu = suffix_of(path) == ".conllu"
    source = str(path)
    sentences = sentences_of(lines_of(file, encoding, source, newline="\n"), is_conllu, source)
    at: int | None = None
    name = column or ("form" if is_conllu else "0")
    while piece := list(islice(sentences, rows)):
        if at is None:
            names = column_names(piece[0], is_conllu)
            at = names.index(find_input(schema.input, None, names, name, source))
        yield name, [[cell_of(row, at, source) for row in sentence] for sentence in piece]


def _from_lines(
    file: BinaryIO, path: Path, schema: ExampleSchema, column: str | None, encoding: str, rows: int
) -> Named:
    """A text a line; blank lines are texts too, so that answers stay aligned."""
    if column is not None:
        raise DataError(f"{path}: is no table, so there is no column {column!a:.60} to name.")
    lines = lines_of(file, encoding, str(path), newline=None)
    while piece := list(islice(lines, rows)):
        yield schema.input.role, [_text(line.rstrip("\n")) for line in piece]


def _text(line: str) -> str:
    if line.startswith(FASTTEXT):
        return line.partition(" ")[2].strip()
    return line.partition("\t")[0]


def _loaded(
    data: str | Path, schema: str, column: str | None, encoding: str, rows: int
) -> Iterator[Piece]:
    """What is held in memory."""
    splits = load(data, schema, input=column, encoding=encoding)
    inputs = splits.parts["test" if splits.test is not None else next(iter(splits.parts))].inputs
    name = splits.columns.get(SCHEMAS[schema].input.role, SCHEMAS[schema].input.role)
    for number, piece in enumerate(_cut(inputs, rows), start=1):
        yield Piece(piece, name, min(number * rows / len(inputs), 1.0))


def _cut(inputs: Sequence[Any], rows: int) -> Iterator[list[Any]]:
    return (list(inputs[at : at + rows]) for at in range(0, len(inputs), rows))
