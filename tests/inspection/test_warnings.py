"""What looks odd, and what does not."""

import numpy as np
import pytest

from rnn_zoo.datasets import Examples, Splits
from rnn_zoo.inspection import inspect

TEXTS = [f"the film {i}" for i in range(100)]
EVEN = ["x", "y"] * 50


def labels(*shares):
    return [label for label, count in shares for _ in range(count)]


CASES = {
    "nothing": (Splits(Examples(TEXTS, EVEN), test=Examples(["film 7 the 8"], ["x"])), None),
    "one class": (
        Splits(Examples(TEXTS, labels(("x", 95), ("y", 5)))),
        "95.0 % of the examples of the training part have the label 'x': a model that always says",
    ),
    "nearly one class": (Splits(Examples(TEXTS, labels(("x", 94), ("y", 6)))), None),
    "one label": (Splits(Examples(TEXTS, ["x"] * 100)), "There is one label, 'x'"),
    "grades": (
        Splits(Examples(TEXTS, ["1", "2", "3", "4", "5"] * 20)),
        "The labels are the numbers 1 to 5. If they are grades",
    ),
    "grades as numbers": (Splits(Examples(TEXTS, [0, 1, 2, 3] * 25)), "are the numbers 0 to 3."),
    "two numbers": (Splits(Examples(TEXTS, [0, 1] * 50)), None),
    "numbers with gaps": (Splits(Examples(TEXTS, [1, 2, 4, 7] * 25)), None),
    "empty": (
        Splits(Examples(["", " ", *TEXTS], ["x", "y", *EVEN])),
        "2 examples of the training part have a text without a single token.",
    ),
    "conflicts": (
        Splits(Examples([*TEXTS, *TEXTS[:2]], [*EVEN, "y", "x"])),
        "4 examples of the training part (3.9 %) have an input that has another label elsewhere",
    ),
    "a leak": (
        Splits(Examples(TEXTS, EVEN), test=Examples(TEXTS[:3] + ["film"] * 97, EVEN)),
        "3 examples of the test part (3.0 %) have an input that the training part has as well",
    ),
    "cut": (
        Splits(Examples([*TEXTS, *["the " * 300] * 6], [*EVEN, *["x"] * 6])),
        "6 texts of the training part are cut after 256 words. --set max_length=301 reads 95 %",
    ),
    "unknown": (
        Splits(Examples(TEXTS, EVEN), test=Examples(["a bore"], ["x"])),
        "100 % of the words of the test part are unknown: training does not see them, or too "
        "rarely. Subwords",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_labeled_texts(case):
    splits, warning = CASES[case]
    warnings = inspect(splits, "sentiment_lstm").warnings
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


def test_what_reading_has_found_comes_first():
    splits = Splits(Examples(TEXTS, ["x"] * 100), warnings=("Odd.",))
    first, second = inspect(splits, "sentiment_lstm").warnings
    assert first == "Odd."
    assert "one label" in second


def test_tags():
    sentences = Examples(
        [["a", f"b{i % 5}"] for i in range(40)], [["O", "O"]] * 38 + [["O", "X"]] * 2
    )
    warnings = inspect(Splits(sentences), "tagger_lstm").warnings
    assert warnings[0].startswith("97.5 % of the words of the training part have the label 'O'")
    numbers = Examples([["a", "b", "c"]] * 3, [[1, 2, 3]] * 3)
    assert inspect(Splits(numbers), "tagger_lstm").warnings == ()  # symbols, as of copy memory


def test_series_that_are_not_finite():
    splits = Splits(Examples(np.ones((2, 3)) * [[1], [np.inf]], np.ones(2)))
    (warning,) = inspect(splits, "adding_lstm").warnings
    assert warning == (
        "1 series of the train part has a value or a target that is no finite number: training "
        "refuses them."
    )


def test_unknown_characters_have_no_remedy():
    splits = Splits(Examples(["abc" * 9]), test=Examples(["xyz"]))
    (warning,) = inspect(splits, "char_lm_lstm").warnings
    assert warning.startswith("100 % of the characters of the test part are unknown")
    assert "ubwords" not in warning
