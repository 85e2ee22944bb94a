import pytest

from rnn_zoo.datasets import Examples, Splits
from rnn_zoo.errors import DataError


def numbered(count):
    return Examples([str(i) for i in range(count)], ["even", "odd"] * (count // 2))


def members(part):
    return [int(text) for text in part.inputs]


def test_a_part_without_examples():
    with pytest.raises(DataError, match="validation part holds no examples"):
        Splits(train=numbered(2), validation=Examples([], []))


def test_parts_lists_what_is_there():
    assert list(Splits(train=numbered(2), test=numbered(4)).parts) == ["train", "test"]


def test_complete_partitions_the_training_part():
    splits = Splits(train=numbered(100)).complete(held_out=0.2, seed=3)
    parts = {name: members(part) for name, part in splits.parts.items()}
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 60,
        "validation": 20,
        "test": 20,
    }
    assert sorted(i for part in parts.values() for i in part) == list(range(100))
    assert all(part == sorted(part) for part in parts.values())  # the order of the source
    assert splits.held_out == ("validation", "test")
    for part in splits.parts.values():
        assert all(
            label == ("even", "odd")[i % 2]
            for i, label in zip(members(part), part.targets, strict=True)
        )


def test_membership_never_changes():
    # Golden: a change here would move examples from test to training in everybody's runs.
    splits = Splits(train=numbered(40)).complete(held_out=0.1, seed=0)
    assert members(splits.test) == [15, 20, 25, 36]
    assert members(splits.validation) == [7, 18, 33, 37]


def test_membership_depends_on_the_seed_and_not_on_the_texts():
    first = Splits(train=numbered(100)).complete()
    other_texts = Examples([f"{i} again" for i in range(100)], ["a", "b"] * 50)
    second = Splits(train=other_texts).complete()
    assert [text.split()[0] for text in second.test.inputs] == first.test.inputs
    assert Splits(train=numbered(100)).complete(seed=1).test != first.test


def test_parts_that_are_there_stay_and_the_test_part_does_not_depend_on_validation():
    validation = Examples(["v", "w"], ["even", "odd"])
    whole = Splits(train=numbered(100)).complete()
    given = Splits(train=numbered(100), validation=validation).complete()
    assert given.validation is validation
    assert given.test == whole.test
    assert given.held_out == ("test",)
    assert len(given.train) == 90


def test_complete_data_stays_as_it_is():
    splits = Splits(numbered(4), numbered(2), numbered(6))
    assert splits.complete() == splits


@pytest.mark.parametrize("held_out", [0, 0.5, -1, float("nan")])
def test_held_out_share_out_of_range(held_out):
    with pytest.raises(DataError, match=r"between 0 and 0\.5"):
        Splits(train=numbered(10)).complete(held_out=held_out)


def test_too_few_examples():
    with pytest.raises(DataError, match="2 training examples are too few to hold out validation"):
        Splits(train=numbered(2)).complete()


def test_no_training_part():
    with pytest.raises(DataError, match="no training part, only test"):
        Splits(test=numbered(4)).complete()
