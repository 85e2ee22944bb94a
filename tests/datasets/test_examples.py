import pytest

from rnn_zoo.datasets import LabeledTexts
from rnn_zoo.errors import DataError


def test_take_keeps_pairs_together():
    examples = LabeledTexts(["a", "b", "c", "d"], [0, 1, 2, 3])
    assert examples.take([3, 1]) == LabeledTexts(["d", "b"], [3, 1])


def test_label_counts_are_sorted_by_label():
    assert list(LabeledTexts(list("abcd"), [2, 0, 2, 1]).label_counts().items()) == [
        (0, 1),
        (1, 1),
        (2, 2),
    ]


def test_texts_and_labels_of_different_length():
    with pytest.raises(DataError, match="2 texts and 1 labels"):
        LabeledTexts(["a", "b"], ["x"])
