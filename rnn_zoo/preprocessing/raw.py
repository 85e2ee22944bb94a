"""What users pass as raw inputs, checked and made into one tensor."""

from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError


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
        DataError: the array has another rank, or an id lies outside the vocabulary.
    """
    if isinstance(x, (list, tuple)):
        rows = [row for row in x if isinstance(row, (list, tuple, np.ndarray))]
        if len(rows) < len(x) or not any(_is_id(number) for row in rows for number in row[:1]):
            return None
        ids = tf.ragged.constant([[int(number) for number in row] for row in rows], tf.int32, 1)
    elif isinstance(x, tf.RaggedTensor):
        if not x.dtype.is_integer:
            return None
        ids = x
    else:
        array = np.asarray(x)
        if array.dtype.kind not in "iu":
            return None
        if array.ndim != 2:
            raise DataError(f"Token ids have the shape (batch, time); got {array.shape}.")
        # From rows, not from the tensor: ragged of rows of one length, it would not make a dataset.
        rows, steps = array.shape
        ids = tf.RaggedTensor.from_row_lengths(array.astype("int32").reshape(-1), [steps] * rows)
    values = ids.flat_values
    if vocabulary_size is not None and values.shape[0]:
        low, high = int(tf.reduce_min(values)), int(tf.reduce_max(values))
        if low < 0 or high >= vocabulary_size:
            raise DataError(
                f"Token ids lie between 0 (padding) and {vocabulary_size - 1}; "
                f"these go from {low} to {high}."
            )
    return ids


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


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
        f"Example {position} is no text but {type(text).__name__} ({text!r}): "
        "pass strings, or token ids (batch, time)."
    )
