"""Batches of like length: examples of any length in, padded batches of a few shapes out."""

from typing import Any

import tensorflow as tf

# Rows that are sorted together. Large enough that a batch holds rows of like length, small enough
# that a stream of any size fits in memory.
WINDOW_BATCHES = 64
SHUFFLE_BUFFER = 100_000


def bucket_lengths(longest: int) -> list[int]:
    """The lengths that a batch may be padded to: two an octave, from 8 to at least `longest`.

    Example:
        >>> bucket_lengths(100)
        [8, 12, 16, 24, 32, 48, 64, 96, 128]
    """
    lengths = [8]
    while lengths[-1] < longest:
        power_of_two = lengths[-1] & (lengths[-1] - 1) == 0
        lengths.append(lengths[-1] * 3 // 2 if power_of_two else lengths[-1] * 4 // 3)
    return lengths


BUCKETS = bucket_lengths(2**30)


def length_batches(examples: tf.data.Dataset, batch_size: int, shuffle: bool) -> tf.data.Dataset:
    """Batch examples of like length together and pad each batch to a bucket's length.

    Within a window of `WINDOW_BATCHES` batches the examples are sorted by length and cut into
    batches. All batches but the last hold exactly `batch_size` rows, so the number of shapes is at
    most twice the number of buckets below the longest sequence, whatever the data.

    Args:
        examples: single examples; components whose first dimension is unknown are sequences.
        batch_size: rows of a batch.
        shuffle: draw a new order of examples and of batches at every iteration.
    """
    if shuffle:
        examples = examples.shuffle(SHUFFLE_BUFFER)
    windows = examples.ragged_batch(batch_size * WINDOW_BATCHES)

    def sorted_batches(*window: Any) -> tf.data.Dataset:
        flat = tf.nest.flatten(window)
        lengths = [part.row_lengths() for part in flat if is_ragged(part)]
        # Where all have one length they stay in their order.
        order = tf.argsort(tf.add_n(lengths), stable=True) if lengths else tf.range(_rows(flat[0]))
        rows_of_batches = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
        return rows_of_batches.map(
            lambda rows: tf.nest.map_structure(lambda part: tf.gather(part, rows), window)
        )

    batches = windows.flat_map(sorted_batches)
    if shuffle:
        batches = batches.shuffle(WINDOW_BATCHES)
    batches = batches.map(
        lambda *batch: tf.nest.map_structure(pad, batch),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    return batches.prefetch(tf.data.AUTOTUNE)


def pad(part: Any) -> tf.Tensor:
    """Pad a ragged `(batch, time, ...)` with zeros to the shortest buckets that hold it."""
    if not is_ragged(part):
        return part
    dense = part.to_tensor()  # (batch, longest, ...)
    buckets = tf.constant(BUCKETS)
    missing = [[0, 0]] * dense.shape.rank
    for axis in range(1, part.ragged_rank + 1):
        longest = tf.shape(dense)[axis]
        missing[axis] = [0, buckets[tf.searchsorted(buckets, [longest])[0]] - longest]
    return tf.pad(dense, missing)


def _rows(part: tf.Tensor) -> tf.Tensor:
    return tf.shape(part, tf.int64)[0]


def is_ragged(part: Any) -> bool:
    """Whether a component holds sequences of unequal length."""
    return isinstance(part, tf.RaggedTensor)
