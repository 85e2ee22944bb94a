"""Raw examples to the padded batches that train and score a network."""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.pipeline.bucketing import length_batches, pad
from rnn_zoo.pipeline.epoch_order import EpochOrder
from rnn_zoo.pipeline.examples import RawExamples
from rnn_zoo.preprocessing.checks import graph_errors

# Preprocessing is plain tensor code: as such its errors reach the user as they were raised.
plain = tf.autograph.experimental.do_not_convert


def training_batches(
    raw: RawExamples,
    encode: Callable[..., tuple],
    batch_size: int,
    order: EpochOrder | None = None,
    epoch_steps: int | None = None,
) -> tf.data.Dataset:
    """Encode examples, and pad them in batches.

    A user's own batches stay as they are, in their order. Single examples are shuffled, batched
    with others of like length and, where the stream is known to end, encoded once.

    Args:
        raw: the examples.
        encode: raw columns to `(inputs, targets[, weights])`, sequences still ragged.
        batch_size: rows of a batch, where the user has not made batches.
        order: that of an epoch; None keeps the order of the examples.
        epoch_steps: batches of an epoch, where it does not last until the stream ends.

    Raises:
        DataError: there is not one example, or one cannot be encoded.
    """
    if raw.is_batched:
        batches = raw.batches
        if order is not None and raw.reorder is not None:
            batches = raw.reorder(order)
        encoded = batches.map(plain(encode), num_parallel_calls=tf.data.AUTOTUNE)
        padded = encoded.map(lambda *batch: tf.nest.map_structure(pad, batch))
        return padded.prefetch(tf.data.AUTOTUNE)
    encoded = raw.batches.map(plain(encode), num_parallel_calls=tf.data.AUTOTUNE)
    if raw.is_finite:
        encoded = encoded.cache()  # token ids take less than the strings that are held already
    most = None if epoch_steps is None else epoch_steps * batch_size
    batches = length_batches(encoded.unbatch(), batch_size, order, most)
    if not raw.is_finite:
        return batches
    with graph_errors():  # rows of what is encoded: an example may make several
        size = sum(tf.nest.flatten(batch)[0].shape[0] for batch in encoded)
    if size == 0:
        raise DataError("The data are empty: there is not one example.")
    steps = math.ceil(size / batch_size)
    return batches.apply(tf.data.experimental.assert_cardinality(steps))


def padded_batch(parts: Any) -> Any:
    """One encoded batch as NumPy arrays, for either backend."""
    return tf.nest.map_structure(lambda part: pad(part).numpy(), parts)
