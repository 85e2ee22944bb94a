"""Texts that are written token by token: to ids, and back."""

from collections import Counter
from typing import Literal

import tensorflow as tf

from rnn_zoo.preprocessing.text import split_characters, split_words
from rnn_zoo.preprocessing.vocabulary import END, END_ID, START, START_ID, Vocabulary


class Tokenizer:
    """Texts to token ids and back, in the graph, over a vocabulary that `fix` decides on.

    Args:
        tokens: what a token is: a word (or a punctuation mark), or a character.
        lowercase: whether case is folded.
        size: number of token ids, where it is known already.

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
        tokens: Literal["words", "characters"] = "words",
        lowercase: bool = True,
        size: int | None = None,
    ):
        self.words = tokens == "words"
        self.lowercase = lowercase
        self.size = size
        self.vocabulary: Vocabulary | None = None
        self.separator = " " if self.words else ""

    def count(self, texts: tf.Tensor) -> Counter[str]:
        """How often each token stands in texts `(batch,)`."""
        return Counter(token.decode() for token in self.split(texts).flat_values.numpy())

    def fix(self, counts: Counter[str], max_size: int, min_count: int) -> int:
        """Decide on the vocabulary: see `Vocabulary.from_counts`; gives the number of ids."""
        self.use(Vocabulary.from_counts(counts, max_size, min_count, (START, END)))
        assert self.size is not None
        return self.size

    def use(self, vocabulary: Vocabulary) -> None:
        """Take this vocabulary."""
        self.vocabulary, self.size = vocabulary, len(vocabulary)

    def split(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Tokens `(batch, tokens)` of texts `(batch,)`."""
        return (split_words if self.words else split_characters)(texts, self.lowercase)

    def normalized(self, texts: tf.Tensor) -> list[str]:
        """Texts as a decoder that makes no mistake would write them: tokens, joined."""
        joined = tf.strings.reduce_join(self.split(texts), axis=-1, separator=self.separator)
        return [text.decode() for text in joined.numpy()]

    def ids(self, texts: tf.Tensor | tf.RaggedTensor) -> tf.RaggedTensor:
        """Ids `(batch, tokens)` of texts `(batch,)`; those of a user lose their padding.

        Raises:
            ValueError: there is no vocabulary.
        """
        if texts.dtype != tf.string:
            ids = (
                texts if isinstance(texts, tf.RaggedTensor) else tf.RaggedTensor.from_tensor(texts)
            )
            return tf.ragged.boolean_mask(tf.cast(ids, tf.int32), ids != 0)
        if self.vocabulary is None:
            raise ValueError(
                "There is no vocabulary to read text with: it was built for token ids. Pass token "
                "ids, or start from an entry without sizes and let fit build the vocabularies."
            )
        return self.vocabulary.ids(self.split(texts))

    def text(self, ids: tf.Tensor) -> tf.Tensor:
        """Texts `(batch,)` of decoded ids `(batch, time)`: what stands before the end.

        Raises:
            ValueError: there is no vocabulary.
        """
        real = tf.cumsum(tf.cast(ids == END_ID, tf.int32), axis=-1) == 0
        if self.vocabulary is None:
            raise ValueError("There is no vocabulary to write text with: it was built for ids.")
        return self.vocabulary.texts(tf.ragged.boolean_mask(ids, real), self.separator)

    def tokens(self, ids: tf.RaggedTensor) -> list[str]:
        """The tokens of the first row of ids, the special ones as they are called."""
        if self.vocabulary is None:
            raise ValueError("There is no vocabulary to write text with: it was built for ids.")
        return [self.vocabulary.tokens[i] for i in ids[0].numpy()]


def framed(ids: tf.RaggedTensor, start: bool = False, end: bool = False) -> tf.RaggedTensor:
    """Ids `(batch, tokens)` with the token that starts or the one that ends a sequence."""
    rows = ids.nrows()
    parts = [ids]
    if start:
        parts.insert(0, tf.fill([rows, 1], START_ID))
    if end:
        parts.append(tf.fill([rows, 1], END_ID))
    return tf.concat(parts, axis=1)
