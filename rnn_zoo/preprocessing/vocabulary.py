"""Tokens and their ids."""

from collections import Counter
from collections.abc import Sequence

import tensorflow as tf

PADDING = "[PAD]"
UNKNOWN = "[UNK]"
START = "[START]"
END = "[END]"
PADDING_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
"""Ids of the special tokens, of which not every vocabulary has `START` and `END`."""


class Vocabulary:
    """A list of tokens; a token's id is its position.

    Args:
        tokens: the tokens, all different. Where `UNKNOWN` is among them, its id stands for every
            token that is not; without it such a token's id is -1.

    Raises:
        ValueError: a token stands twice.

    Example:
        >>> vocabulary = Vocabulary([PADDING, UNKNOWN, "good", "bad"])
        >>> vocabulary.ids(tf.constant(["bad", "good", "worse"])).numpy().tolist()
        [3, 2, 1]
    """

    def __init__(self, tokens: Sequence[str]):
        self.tokens = list(tokens)
        repeated = [token for token, count in Counter(self.tokens).items() if count > 1]
        if repeated:
            raise ValueError(f"These tokens stand twice in the vocabulary: {repeated[:5]}.")
        default = self.tokens.index(UNKNOWN) if UNKNOWN in self.tokens else -1
        with tf.init_scope():  # the table outlives the graph that happens to be traced
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self.tokens, tf.string), tf.range(len(self.tokens), dtype=tf.int64)
                ),
                default_value=default,
            )

    @classmethod
    def from_counts(
        cls,
        counts: Counter[str],
        max_size: int | None = None,
        min_count: int = 1,
        special: Sequence[str] = (),
        known: Sequence[str] = (),
    ) -> "Vocabulary":
        """The most frequent tokens, after `PADDING` (id 0), `UNKNOWN` (id 1) and the special ones.

        Args:
            counts: how often each token was seen.
            max_size: number of ids at the most, the special ones counted.
            min_count: a token seen less often is unknown.
            special: tokens with a meaning of their own, such as `START` and `END`.
            known: tokens that come before the others, however rare and many they are.
        """
        known = [PADDING, UNKNOWN, *special, *known]
        own = set(known)
        frequent = [t for t, count in counts.items() if count >= min_count and t not in own]
        frequent.sort(key=lambda token: (-counts[token], token))
        return cls([*known, *frequent][: max_size and max(max_size, len(known))])

    def __len__(self) -> int:
        return len(self.tokens)

    def ids(self, tokens: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        """Ids (int32) of a tensor of tokens, of any shape."""
        return tf.cast(self.table.lookup(tokens), tf.int32)

    def texts(self, ids: tf.RaggedTensor, separator: str) -> tf.Tensor:
        """The tokens of ids `(batch, tokens)`, joined to one string a row, inside a graph."""
        tokens = tf.gather(tf.constant(self.tokens), ids.flat_values)
        return tf.strings.reduce_join(ids.with_flat_values(tokens), axis=-1, separator=separator)
