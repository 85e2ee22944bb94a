"""The adding problem and copy memory."""

import numpy as np
import pytest

from rnn_zoo import datasets
from rnn_zoo.datasets.adding import BASELINE_MSE, LENGTHS, adding
from rnn_zoo.datasets.copy_memory import BLANK, DELAYS, NOW, RECALLED, baseline_loss, copy_memory


@pytest.mark.parametrize("length", LENGTHS)
def test_the_sum_is_that_of_the_two_marked_numbers(length):
    series, sums = map(np.array, adding("validation", length))
    assert series.shape == (1000, length, 2)
    numbers, marks = series[..., 0], series[..., 1]
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert (marks[:, : length // 2].sum(axis=1) == 1).all()
    assert (marks[:, length // 2 :].sum(axis=1) == 1).all()
    assert set(np.unique(marks)) == {0, 1}
    np.testing.assert_allclose(
        [n[m == 1].sum() for n, m in zip(numbers, marks, strict=True)], sums, atol=1e-6
    )
    assert len(np.unique(marks.argmax(axis=1))) > 0.9 * length / 2  # anywhere in the first half


def test_always_one_is_the_baseline():
    sums = np.array(adding("train", 100)[1])
    np.testing.assert_allclose(np.mean((sums - 1) ** 2), BASELINE_MSE, rtol=0.02)


@pytest.mark.parametrize("delay", DELAYS)
def test_ten_symbols_are_said_again_after_the_sign(delay):
    words, tags = copy_memory("test", delay)
    for read, predicted in zip(words, tags, strict=True):
        assert len(read) == len(predicted) == delay + 2 * RECALLED
        assert read[:RECALLED] == predicted[-RECALLED:]
        assert read.index(NOW) == delay + RECALLED - 1
        assert set(read[RECALLED:]) == {BLANK, NOW}
        assert set(predicted[:-RECALLED]) == {BLANK}


def test_shorter_delays_lead_to_the_longest_one():
    splits = datasets.load("copy_memory/up_to_200", "tagged_words")
    delays = np.array([row.index(NOW) for row in splits.train.inputs]) - RECALLED + 1
    assert delays.min() == 1
    assert delays.max() == 200
    below = [(delays < limit).mean() for limit in (3, 14, 50)]  # logarithms are uniform
    np.testing.assert_allclose(below, np.log([3, 14, 50]) / np.log(201), atol=0.01)
    for read, predicted in zip(splits.train.inputs, splits.train.targets, strict=True):
        assert len(read) == len(predicted)
        assert read[:RECALLED] == predicted[-RECALLED:]
    assert splits.test.inputs == datasets.load("copy_memory/200", "tagged_words").test.inputs


def test_remembering_nothing_costs_what_is_said():
    """The loss of blanks with probability 1, then of eight symbols alike."""
    _, tags = copy_memory("test", 100)
    nats = [[0.0 if tag == BLANK else np.log(8) for tag in row] for row in tags]
    np.testing.assert_allclose(np.mean(nats), baseline_loss(100))


@pytest.mark.parametrize("name", ["adding/100", "copy_memory/200"])
def test_by_name_the_parts_differ_and_stay_as_they_are(name):
    kind = "series" if name.startswith("adding") else "tagged_words"
    splits, again = datasets.load(name, kind), datasets.load(name, kind)
    first = {part: np.asarray(examples.inputs[0]) for part, examples in splits.parts.items()}
    assert list(first) == ["train", "validation", "test"]
    for part, examples in again.parts.items():
        np.testing.assert_array_equal(examples.inputs[0], first[part])
        assert sum(np.array_equal(first[part], other) for other in first.values()) == 1
