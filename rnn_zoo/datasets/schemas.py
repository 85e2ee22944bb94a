"""The examples that tasks learn from, and where they are found."""

from functools import partial

from rnn_zoo.datasets import adding, copy_memory, values
from rnn_zoo.datasets.addition import addition
from rnn_zoo.datasets.aligned import read_text_pairs
from rnn_zoo.datasets.captioned_images import read_captioned_images
from rnn_zoo.datasets.classes import read_classes, read_labeled_lines
from rnn_zoo.datasets.columns import (
    Column,
    guess_first_two,
    guess_label,
    guess_only,
    guess_order,
)
from rnn_zoo.datasets.conll import read_tagged
from rnn_zoo.datasets.dates import dates
from rnn_zoo.datasets.digit_strips import digit_strips
from rnn_zoo.datasets.documents import read_documents
from rnn_zoo.datasets.formats.delimited import read_tsv
from rnn_zoo.datasets.python_reference import python_reference
from rnn_zoo.datasets.schema import ExampleSchema
from rnn_zoo.datasets.sequential_digits import sequential_digits
from rnn_zoo.datasets.synthetic_bookings import synthetic_bookings
from rnn_zoo.datasets.synthetic_reviews import synthetic_reviews

_TEXT = Column(
    "text",
    {
        "text",
        "sentence",
        "review",
        "content",
        "document",
        "comment",
        "body",
        "tweet",
        "message",
        "in",
    },
    values.texts,
)

SCHEMAS = {
    "labeled_texts": ExampleSchema(
        _TEXT,
        Column(
            "label",
            {"label", "sentiment", "class", "category", "polarity", "target", "rating", "stars"},
            values.labels,
        ),
        {"synthetic_reviews": synthetic_reviews, "sequential_digits": sequential_digits},
        formats={".txt": read_labeled_lines},
        read_layout=read_classes,
        guess=guess_label,
        has_classes=True,
    ),
    "text_pairs": ExampleSchema(
        Column("source", {"source", "src", "input", "question", "text"}, values.texts),
        Column(
            "target",
            {"target", "tgt", "output", "answer", "translation", "reference"},
            values.target_texts,
        ),
        {"dates": dates, "addition": addition},
        formats={".txt": read_tsv},
        read_layout=read_text_pairs,
        guess=guess_first_two,
    ),
    "tagged_words": ExampleSchema(
        Column("words", {"words", "tokens", "form", "in"}, values.words),
        Column(
            "tags",
            {"tags", "upos", "pos", "pos_tags", "ner", "ner_tags", "labels", "out"},
            values.tags,
        ),
        {
            "synthetic_bookings": synthetic_bookings,
            **{
                f"copy_memory/{delay}": partial(copy_memory.copy_memory, delay=delay)
                for delay in copy_memory.DELAYS
            },
            **{
                f"copy_memory/up_to_{delay}": partial(
                    copy_memory.copy_memory, delay=delay, shorter_too=True
                )
                for delay in copy_memory.DELAYS
            },
        },
        read_layout=read_tagged,
        guess=guess_order,
        is_sequence=True,
        has_classes=True,
    ),
    "captioned_images": ExampleSchema(
        Column(
            "images", {"image", "images", "file", "file_name", "filename", "path"}, values.texts
        ),
        Column("captions", {"caption", "captions", "text"}, values.captions),
        {"digit_strips": digit_strips},
        read_folder=read_captioned_images,
        guess=guess_order,
        is_text=False,
    ),
    "series": ExampleSchema(
        Column("series", {"x", "series", "inputs"}, values.series),
        Column("values", {"y", "target", "targets"}, values.series_targets),
        {f"adding/{length}": partial(adding.adding, length=length) for length in adding.LENGTHS},
        guess=guess_order,
        lengths="lengths",
        joins_columns=True,
        is_text=False,
    ),
    "texts": ExampleSchema(
        _TEXT,
        None,
        {"python_reference": python_reference},
        read_layout=read_documents,
        guess=guess_only,
    ),
}
"""Name -> schema. A new embedded set is an item here."""

EMBEDDED = {name: kind for kind, schema in SCHEMAS.items() for name in schema.embedded}
"""Name of an embedded set -> name of its schema."""
