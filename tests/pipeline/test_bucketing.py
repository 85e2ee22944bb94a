from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.pipeline.bucketing import WINDOW_BATCHES, bucket_lengths, length_batches
from rnn_zoo.pipeline.epoch_order import EpochOrder


def examples(lengths):
    rows = tf.ragged.constant([[i + 1] * length for i, length in enumerate(lengths)], tf.int32, 1)
    return tf.data.Dataset.from_tensor_slices((rows, tf.range(len(lengths))))


def batches(lengths, batch_size, shuffle):
    return length_batches(examples(lengths), batch_size, EpochOrder() if shuffle else None)


@pytest.mark.parametrize("longest", [1, 8, 9, 100, 1000])
def test_buckets_reach_the_maximum_and_waste_at_most_a_half(longest):
    buckets = bucket_lengths(longest)
    assert buckets[-1] >= longest
    assert len(buckets) == 1 or buckets[-2] < longest
    assert all(b / a <= 1.5 for a, b in pairwise(buckets))


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_example_comes_once_whole_and_with_its_target(shuffle):
    lengths = np.random.default_rng(0).integers(0, 60, size=333)
    seen = []
    for tokens, targets in batches(lengths, 16, shuffle):
        for row, target in zip(tokens.numpy(), targets.numpy(), strict=True):
            assert row[: lengths[target]].tolist() == [target + 1] * lengths[target]
            assert not row[lengths[target] :].any()
            seen.append(target)
    assert sorted(seen) == list(range(333))


def test_the_number_of_shapes_is_bounded_whatever_the_data():
    lengths = np.random.default_rng(1).integers(0, 200, size=32 * WINDOW_BATCHES * 2 + 5)
    shapes = {tuple(tokens.shape) for tokens, _ in batches(lengths, 32, True).repeat(3)}
    assert {rows for rows, _ in shapes} == {32, 5}
    assert {length for _, length in shapes} <= set(bucket_lengths(200))


def test_batches_hold_examples_of_like_length():
    lengths = np.random.default_rng(2).integers(1, 64, size=32 * WINDOW_BATCHES)
    padded = sum(int(tf.size(tokens)) for tokens, _ in batches(lengths, 32, True))
    assert padded / lengths.sum() < 1.3  # 2.0 where batches mix lengths


def orders(epochs, seed=7):
    """The order of each of these epochs, in a process that begins with this seed."""
    keras.utils.set_random_seed(seed)
    order = EpochOrder()
    data = length_batches(examples([5] * 300), 10, order)
    found = []
    for epoch in epochs:
        order.on_epoch_begin(epoch)
        found.append([int(i) for _, targets in data for i in targets])
    return found


def test_every_epoch_has_an_order_of_its_own():
    first, second, third = orders([0, 1, 2])
    assert first != second != third
    assert sorted(first) == sorted(second) == list(range(300)) != first
    batched = [sorted(first[i : i + 10]) for i in range(0, 300, 10)]
    assert batched != sorted(batched)  # batches are shuffled too


def test_an_epoch_has_the_same_order_wherever_training_goes_on():
    assert orders([2]) == orders([0, 1, 2])[2:]
    assert orders([2, 3], seed=8) != orders([2, 3])
