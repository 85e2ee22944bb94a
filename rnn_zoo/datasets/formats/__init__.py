"""File formats, each a module: bytes to a table. A new format is one file and one line here."""

from rnn_zoo.datasets.formats import arrays, delimited, json_lines, parquet
from rnn_zoo.datasets.formats.registry import (
    FORMATS,
    STREAMS,
    Reader,
    file_format,
    file_stream,
    read_table,
)

__all__ = [
    "FORMATS",
    "STREAMS",
    "Reader",
    "arrays",
    "delimited",
    "file_format",
    "file_stream",
    "json_lines",
    "parquet",
    "read_table",
]
