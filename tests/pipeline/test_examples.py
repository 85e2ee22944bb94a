"""Raw examples that are read several times."""

import pytest
import tensorflow as tf

from rnn_zoo.pipeline import read_examples
from rnn_zoo.preprocessing.series import SeriesConfig, SeriesPreprocessor

SERIES = [[[float(i)]] * 2 for i in range(20)]


def numbers(raw):
    return [float(row[0, 0]) for batch, *_ in raw.batches for row in batch]


@pytest.fixture
def preprocessor():
    return SeriesPreprocessor(SeriesConfig())


@pytest.mark.parametrize("batched", [False, True])
def test_a_dataset_that_shuffles_is_read_once_and_keeps_that_order(preprocessor, batched):
    passes = []

    def examples():
        passes.append(1)
        yield from SERIES

    data = tf.data.Dataset.from_generator(examples, output_signature=tf.TensorSpec([2, 1]))
    data = data.shuffle(20)
    raw = read_examples(preprocessor, data.batch(3) if batched else data)
    assert raw.repeatable() is raw
    held = raw.repeatable(in_order=True)
    assert held.is_batched == batched
    first = numbers(held)
    assert sorted(first) == list(range(20))
    assert first == numbers(held) == numbers(held.unbatched())
    assert numbers(held.take(2, 3)) == first[:6]
    assert len(passes) == 1
    assert numbers(raw) != first


def test_a_generator_is_held_and_lists_are_not_held_twice(preprocessor):
    from_list = read_examples(preprocessor, SERIES)
    assert from_list.repeatable(in_order=True) is from_list
    taken = from_list.take(2, 3)
    assert taken.repeatable(in_order=True) is taken
    held = read_examples(preprocessor, iter([SERIES[:9], SERIES[9:]])).repeatable()
    assert numbers(held) == numbers(held) == list(range(20))


def test_columns_come_from_one_pass(preprocessor):
    data = tf.data.Dataset.from_tensor_slices((SERIES * 100, [row[0] for row in SERIES] * 100))
    series, targets = read_examples(preprocessor, data.shuffle(2000)).columns()
    assert series.shape == (2000, 2, 1)
    assert (series[:, 0] == targets).numpy().all()
