"""Texts and their labels to token ids and class ids."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import tensorflow as tf

from rnn_zoo.config import Length
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.labelled_text import NOTHING, Earlier, LabelledText, LabelledTextConfig
from rnn_zoo.preprocessing.labels import Label, read_labels
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer, Tokens

UNSPACED = ("CJK ", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER", "MYANMAR", "TIBETAN")
"""Beginnings of the Unicode names of letters that are written without spaces between words."""


class TextConfig(LabelledTextConfig):
    """Settings of `TextClassificationPreprocessor`, beside `LabelledTextConfig`.

    Attributes:
        tokens: what a token is: a word (or a punctuation mark), a character, or a piece of a word
            (subwords by byte-pair encoding). Scripts without spaces need characters or subwords.
        max_length: maximum number of tokens of a text; a longer one is cut.
        truncate: which side of a text that is too long is cut off.
    """

    tokens: Tokens = "words"
    max_length: Length = 256
    truncate: Literal["end", "start"] = "end"


class TextClassificationPreprocessor(LabelledText):
    """The `Preprocessor` of text classification.

    Texts may also be given as token ids `(batch, time)`, with 0 as padding on either side.

    Args:
        config: how text becomes tokens.
    """

    CLASSES = "num_classes"
    TEXTS = (TextSide("vocabulary", setting="max_length"),)
    config: TextConfig

    def __init__(self, config: TextConfig):
        super().__init__(config, Tokenizer(config.tokens, config.lowercase, special=()))

    def adapt(self, batches: tf.data.Dataset, earlier: Earlier = NOTHING) -> dict[str, int]:
        """Fix the vocabulary and the label set; see `LabelledText`."""
        if batches.element_spec[0].dtype != tf.string:
            raise DataError(
                "Token ids do not say how large their vocabulary is: give rnn_zoo.get "
                "vocabulary_size and num_classes, or pass raw texts."
            )
        if len(batches.element_spec) < 2:
            raise DataError("The labels are missing: a classifier adapts to texts and labels.")
        _check_labels(batches.element_spec[1])
        counts: Counter[str] = Counter()
        labels: set[Label] = set()
        for texts, targets, *_ in batches:
            counts += self.tokenizer.count(texts)
            labels.update(read_labels(targets.numpy()))
        if not labels:
            raise DataError("The data are empty: there is not one example.")
        if self.config.tokens == "words":
            _hint_at_characters(counts)
        return self._fix(counts, labels, earlier)

    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Texts as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`."""
        ids = read_token_ids(x, self.tokenizer.size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> tf.Tensor:  # noqa: ARG002 - tags need them
        """Labels as strings or integers `(batch,)`."""
        labels = read_labels(y)
        is_text = bool(labels) and isinstance(labels[0], str)
        return tf.constant(labels, tf.string if is_text else tf.int64, shape=(len(labels),))

    def encode_inputs(self, x: tf.Tensor) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)`, cut to the maximal length."""
        ids = self.tokenizer.ids(x)
        if self.config.truncate == "end":
            return ids[:, : self.config.max_length]
        return ids[:, -self.config.max_length :]

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        return {
            "kind": "texts",
            "name": names[0],
            **self.tokenizer.settings(),
            "max_length": self.config.max_length,
            "truncate": self.config.truncate,
            "start": False,
            "end": False,
        }

    def encode(
        self, x: Any, y: tf.Tensor, strict: bool = True
    ) -> tuple[tf.RaggedTensor, tf.Tensor]:
        """Token ids `(batch, tokens)` and class ids `(batch,)`."""
        _check_labels(y)
        labels = tf.cast(y, tf.int32) if y.dtype == tf.bool else y
        return self.encode_inputs(x), self.known_labels.ids(labels, strict)


def _check_labels(labels: Any) -> None:
    """Raise where labels of a dataset, or what it says of them, are not one an example."""
    if labels.dtype.is_floating:
        raise DataError("The labels of a dataset are strings or integers, not floats: cast them.")
    if labels.shape.rank != 1:
        raise DataError(
            "A label is one string or one whole number; a batch of the dataset has labels of the "
            f"shape {labels.shape}."
        )


def _hint_at_characters(counts: Counter[str]) -> None:
    """Warn where most words are written in a script that does not divide words by spaces."""
    total = unspaced = 0
    for word, count in counts.items():
        total += count * len(word)
        unspaced += count * sum(unicodedata.name(c, "").startswith(UNSPACED) for c in word)
    if 2 * unspaced > total:
        warnings.warn(
            "These texts are written without spaces between words, so that a whole sentence counts "
            "as one word: set tokens to characters or subwords.",
            stacklevel=2,
        )
