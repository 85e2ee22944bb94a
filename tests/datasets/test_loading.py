import time

import pytest

from rnn_zoo.datasets import EMBEDDED, fingerprint, load
from rnn_zoo.errors import DataError


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_sets_have_every_part_and_stay_the_same(name):
    splits = load(name, EMBEDDED[name])
    assert list(splits.parts) == ["train", "validation", "test"]
    assert fingerprint(load(name, EMBEDDED[name])) == fingerprint(splits)
    assert splits.complete().held_out == ()


def test_embedded_sets_have_no_columns():
    with pytest.raises(DataError, match="has no columns to name"):
        load("synthetic_reviews", target="stars")


def test_an_embedded_set_of_another_kind():
    with pytest.raises(
        DataError, match=r"holds words and tags; .* as synthetic_reviews or sequential_digits has"
    ):
        load("synthetic_bookings")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("synthetic_review", "synthetic_reviews"),
        ("movie_rationale", "movie_rationales"),
        ("IMDB_review", "imdb_reviews"),
        ("movie_rationale:0.1.0", "movie_rationales"),
        ("reviews.csv", None),
        ("data/reviews.csv", None),
        ("../a b/reviews", None),
        ("x" * 5000, None),
    ],
)
def test_neither_a_path_nor_a_name(name, nearest):
    began = time.monotonic()
    with pytest.raises(DataError) as error:
        load(name)
    assert time.monotonic() - began < 10
    if len(name) < 1000:
        assert f"{name}: there is no such file or folder, and neither" in str(error.value)
    assert (f"Did you mean {nearest}" in str(error.value)) == (nearest is not None)
