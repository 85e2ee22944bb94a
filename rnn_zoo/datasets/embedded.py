"""The data sets that need neither a file nor a network."""

from collections.abc import Callable

from rnn_zoo.datasets.labeled_texts import LabeledTexts
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.synthetic_reviews import synthetic_reviews


def _synthetic_reviews() -> Splits:
    return Splits(
        train=LabeledTexts(*synthetic_reviews("train")),
        validation=LabeledTexts(*synthetic_reviews("validation")),
        test=LabeledTexts(*synthetic_reviews("test")),
    )


EMBEDDED: dict[str, Callable[[], Splits]] = {
    "synthetic_reviews": _synthetic_reviews,
}
"""Name -> function that makes the data set. A new embedded set is a line here."""
