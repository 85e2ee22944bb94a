"""The kinds of examples that tasks learn from, and where each is found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rnn_zoo.datasets import adding, copy_memory
from rnn_zoo.datasets.addition import addition
from rnn_zoo.datasets.captioned_images import read_captioned_images
from rnn_zoo.datasets.columns import (
    CAPTIONED_IMAGES,
    LABELED_TEXTS,
    SERIES,
    TAGGED_WORDS,
    TEXT_PAIRS,
    TEXTS,
    Roles,
)
from rnn_zoo.datasets.conll import read_tagged
from rnn_zoo.datasets.dates import dates
from rnn_zoo.datasets.digit_strips import digit_strips
from rnn_zoo.datasets.files import read_files
from rnn_zoo.datasets.labeled_files import read_labeled
from rnn_zoo.datasets.paths import Columns
from rnn_zoo.datasets.python_reference import python_reference
from rnn_zoo.datasets.series import read_series
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.synthetic_bookings import synthetic_bookings
from rnn_zoo.datasets.synthetic_reviews import synthetic_reviews
from rnn_zoo.datasets.text_pairs import read_text_pairs
from rnn_zoo.datasets.texts import read_texts


@dataclass(frozen=True)
class Kind:
    """A kind of examples.

    Attributes:
        roles: what an example consists of.
        read: reads local files: a path, the columns that are named, and the files' encoding.
        embedded: the sets that need neither a file nor a network: by name, a function from the
            name of a part to its inputs and targets, or None.
        tfds: whether TFDS has such examples.
    """

    roles: Roles
    read: Callable[[Path, Columns, str], Splits]
    embedded: Mapping[str, Callable[[str], tuple[Sequence[Any], Sequence[Any] | None]]]
    tfds: bool = True


KINDS = {
    "labeled_texts": Kind(
        LABELED_TEXTS,
        partial(read_files, reader=read_labeled),
        {"synthetic_reviews": synthetic_reviews},
    ),
    "text_pairs": Kind(
        TEXT_PAIRS,
        partial(read_files, reader=read_text_pairs, aligned=True),
        {"dates": dates, "addition": addition},
    ),
    "tagged_words": Kind(
        TAGGED_WORDS,
        partial(read_files, reader=read_tagged),
        {
            "synthetic_bookings": synthetic_bookings,
            **{
                f"copy_memory/{delay}": partial(copy_memory.copy_memory, delay=delay)
                for delay in copy_memory.DELAYS
            },
        },
    ),
    "captioned_images": Kind(
        CAPTIONED_IMAGES,
        read_captioned_images,
        {"digit_strips": digit_strips},
        tfds=False,
    ),
    "series": Kind(
        SERIES,
        partial(read_files, reader=read_series),
        {f"adding/{length}": partial(adding.adding, length=length) for length in adding.LENGTHS},
        tfds=False,
    ),
    "texts": Kind(
        TEXTS,
        partial(read_files, reader=read_texts),
        {"python_reference": python_reference},
    ),
}
"""Name -> kind. A new embedded set is an item here."""

EMBEDDED = {name: kind for kind, found in KINDS.items() for name in found.embedded}
"""Name of an embedded set -> its kind."""
