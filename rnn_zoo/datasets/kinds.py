"""The kinds of examples that tasks learn from, and where each is found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnn_zoo.datasets.addition import addition
from rnn_zoo.datasets.columns import LABELED_TEXTS, TAGGED_WORDS, TEXT_PAIRS, TEXTS, Roles
from rnn_zoo.datasets.conll import read_tagged
from rnn_zoo.datasets.dates import dates
from rnn_zoo.datasets.files import Reader
from rnn_zoo.datasets.labeled_files import read_labeled
from rnn_zoo.datasets.python_reference import python_reference
from rnn_zoo.datasets.synthetic_bookings import synthetic_bookings
from rnn_zoo.datasets.synthetic_reviews import synthetic_reviews
from rnn_zoo.datasets.text_pairs import read_text_pairs
from rnn_zoo.datasets.texts import read_texts


@dataclass(frozen=True)
class Kind:
    """A kind of examples.

    Attributes:
        roles: what an example consists of.
        reader: reads local files.
        embedded: the sets that need neither a file nor a network: by name, a function from the
            name of a part to its inputs and targets, or None.
        aligned: whether a part may be two files that are aligned line by line.
    """

    roles: Roles
    reader: Reader
    embedded: Mapping[str, Callable[[str], tuple[Sequence[Any], Sequence[Any] | None]]]
    aligned: bool = False


KINDS = {
    "labeled_texts": Kind(LABELED_TEXTS, read_labeled, {"synthetic_reviews": synthetic_reviews}),
    "text_pairs": Kind(
        TEXT_PAIRS,
        read_text_pairs,
        {"dates": dates, "addition": addition},
        aligned=True,
    ),
    "tagged_words": Kind(TAGGED_WORDS, read_tagged, {"synthetic_bookings": synthetic_bookings}),
    "texts": Kind(TEXTS, read_texts, {"python_reference": python_reference}),
}
"""Name -> kind. A new embedded set is an item here."""

EMBEDDED = {name: kind for kind, found in KINDS.items() for name in found.embedded}
"""Name of an embedded set -> its kind."""
