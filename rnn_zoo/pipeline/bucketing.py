"""Batches of like length: examples of any length in, padded batches of a few shapes out."""

from typing import Any

import tensorflow as tf

from rnn_zoo.pipeline.epoch_order import EpochOrder

# Rows that are sorted together. Large enough that a batch holds rows of like length, small enough
# that a stream of any size fits in memory.
WINDOW_BATCHES = 64
SHUFFLE_BUFFER = 100_000


def bucket_lengths(max_length: int) -> list[int]:
    """The lengths that a batch may be padded to: two an octave, from 8 to at least `max_length`.

    Example:
        >>> bucket_lengths(100)
        [8, 12, 16, 24, 32, 48, 64, 96, 128]
    """
    lengths = [8]
    while lengths[-1] < max_length:
        power_of_two = lengths[-1] & (lengths[-1] - 1) == 0
        lengths.append(lengths[-1] * 3 // 2 if power_of_two else lengths[-1] * 4 // 3)
    return lengths


BUCKETS = bucket_lengths(2**30)


def length_batches(
    examples: tf.data.Dataset,
    batch_size: int,
    order: EpochOrder | None = None,
    epoch_size: int | None = None,
) -> tf.data.Dataset:
    """Batch examples of like length together and pad each batch to a bucket's length.

    Within a window of `WINDOW_BATCHES` batches the examples are sorted by length and cut into
    batches. All batches but the last hold exactly `batch_size` rows, so the number of shapes is at
    most twice the number of buckets below the longest sequence, whatever the data.

    Args:
        examples: single examples; components whose first dimension is unknown are sequences.
        batch_size: rows of a batch.
        order: shuffles examples and batches, in another way in every epoch; None keeps theirs.
        epoch_size: examples of an epoch, where it does not last until they end: no more are read
            ahead to be shuffled and sorted.
    """
    shuffled = SHUFFLE_BUFFER if epoch_size is None else min(SHUFFLE_BUFFER, epoch_size)
    window = batch_size * WINDOW_BATCHES
    window = window if epoch_size is None else min(window, epoch_size)
    if order is not None:
        # Made anew at every iteration, with the seed that the epoch has then.
        batches = tf.data.Dataset.from_tensors(0).flat_map(
            lambda _: _length_batches(examples, batch_size, order.seed, shuffled, window)
        )
    else:
        batches = _length_batches(examples, batch_size, None, shuffled, window)
    return batches.prefetch(tf.data.AUTOTUNE if epoch_size is None else 1)


def _length_batches(
    examples: tf.data.Dataset,
    batch_size: int,
    seed: tf.Variable | None,
    shuffled: int,
    window: int,
) -> tf.data.Dataset:
    if seed is not None:
        blocks = examples.ragged_batch(shuffled).enumerate()
        examples = blocks.map(
            lambda i, block: _rows(block, _permutation(_count(block), seed, 0, i))
        ).unbatch()
    windows = examples.ragged_batch(window).enumerate()

    def sorted_batches(i: tf.Tensor, window: Any) -> tf.data.Dataset:
        count = _count(window)
        lengths = [part.row_lengths() for part in tf.nest.flatten(window) if is_ragged(part)]
        # Where all have one length they stay in their order.
        rows = tf.argsort(tf.add_n(lengths), stable=True) if lengths else tf.range(count)
        batches = tf.range((count + batch_size - 1) // batch_size)
        if seed is not None:
            batches = _permutation(tf.size(batches, tf.int64), seed, 1, i)
        return tf.data.Dataset.from_tensor_slices(batches).map(
            lambda batch: _rows(window, rows[batch * batch_size : (batch + 1) * batch_size])
        )

    return windows.flat_map(sorted_batches).map(
        lambda *batch: tf.nest.map_structure(pad, batch), num_parallel_calls=tf.data.AUTOTUNE
    )


def _count(block: Any) -> tf.Tensor:
    """The number of examples."""
    part = tf.nest.flatten(block)[0]
    return part.nrows(tf.int64) if is_ragged(part) else tf.shape(part, tf.int64)[0]


def _rows(block: Any, rows: tf.Tensor) -> Any:
    """Some of the examples."""
    return tf.nest.map_structure(lambda part: tf.gather(part, rows), block)


def _permutation(size: tf.Tensor, seed: tf.Variable, *which: Any) -> tf.Tensor:
    """The indices below `size`, in an order that the seed and `which` alone decide."""
    key = tf.random.fold_in(tf.stack([seed, which[0]]), which[1])
    drawn = tf.random.stateless_uniform([size], key, None, None, tf.int64)
    return tf.cast(tf.argsort(drawn), tf.int64)


def pad(part: Any) -> tf.Tensor:
    """Pad a ragged `(batch, time, ...)` with zeros to the shortest buckets that hold it."""
    if not is_ragged(part):
        return part
    dense = part.to_tensor()  # (batch, longest, ...)
    buckets = tf.constant(BUCKETS)
    missing = [[0, 0]] * dense.shape.rank
    for axis in range(1, part.ragged_rank + 1):
        length = tf.shape(dense)[axis]
        missing[axis] = [0, buckets[tf.searchsorted(buckets, [length])[0]] - length]
    return tf.pad(dense, missing)


def is_ragged(part: Any) -> bool:
    """Whether a component holds sequences of unequal length."""
    return isinstance(part, tf.RaggedTensor)
