"""What counts as a text, a label, words, tags or a series: values of a table, checked."""

import math
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from rnn_zoo.errors import DataError, shortened

Values = Any
"""The values of a column: a list, or an array with a row an example."""
Where = Callable[[int], str]
"""Where a row stands, for messages."""

MAX_LABEL = 2**63 - 1


def texts(values: Values, where: Where) -> list[str]:
    """Texts, which may be empty.

    Raises:
        DataError: a value is missing or no string.
    """
    return [_text(value, where(i)) for i, value in enumerate(_as_list(values))]


def target_texts(values: Values, where: Where) -> list[str]:
    """Texts that are not blank.

    Raises:
        DataError: a value is missing, blank or no string.
    """
    for i, value in enumerate(values):
        if value is None or (isinstance(value, str) and not value.strip()):
            raise DataError(f"{where(i)}: the target is missing.")
    return texts(values, where)


def labels(values: Values, where: Where) -> list[str | int]:
    """Labels, all strings or all whole numbers; white space around strings is taken off.

    Example:
        >>> labels([" positive ", "1"], str), labels([1, 2.0], str)
        (['positive', '1'], [1, 2])

    Raises:
        DataError: a label is missing (None, blank, NaN), a fraction, beyond 64 bits, or something
            else than a string or a number; or there are strings and numbers.
    """
    read = [_label(value, where(i)) for i, value in enumerate(_as_list(values))]
    for i, label in enumerate(read):
        if type(label) is not type(read[0]):
            raise DataError(
                f"{where(i)}: the label is {shortened(label)}, the first is {shortened(read[0])}: "
                "labels are all strings or all whole numbers."
            )
    return read


def words(values: Values, where: Where) -> list[list[str]]:
    """Lists of words; a string is divided at its white space.

    Raises:
        DataError: a value is no list of words, or holds none.
    """
    return [
        [_word(word, where(i)) for word in _sequence(value, "words", where(i))]
        for i, value in enumerate(values)
    ]


def tags(values: Values, where: Where) -> list[list[str | int]]:
    """Lists of tags, each a label; a string is divided at its white space.

    Raises:
        DataError: a value is no list of tags, or holds none.
    """
    lists = [_sequence(value, "tags", where(i)) for i, value in enumerate(values)]
    rows = [i for i, tags in enumerate(lists) for _ in tags]
    flat = iter(labels([tag for tags in lists for tag in tags], lambda at: where(rows[at])))
    return [list(islice(flat, len(tags))) for tags in lists]


def series(values: Values, where: Where) -> Values:
    """Series `(time,)` or `(time, features)`: rows of an array, lists, or strings of numbers.

    Raises:
        DataError: a value is no series of real numbers, or holds none.
    """
    if isinstance(values, np.ndarray):
        if values.ndim < 2 or not values.size or values.dtype.kind not in "biuf":
            raise DataError(
                f"{where(0)}: series have the shape (examples, time, features); these are "
                f"{values.shape} of {values.dtype}."
            )
        return values
    read = [_array(value, "series", where(i)) for i, value in enumerate(values)]
    for i, array in enumerate(read):
        if array.ndim not in (1, 2) or not array.size:
            raise DataError(
                f"{where(i)}: a series has the shape (time, features), not {array.shape}."
            )
    return read


def series_targets(values: Values, where: Where) -> Values:
    """Targets of series: a number each, or a list of numbers.

    Raises:
        DataError: a value is neither.
    """
    if isinstance(values, np.ndarray):
        if values.ndim > 2 or values.dtype.kind not in "biuf":
            raise DataError(
                f"{where(0)}: targets have the shape (examples,) or (examples, outputs); these are "
                f"{values.shape} of {values.dtype}."
            )
        return values
    read = [_array(value, "values", where(i)) for i, value in enumerate(values)]
    for i, array in enumerate(read):
        if array.ndim > 1 or array.shape != read[0].shape or not array.size:
            raise DataError(
                f"{where(i)}: the target has the shape {array.shape}, the first {read[0].shape}; "
                "each is a number, or as many numbers."
            )
    return np.stack(read)


def captions(values: Values, where: Where) -> list[list[str]]:
    """Lists of captions; a string is one, and blank ones are left out.

    Raises:
        DataError: a value holds no caption.
    """
    return [
        captions_of([value] if isinstance(value, str) else value, where(i))
        for i, value in enumerate(values)
    ]


def captions_of(value: object, where: str) -> list[str]:
    """The captions of one image that are not blank.

    Raises:
        DataError: there is none.
    """
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise DataError(f"{where}: an image has a list of captions, got {shortened(value)}.")
    kept = [text for text in value if text.strip()]
    if not kept:
        raise DataError(f"{where}: this image has no caption.")
    return kept


def without_padding(values: Values, lengths: Values, where: Where) -> Values:
    """Series cut to their lengths, where they are padded on the right.

    Raises:
        DataError: a length is no whole number from 1 to the length of its series.
    """
    cut = []
    for i, (row, length) in enumerate(zip(values, _as_list(lengths), strict=True)):
        if type(length) is not int or not 1 <= length <= len(row):
            raise DataError(
                f"{where(i)}: this series has a length from 1 to {len(row)}, got "
                f"{shortened(length)}."
            )
        cut.append(row[:length])
    return values if all(map(lambda a, b: len(a) == len(b), cut, values)) else cut


def _as_list(values: Values) -> Values:
    """Plain Python values for those of an array."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def _text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise DataError(f"{where}: the text is missing.")
    raise DataError(f"{where}: a text should be a string, got {shortened(value)}.")


def _label(value: object, where: str) -> str | int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > MAX_LABEL:
            raise DataError(f"{where}: the label {shortened(value)} does not fit into 64 bits.")
        return value
    if isinstance(value, str) and value.strip() and value.strip().lower() != "nan":
        return value.strip()
    if value is None or isinstance(value, str):
        raise DataError(f"{where}: the label is missing.")
    if isinstance(value, float) and math.isnan(value):
        raise DataError(f"{where}: the label is NaN.")
    hint = ": a fraction is learned by regression" if isinstance(value, float) else ""
    raise DataError(
        f"{where}: {shortened(value)} is no label; labels are strings or whole numbers{hint}."
    )


def _word(value: object, where: str) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise DataError(
        f"{where}: a word should be a string that is not blank, got {shortened(value)}."
    )


def _sequence(value: object, role: str, where: str) -> Values:
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise DataError(f"{where}: {role} are a list or a string, got {shortened(value)}.")
    if not len(value):
        raise DataError(f"{where}: there are no {role}.")
    return _as_list(value)


def _array(value: object, role: str, where: str) -> np.ndarray:
    """Real numbers of a list, a number, or a string of numbers with a point or a comma."""
    try:
        if isinstance(value, str):
            parts = [float(part.replace(",", ".")) for part in value.split()]
            value = parts[0] if len(parts) == 1 and role == "values" else parts
        array = np.asarray(value)
    except (ValueError, OverflowError, RecursionError):
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{where}: {role} are real numbers, got {shortened(value)}.")
    return array
