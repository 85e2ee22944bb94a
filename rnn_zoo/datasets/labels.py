"""What counts as a label, and what as a text."""

import math

from rnn_zoo.errors import DataError


def clean_label(value: object, where: str) -> str | int:
    """One label as a data set gives it: strings stay strings, whole numbers are integers.

    Example:
        >>> [clean_label(value, "line 1") for value in (" positive ", "1", 1.0)]
        ['positive', '1', 1]

    Raises:
        DataError: the label is missing (empty, null, NaN), a fraction, or no string or number.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip() and value.strip().lower() != "nan":
        return value.strip()
    if value is None or isinstance(value, str):
        raise DataError(f"{where}: the label is missing.")
    if isinstance(value, float) and math.isnan(value):
        raise DataError(f"{where}: the label is NaN.")
    raise DataError(f"{where}: {value!r} is no label; labels are strings or whole numbers.")


def clean_text(value: object, where: str) -> str:
    """One target text.

    Raises:
        DataError: it is missing, empty or no string.
    """
    if isinstance(value, str) and value.strip():
        return value
    raise DataError(f"{where}: the target is missing or no text: {value!r}.")
