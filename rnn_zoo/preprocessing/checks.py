"""Checks of examples inside a TensorFlow graph, which raise as those in Python do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from rnn_zoo.errors import DataError

# Stands around the message of every check below, and of no other error.
TAG = "rnn_zoo.DataError"
_TAGGED = re.compile(rf"\[{re.escape(TAG)}\] \[(.*?)\] \[{re.escape(TAG)}\]")


def check(tensors: Any, condition: tf.Tensor, *message: str | tf.Tensor) -> Any:
    """Give tensors back, and raise when they are computed where a condition does not hold.

    It is a core operation of TensorFlow, so it works eagerly, in a `tf.data.Dataset` and in an
    export.

    Args:
        tensors: a tensor, dense or ragged, or a structure of them.
        condition: a boolean scalar.
        *message: strings and string scalars, which are joined. It says what was wrong and what
            would be right.

    Returns:
        `tensors`, which now depend on the check.

    Raises:
        tf.errors.InvalidArgumentError: the condition is false; within `graph_errors`, a
            `DataError` with the message.

    Example:
        >>> with graph_errors():
        ...     check(tf.constant([3]), tf.constant(False), "Found ", tf.constant("3"), ".")
        Traceback (most recent call last):
        ...
        rnn_zoo.errors.DataError: Found 3.
    """
    data = [tf.constant(TAG), tf.strings.join(message), tf.constant(TAG)]
    # Not tf.debugging.Assert, which words its error otherwise where it runs eagerly.
    assertion = tf.raw_ops.Assert(condition=condition, data=data)
    with tf.control_dependencies([] if assertion is None else [assertion]):
        return tf.nest.map_structure(tf.identity, tensors, expand_composites=True)


def is_numeric(dtype: tf.DType) -> bool:
    """Whether these are real numbers or truth values."""
    return dtype.is_floating or dtype.is_integer or dtype.is_bool


def check_finite(values: Any, what: str) -> Any:
    """Values, none of which may be infinite or NaN.

    Args:
        values: a tensor of floats or integers, dense or ragged.
        what: a plural that begins the message, such as `"Targets"`.

    Example:
        >>> check_finite(tf.constant([1.0, 2.0]), "Targets").numpy().tolist()
        [1.0, 2.0]
    """
    if not values.dtype.is_floating:
        return values
    flat = _flat(values)
    wrong = tf.boolean_mask(flat, ~tf.math.is_finite(flat))
    message = what, ": found ", _first(wrong), ", but every value has to be finite."
    return check(values, tf.size(wrong) == 0, *message)


def check_ids(ids: Any, size: int, what: str) -> Any:
    """Ids, which lie between 0 and `size - 1`.

    Args:
        ids: a tensor of integers, dense or ragged.
        size: the number of ids.
        what: a plural that begins the message, such as `"Token ids"`.

    Example:
        >>> check_ids(tf.constant([0, 4]), 5, "Token ids").numpy().tolist()
        [0, 4]
    """
    flat = _flat(ids)
    wide = tf.cast(flat, tf.int64)
    wrong = tf.boolean_mask(flat, (wide < 0) | (wide >= size))
    message = what, ": found ", _first(wrong), f", but they lie between 0 and {size - 1}."
    return check(ids, tf.size(wrong) == 0, *message)


@contextmanager
def graph_errors() -> Iterator[None]:
    """Raise the `DataError` of a `check` that fails while the block runs."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        message = checked_message(error)
        if message is None:
            raise
        raise DataError(message) from None


def checked_message(error: Exception) -> str | None:
    """The message of the `check` that an error comes from; None where it comes from none.

    TensorFlow hands on no more of a failed assertion than text, with tags around our part of it.
    """
    tagged = _TAGGED.search(str(error))
    if tagged is None:
        return None
    # TensorFlow escapes quotes and control characters; letters beyond ASCII stand as they are.
    escaped = tagged.group(1).encode("latin-1", "backslashreplace")
    return escaped.decode("unicode_escape")


def _flat(values: Any) -> tf.Tensor:
    return values.flat_values if isinstance(values, tf.RaggedTensor) else tf.reshape(values, [-1])


def _first(values: tf.Tensor) -> tf.Tensor:
    """The first of the values as text, empty where there is none."""
    return tf.strings.reduce_join(tf.strings.as_string(values[:1]))
