"""File formats, each a module: bytes to a table. A new format is one file and one line here."""

from rnn_zoo.datasets.formats import arrays, delimited, json_lines, parquet
from rnn_zoo.datasets.formats.registry import FORMATS, Reader, file_format, read_table

__all__ = [
    "FORMATS",
    "Reader",
    "arrays",
    "delimited",
    "file_format",
    "json_lines",
    "parquet",
    "read_table",
]
