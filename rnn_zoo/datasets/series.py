"""Series of numbers in local files."""

import io
import zipfile
from typing import Any

import numpy as np

from rnn_zoo.datasets.columns import SERIES
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.paths import Columns, listing, visible
from rnn_zoo.datasets.text import AnyPath
from rnn_zoo.errors import DataError

LENGTHS = "lengths"


def read_series(source: AnyPath, columns: Columns, encoding: str) -> tuple[Examples, Columns]:  # noqa: ARG001 - of text
    """Read an .npz file as `numpy.savez` writes it.

    It holds series `(examples, time, features)`, or `(examples, time)` of one feature, and numbers
    `(examples,)` or `(examples, outputs)`; where series differ in length they are padded on the
    right, and `lengths (examples,)` says how long each is.

    Args:
        source: the file.
        columns: names of the arrays; None: `x` and `y` or another usual name.
        encoding: there is no text.

    Returns:
        The examples, and the names of the arrays.

    Raises:
        DataError: it is no such file, an array is missing, or their sizes differ.
    """
    if source.is_dir() or not source.name.lower().endswith(".npz"):
        found = listing(visible(source)) if source.is_dir() else source.name
        raise DataError(
            f"{source}: series are read from an .npz file with arrays x (examples, time, features) "
            f"and y, or a folder of train.npz and so on, not from {found}."
        )
    try:
        with np.load(io.BytesIO(source.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{source}: is no .npz file that can be read: {error}.") from None
    names = tuple(
        _array(source, arrays, wanted, role, usual)
        for wanted, role, usual in zip(
            columns,
            (SERIES.input, SERIES.target),
            (SERIES.input_names, SERIES.target_names),
            strict=True,
        )
    )
    series, targets = arrays[names[0]], arrays[names[1]]
    lengths = arrays.get(LENGTHS, np.full(len(series), series.shape[1] if series.ndim > 1 else 0))
    if not len(series) == len(targets) == len(lengths):
        raise DataError(
            f"{source}: every series needs a target: {names[0]} has {len(series)} rows, {names[1]} "
            f"{len(targets)}, and there are {len(lengths)} lengths."
        )
    return Examples(_cut(series, lengths, source), targets), (names[0], names[1])


def _cut(series: np.ndarray, lengths: np.ndarray, source: AnyPath) -> Any:
    if series.ndim < 2 or not series.size:
        raise DataError(
            f"{source}: series have the shape (examples, time, features); these have "
            f"{series.shape}."
        )
    if lengths.min() < 1 or lengths.max() > series.shape[1]:
        raise DataError(
            f"{source}: series of the shape {series.shape} have lengths from 1 to "
            f"{series.shape[1]}; these go from {lengths.min()} to {lengths.max()}."
        )
    if np.all(lengths == series.shape[1]):
        return series
    return [row[:length] for row, length in zip(series, lengths, strict=True)]


def _array(
    source: AnyPath, arrays: dict[str, Any], wanted: str | None, role: str, usual: frozenset[str]
) -> str:
    """The name of an array."""
    found = [name for name in arrays if (name == wanted if wanted else name.lower() in usual)]
    if len(found) != 1:
        option = "input" if role == SERIES.input else "target"
        raise DataError(
            f"{source}: cannot tell which array holds the {role}: name it with --{option} "
            f"({option}= in Python). There are {', '.join(sorted(arrays)) or 'none'}."
        )
    return found[0]
