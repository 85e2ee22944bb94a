"""Series of numbers in .npz files."""

import numpy as np
import pytest

from rnn_zoo import datasets
from rnn_zoo.errors import DataError

SERIES = np.arange(24.0).reshape(4, 3, 2)


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_arrays_by_their_usual_names(tmp_path):
    train = datasets.load(write(tmp_path / "a.npz", x=SERIES, y=np.arange(4)), "series").train
    np.testing.assert_array_equal(train.inputs, SERIES)
    assert list(train.targets) == [0, 1, 2, 3]


def test_arrays_that_are_named_and_parts(tmp_path):
    for part in ("train", "dev", "test"):
        write(tmp_path / f"{part}.npz", wave=SERIES, power=np.ones((4, 2)), y=np.zeros(4))
    splits = datasets.load(tmp_path, "series", input="wave", target="power")
    assert list(splits.parts) == ["train", "validation", "test"]
    assert splits.test.targets.shape == (4, 2)


def test_series_of_unequal_length(tmp_path):
    path = write(tmp_path / "a.npz", x=SERIES, y=np.arange(4), lengths=np.array([3, 1, 2, 3]))
    assert [len(row) for row in datasets.load(path, "series").train.inputs] == [3, 1, 2, 3]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": SERIES}, "cannot tell which column is the values. Name it with --target"),
        ({"x": SERIES, "y": [1, 2]}, "columns differ in length: x 4, y 2"),
        (
            {"x": SERIES, "y": [1] * 4, "lengths": [3, 0, 1, 1]},
            "row 1: this series has a length from 1 to 3, got 0",
        ),
        (
            {"x": SERIES, "y": [1] * 4, "lengths": [3, 4, 1, 1]},
            "row 1: this series has a length from 1 to 3, got 4",
        ),
        ({"x": [1, 2], "y": [1, 2]}, r"series have the shape \(examples, time, features\)"),
        ({"x": np.array([{}], object), "y": [1]}, "x.npy: is no array that can be read: Object"),
    ],
)
def test_a_file_that_holds_no_such_examples(tmp_path, arrays, message):
    path = write(tmp_path / "a.npz", **{name: np.asarray(a) for name, a in arrays.items()})
    with pytest.raises(DataError, match=message):
        datasets.load(path, "series")


def test_no_such_file(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK no zip")
    with pytest.raises(DataError, match=r"is no \.npz file"):
        datasets.load(path, "series")
    (tmp_path / "a.wav").write_text("1,2\n")
    with pytest.raises(DataError, match=r"series and values are read from one table \(.*\.npz"):
        datasets.load(tmp_path / "a.wav", "series")
