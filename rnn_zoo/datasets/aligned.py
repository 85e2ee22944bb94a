"""Files that are aligned line by line: each is a column."""

from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.formats import FORMATS
from rnn_zoo.datasets.paths import listing, visible
from rnn_zoo.datasets.reading import AnyPath
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.table import Table
from rnn_zoo.datasets.text import read_text
from rnn_zoo.errors import DataError


def read_text_pairs(
    files: list[AnyPath], schema: ExampleSchema, columns: Columns, encoding: str
) -> Part:
    """Read pairs from two files that are aligned line by line.

    The suffixes, which may stand before .gz, are the names of the columns: of `train.de` and
    `train.en` the columns are `de` and `en`.

    Raises:
        DataError: there are more or fewer files, or they differ in length.
    """
    where = str(files[0])
    if len(files) == 1 and files[0].is_dir():
        files = visible(files[0])
    if len(files) == 1:
        raise DataError(
            f"{files[0]}: pairs of texts are not read from {files[0].suffix or 'such a file'}, but "
            f"from {', '.join((*FORMATS, *schema.formats))}, from two aligned files, or from a "
            ".zip of them."
        )
    if len(files) != 2 or len(_by_suffix(files)) != 2:
        raise DataError(
            f"{where}: holds {listing(files)}. One part is one file, or two that are aligned line "
            "by line, such as train.de and train.en; of several test sets keep one."
        )
    return schema.read(_table(files, encoding), columns)


def aligned_table(files: list[AnyPath], schema: ExampleSchema, encoding: str) -> Table | None:
    """The table of aligned files, or None where their suffixes are no usual names of columns."""
    names = set(_by_suffix(files))
    usual = [schema.input.names] + ([schema.target.names] if schema.target else [])
    if len(names) < len(files) or any(names.isdisjoint(one) for one in usual):
        return None
    return _table(files, encoding)


def _table(files: list[AnyPath], encoding: str) -> Table:
    columns = {name: _lines(file, encoding) for name, file in _by_suffix(files).items()}
    sizes = {file.name: len(lines) for file, lines in zip(files, columns.values(), strict=True)}
    if len(set(sizes.values())) > 1:
        counts = " and ".join(f"{name} has {size} lines" for name, size in sizes.items())
        raise DataError(f"{files[0]}: {counts}: they are not aligned.")
    count = len(next(iter(columns.values())))
    numbers = range(1, count + 1)
    return Table(str(files[0]), list(columns), list(columns.values()), numbers, encoding=encoding)


def _by_suffix(files: list[AnyPath]) -> dict[str, AnyPath]:
    return {file.name.lower().removesuffix(".gz").rpartition(".")[2]: file for file in files}


def _lines(file: AnyPath, encoding: str) -> list[str]:
    """Lines, blank ones too, which keep the files aligned."""
    return read_text(file, encoding).replace("\r\n", "\n").removesuffix("\n").split("\n")
