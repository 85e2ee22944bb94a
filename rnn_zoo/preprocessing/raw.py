"""What users pass as raw inputs, checked and made into one tensor."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError, shortened


def as_column(x: Any, name: str) -> Any:
    """What a user passes as one argument: of a table that has one column, that column.

    Args:
        x: a mapping or a data frame of columns, a series of pandas, or anything else, which is
            given back as it is.
        name: the argument, for the error.

    Raises:
        DataError: the table has several columns, or none.

    Example:
        >>> as_column({"text": ["a good film"]}, "x")
        ['a good film']
    """
    is_frame = hasattr(x, "columns") and hasattr(x, "to_numpy")
    if isinstance(x, Mapping) or is_frame:
        columns = list(x.columns if is_frame else x)
        if len(columns) != 1:
            raise DataError(
                f"{name} has {len(columns)} columns, {shortened(columns)}: pass one of them, such "
                f"as {name}[{columns[0] if columns else 'text'!r}]."
            )
        x = x[columns[0]]
    return x.to_numpy() if hasattr(x, "to_numpy") else x


def read_weights(weights: Any) -> tf.Tensor:
    """Sample weights as `(batch,)`.

    Raises:
        DataError: there is not one number an example, or one is not finite.
    """
    try:
        array = np.asarray(weights)
    except ValueError:  # of rows that differ in length
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" and array.size:
        raise DataError("sample_weight is one number an example.")
    if array.ndim != 1:
        raise DataError(f"sample_weight is one number an example; its shape is {array.shape}.")
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(f"The sample weight of example {row} is {float(array[row])}: no number.")
    return tf.constant(array, keras.config.floatx())


def read_step_weights(weights: Any, lengths: Sequence[int]) -> Any:
    """Sample weights, one number an example `(batch,)` or one a step, ragged `(batch, steps)`.

    Args:
        weights: as a user passes them; those of steps nested, ragged, or padded on the right.
        lengths: the number of steps of each example.

    Raises:
        DataError: they are no finite numbers, or of an example there are more or fewer than steps.
    """
    if isinstance(weights, tf.RaggedTensor):
        weights = weights.to_list()
    rows = [np.asarray(row) for row in weights] if np.iterable(weights) else []
    if not any(row.ndim for row in rows) or len(rows) != len(lengths):
        return read_weights(weights)
    is_padded = isinstance(weights, (np.ndarray, tf.Tensor))
    values = []
    for i, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        row = row[:length] if is_padded else row
        if row.shape != (length,) or row.dtype.kind not in "iufb" or not np.isfinite(row).all():
            raise DataError(
                f"The sample weights of example {i} are not {length} finite numbers, one a step: "
                f"{shortened(row.tolist())}."
            )
        values.append(row.tolist())
    return ragged_rows(values, tf.as_dtype(keras.config.floatx()))


def ragged_rows(rows: list[list], dtype: tf.DType) -> tf.RaggedTensor:
    """A ragged `(batch, steps)` of lists."""
    flat = [value for row in rows for value in row]
    return tf.RaggedTensor.from_row_lengths(
        tf.constant(flat, dtype, shape=(len(flat),)), [len(row) for row in rows]
    )


def as_ragged(rows: Any) -> tf.RaggedTensor:
    """Rows `(batch, steps, ...)` of one length as a ragged tensor; a ragged one as it is.

    From row lengths: as `from_tensor` makes it, ragged of rows of one length, it would not make a
    dataset.
    """
    if isinstance(rows, tf.RaggedTensor):
        return rows
    count, steps = tf.unstack(tf.shape(rows, tf.int64)[:2])
    flat = tf.reshape(rows, tf.concat([[-1], tf.shape(rows)[2:]], axis=0))
    return tf.RaggedTensor.from_row_lengths(flat, tf.fill([count], steps))


def unpadded_row(texts: Any) -> Any:
    """The strings of a list or an array without the empty ones at its end, which are padding."""
    while len(texts) and texts[-1] in ("", b""):
        texts = texts[:-1]
    return texts


def unpadded(texts: tf.Tensor) -> tf.RaggedTensor:
    """Strings `(batch, steps)` without the empty ones at the end of a row, which are padding."""
    ends = tf.range(1, tf.shape(texts, tf.int64)[1] + 1)
    lengths = tf.reduce_max(tf.where(texts != "", ends, 0), axis=1)
    # The maximum of no ends is negative.
    return tf.RaggedTensor.from_tensor(texts, lengths=tf.maximum(lengths, 0))


def read_texts(x: Any) -> tf.Tensor:
    """Texts as a string tensor `(batch,)`.

    Args:
        x: a list or array of strings (or UTF-8 bytes), or a string tensor.

    Raises:
        DataError: `x` is one bare string, or an element is no string; the message names it.
    """
    if isinstance(x, (str, bytes)):
        raise DataError("One bare string was given where a list of texts is needed: write [text].")
    values = x.numpy() if isinstance(x, tf.Tensor) else x
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise DataError(f"Texts are one string an example; got an array of shape {values.shape}.")
    return tf.constant([text_bytes(text, i) for i, text in enumerate(values)], tf.string)


def read_token_ids(x: Any, vocabulary_size: int | None) -> tf.RaggedTensor | None:
    """Token ids as a ragged `(batch, tokens)`, or None where `x` does not hold integers.

    Args:
        x: an integer array or tensor `(batch, time)`, a ragged tensor, or lists of integers.
        vocabulary_size: ids lie below it; None where it is not known yet.

    Raises:
        DataError: the array has another rank, something else stands among whole numbers, or an id
            lies outside the vocabulary.
    """
    if isinstance(x, (list, tuple)):
        rows = _read_id_lists(x)
        if rows is None:
            return None
        flat = np.array([number for row in rows for number in row], object)
        _check_range(flat, vocabulary_size)
        return ragged_rows(rows, tf.int32)
    is_ragged = isinstance(x, tf.RaggedTensor)
    array = np.asarray(x.flat_values if is_ragged else x)
    if array.dtype.kind not in "iu":
        return None
    shape = tuple(x.shape) if is_ragged else array.shape
    if len(shape) != 2:
        raise DataError(f"Token ids have the shape (batch, time); got {shape}.")
    _check_range(array, vocabulary_size)
    return x if is_ragged else as_ragged(tf.constant(array.astype("int32")))


def _read_id_lists(x: Any) -> list[list[int]] | None:
    """Rows of token ids; None where no row has a whole number."""
    rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in x]
    nested = [row for row in rows if isinstance(row, (list, tuple))]
    if not any(_is_id(value) for row in nested for value in row):
        return None
    for i, row in enumerate(rows):
        is_row = isinstance(row, (list, tuple))
        others = [value for value in row if not _is_id(value)] if is_row else [row]
        if others:
            raise DataError(
                f"Example {i} has {shortened(others[0])} where other examples have token ids: "
                "pass lists of whole numbers alone."
            )
    return [[int(number) for number in row] for row in rows]


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _check_range(ids: np.ndarray, vocabulary_size: int | None) -> None:
    """Raise where ids lie outside the vocabulary, or, where that is not known, outside int32."""
    size = 2**31 if vocabulary_size is None else vocabulary_size
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        raise DataError(
            f"Token ids lie between 0 (padding) and {size - 1}; these go from "
            f"{shortened(int(ids.min()))} to {shortened(int(ids.max()))}."
        )


def text_bytes(text: Any, position: int) -> bytes:
    """One text as bytes, that of the example at `position`.

    Raises:
        DataError: it is no text.
    """
    if isinstance(text, str):
        return text.encode("utf-8", "surrogateescape")
    if isinstance(text, bytes):
        return text
    raise DataError(
        f"Example {position} is no text but {type(text).__name__} ({shortened(text)}): "
        "pass strings, or token ids (batch, time)."
    )
