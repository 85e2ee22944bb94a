"""Digits that are read pixel after pixel."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rnn_zoo.datasets import load
from rnn_zoo.errors import DataError

KIND = "labeled_texts"


def test_the_pixels_of_every_digit_are_read_once():
    parts = load("sequential_digits", KIND).parts
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 1258,
        "validation": 269,
        "test": 270,
    }
    read = sorted(
        ([int(word) for word in text.split()], int(label))
        for part in parts.values()
        for text, label in zip(part.inputs, part.targets, strict=True)
    )
    images, shown = load_digits(return_X_y=True)
    pixels = images.astype(int).tolist()
    assert read == sorted(zip(pixels, np.asarray(shown).tolist(), strict=True))


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install rnn_zoo\[digits\]"):
        load("sequential_digits", KIND)
