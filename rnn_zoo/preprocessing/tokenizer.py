"""Texts that are written token by token: to ids, and back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import check_ids
from rnn_zoo.preprocessing.raw import as_ragged
from rnn_zoo.preprocessing.subwords import join_subwords, split_subwords, train_subwords
from rnn_zoo.preprocessing.text import (
    join_lines,
    normalize,
    split_characters,
    split_whitespace,
    split_words,
    word_characters,
)
from rnn_zoo.preprocessing.vocabulary import (
    END,
    END_ID,
    PADDING,
    START,
    START_ID,
    UNKNOWN,
    Vocabulary,
)

Tokens = Literal["words", "characters", "subwords", "whitespace"]

SPLIT = {"characters": split_characters, "whitespace": split_whitespace}
"""How texts are split where not into words, of which subwords are pieces."""


class Tokenizer:
    """Texts to token ids and back, in the graph, over a vocabulary that `fix` decides on.

    Args:
        tokens: what a token is: a word (or a punctuation mark), a character, a piece of a word, see
            `rnn_zoo.preprocessing.subwords`, or whatever stands between white space, for texts that
            are tokenized already; there the end of a line is a token too.
        lowercase: whether case is folded.
        special: tokens of the vocabulary beside padding and unknown: those that start and end a
            sequence, where one is written.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fix(tokenizer.count(tf.constant(["A red boat", "a boat"])), 100, 1)
        7
        >>> tokenizer.ids(tf.constant(["a blue boat"])).to_list()
        [[4, 1, 5]]
        >>> tokenizer.text(tf.constant([[4, 6, 5, END_ID, 4]])).numpy().tolist()
        [b'a red boat']
    """

    def __init__(
        self,
        tokens: Tokens = "words",
        lowercase: bool = True,
        special: Sequence[str] = (START, END),
    ):
        self.kind = tokens
        self.lowercase = lowercase
        self.special = tuple(special)
        self.size: int | None = None
        """Number of token ids, once it is known."""
        self.vocabulary: Vocabulary | None = None
        self.separator = " " if tokens in ("words", "whitespace") else ""

    def count(self, texts: tf.Tensor | tf.RaggedTensor) -> Counter[str]:
        """How often each token stands in texts `(batch,)`, or in their words `(batch, words)`."""
        return Counter(token.decode() for token in self.parts(texts).flat_values.numpy())

    def fix(
        self,
        counts: Counter[str],
        max_size: int,
        min_count: int,
        known: Sequence[str] = (),
        is_closed: bool = False,
    ) -> int:
        """Decide on the vocabulary, see `Vocabulary.from_counts`; gives the number of ids.

        Args:
            counts: how often each token, or word of which subwords are pieces, was seen.
            max_size: number of ids at the most.
            min_count: a token seen less often is unknown; of subwords all that were learned stay.
            known: tokens that come before those that were counted. No subwords are learned beside
                them.
            is_closed: whether to leave it at those that are known.
        """
        if is_closed or (known and self.kind == "subwords"):
            self.use(Vocabulary([PADDING, UNKNOWN, *self.special, *known]))
        elif self.kind == "subwords":
            # The longer a piece, the rarer it is: numbered in the order in which they were learned.
            special = (PADDING, UNKNOWN, *self.special)
            self.use(Vocabulary([*special, *train_subwords(counts, max_size - len(special))]))
        else:
            self.use(Vocabulary.from_counts(counts, max_size, min_count, self.special, known))
        assert self.size is not None
        return self.size

    def add(self, words: Iterable[str]) -> int:
        """Put words that the vocabulary lacks behind its own; gives how many there are."""
        tokens = self._known().tokens
        cased = map(str.lower, words) if self.lowercase else words
        self.use(Vocabulary(list(dict.fromkeys([*tokens, *cased]))))
        return len(self._known()) - len(tokens)

    def use(self, vocabulary: Vocabulary) -> None:
        """Take this vocabulary."""
        self.vocabulary, self.size = vocabulary, len(vocabulary)

    def split(self, texts: tf.Tensor | tf.RaggedTensor) -> tf.RaggedTensor:
        """Tokens `(batch, tokens)` of texts `(batch,)`, or of their words `(batch, words)`."""
        parts = self.parts(texts)
        return split_subwords(parts, self._known()) if self.kind == "subwords" else parts

    def parts(self, texts: tf.Tensor | tf.RaggedTensor) -> tf.RaggedTensor:
        """As `split`, but words for subwords, which are pieces of them: needs no vocabulary."""
        if isinstance(texts, tf.RaggedTensor):
            return texts.with_flat_values(normalize(texts.flat_values, self.lowercase))
        return SPLIT.get(self.kind, split_words)(texts, self.lowercase)

    def normalized(self, texts: tf.Tensor) -> list[str]:
        """Texts as a decoder that makes no mistake would write them: tokens, joined."""
        separator = "" if self.kind == "characters" else " "
        joined = tf.strings.reduce_join(self.parts(texts), axis=-1, separator=separator)
        return [text.decode() for text in join_lines(joined).numpy()]

    def ids(self, texts: tf.Tensor | tf.RaggedTensor) -> tf.RaggedTensor:
        """Ids `(batch, tokens)` of texts `(batch,)` or of their words `(batch, words)`.

        Token ids that a user brings lose their padding.

        Raises:
            ValueError: there is no vocabulary.
            DataError, tf.errors.InvalidArgumentError: token ids are no whole numbers, or outside
                the vocabulary; see `checks`.
        """
        if texts.dtype != tf.string:
            if not texts.dtype.is_integer or texts.shape.rank != 2:
                raise DataError(
                    "Token ids are whole numbers of the shape (batch, time); the dataset has "
                    f"{texts.dtype.name} of shape {texts.shape}."
                )
            ids = as_ragged(texts)
            if self.size is not None:
                ids = check_ids(ids, self.size, "Token ids")
            ids = tf.cast(ids, tf.int32)  # after the check, since a large one would wrap around
            return tf.ragged.boolean_mask(ids, ids != 0)
        return self._known().ids(self.split(texts))

    def text(self, ids: tf.Tensor) -> tf.Tensor:
        """Texts `(batch,)` of decoded ids `(batch, time)`: what stands before the end.

        Raises:
            ValueError: there is no vocabulary.
        """
        real = tf.cumsum(tf.cast(ids == END_ID, tf.int32), axis=-1) == 0
        joined = self._known().texts(tf.ragged.boolean_mask(ids, real), self.separator)
        return join_subwords(joined) if self.kind == "subwords" else join_lines(joined)

    def tokens(self, ids: tf.RaggedTensor) -> list[str]:
        """The tokens of the first row of ids, the special ones as they are called."""
        return [self._known().tokens[i] for i in ids[0].numpy()]

    def settings(self) -> dict[str, Any]:
        """What a program without TensorFlow needs to do the same.

        Raises:
            ValueError: there is no vocabulary.
        """
        return {
            "tokens": self.kind,
            "lowercase": self.lowercase,
            "vocabulary": self._known().tokens,
            "word_characters": word_characters() if self.kind in ("words", "subwords") else [],
        }

    def _known(self) -> Vocabulary:
        if self.vocabulary is None:
            raise ValueError(
                "There is no vocabulary to read text with: it was built for token ids. Pass token "
                "ids, or start from an entry without sizes and let fit build the vocabulary."
            )
        return self.vocabulary


def framed(ids: tf.RaggedTensor, start: bool = False, end: bool = False) -> tf.RaggedTensor:
    """Ids `(batch, tokens)` with the token that starts or the one that ends a sequence."""
    rows = ids.nrows()
    parts = [ids]
    if start:
        parts.insert(0, tf.fill([rows, 1], START_ID))
    if end:
        parts.append(tf.fill([rows, 1], END_ID))
    return tf.concat(parts, axis=1)
