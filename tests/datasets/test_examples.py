import pytest

from rnn_zoo.datasets import Examples
from rnn_zoo.errors import DataError


def test_take_keeps_pairs_together():
    examples = Examples(["a", "b", "c", "d"], [0, 1, 2, 3])
    assert examples.take([3, 1]) == Examples(["d", "b"], [3, 1])


def test_inputs_and_targets_of_different_length():
    with pytest.raises(DataError, match="2 inputs and 1 targets"):
        Examples(["a", "b"], ["x"])
