"""Parquet files."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO

from rnn_zoo.datasets.formats.registry import file_format, file_stream
from rnn_zoo.datasets.reading import DAMAGES, check_unpacked, reason
from rnn_zoo.datasets.table import Table
from rnn_zoo.errors import DataError

MAX_CELLS = 200_000_000
"""Rows times columns: a column of one value that repeats takes no space in a file."""


@file_format(".parquet")
def read_parquet(content: bytes, source: str, encoding: str) -> Table:  # noqa: ARG001 - it is UTF-8
    """Read a .parquet file; a column is made of Python values once it is taken.

    Raises:
        DataError: pyarrow is missing, or the file is damaged or unpacks to far more than it holds.
    """
    file, damages = _open(io.BytesIO(content), source)
    with _refusing(damages, source):
        metadata = file.metadata
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    check_unpacked(len(content), sum(group.total_byte_size for group in groups), source)
    if metadata.num_rows * metadata.num_columns > MAX_CELLS:
        raise DataError(f"{source}: {metadata.num_rows:,} rows are too many to hold in memory.")
    with _refusing(damages, source):
        table = file.read()
    columns = [_Column(column, source) for column in table.columns]
    return Table(source, table.column_names, columns)


@file_stream(".parquet")
def stream_parquet(file: BinaryIO, source: str, encoding: str, rows: int) -> Iterator[Table]:  # noqa: ARG001 - it is UTF-8
    """The same in pieces; a row group is unpacked at a time."""
    opened, damages = _open(file, source)
    batches = opened.iter_batches(batch_size=rows)
    while True:
        with _refusing(damages, source):
            batch = next(batches, None)
        if batch is None:
            return
        columns = [_Column(column, source) for column in batch.columns]
        yield Table(source, batch.schema.names, columns)


def _open(file: BinaryIO, source: str) -> tuple[Any, tuple[type[Exception], ...]]:
    """An open file as pyarrow reads it, and what it raises where the file is damaged."""
    try:
        import pyarrow  # type: ignore[import-untyped]  # it has no types
        from pyarrow import parquet
    except ImportError:
        raise DataError(
            f"{source}: Parquet files are read by pyarrow: pip install rnn_zoo[parquet]"
        ) from None
    damages = (pyarrow.ArrowException, *DAMAGES, OSError, MemoryError)
    with _refusing(damages, source):
        return parquet.ParquetFile(file), damages


@contextmanager
def _refusing(damages: tuple[type[Exception], ...], source: str) -> Iterator[None]:
    try:
        yield
    except damages as error:
        raise DataError(
            f"{source}: is no Parquet file that can be read: {reason(error)}."
        ) from None


class _Column(Sequence[Any]):
    """A column that becomes Python values where it is read: of a wide file few are."""

    def __init__(self, column: Any, source: str):
        self.column = column
        self.source = source

    @cached_property
    def values(self) -> list[Any]:
        try:
            values: list[Any] = self.column.to_pylist()
        except (ValueError, OverflowError) as error:  # no UTF-8, a date out of range
            raise DataError(f"{self.source}: a column cannot be read: {reason(error)}.") from None
        return values

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]
