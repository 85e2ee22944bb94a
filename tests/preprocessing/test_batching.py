from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.preprocessing.batching import WINDOW_BATCHES, bucket_lengths, length_batches


def examples(lengths):
    rows = tf.ragged.constant([[i + 1] * length for i, length in enumerate(lengths)], tf.int32, 1)
    return tf.data.Dataset.from_tensor_slices((rows, tf.range(len(lengths))))


def batches(lengths, batch_size, shuffle):
    return length_batches(examples(lengths), batch_size, shuffle)


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


def test_shuffling_changes_the_order_at_every_iteration():
    data = batches([5] * 300, 10, True)
    first, second = ([t.numpy().tolist() for _, t in data] for _ in range(2))
    assert first != second
    assert first != sorted(first)


def test_the_seed_decides_the_order():
    orders = []
    for _ in range(2):
        tf.random.set_seed(7)
        orders.append([t.numpy().tolist() for _, t in batches([5] * 100, 10, True)])
    assert orders[0] == orders[1]
