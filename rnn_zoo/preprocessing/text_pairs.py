"""Pairs of texts to the token ids of an encoder and of a decoder."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Count, Length, Section, VocabularySize
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer, Tokens, framed


class TextPairsConfig(Section):
    """Settings of `TextPairsPreprocessor`.

    Attributes:
        tokens: what a token is: a word (or a punctuation mark), a character, or a piece of a word
            (byte-pair encoding; `max_vocabulary` says how many pieces there are).
        lowercase: whether case is folded, on both sides.
        max_vocabulary: number of token ids of each side at the most, the special ones counted.
        min_count: a word or character seen less often while adapting is unknown.
        max_source_length, max_target_length: maximum number of tokens of a text; a longer one is
            cut.
    """

    tokens: Tokens = "words"
    lowercase: bool = True
    max_vocabulary: Annotated[VocabularySize, Field(gt=4)] = 20_000
    min_count: Count = 1
    max_source_length: Length = 64
    max_target_length: Length = 64


class TextPairsPreprocessor(Preprocessor):
    """The `Preprocessor` of translation.

    The source ends with the token that ends a sequence; what the decoder is given begins with the
    one that starts it, and its target ends with the one that ends it. Either side may also be given
    as token ids `(batch, time)`, with 0 as padding and without those tokens.

    Args:
        config: how texts become tokens.
    """

    TARGETS = "texts"
    TEXTS = (
        TextSide("source_vocabulary", setting="max_source_length"),
        TextSide("target_vocabulary", True, "max_target_length", framing=1),
    )

    def __init__(self, config: TextPairsConfig):
        self.config = config
        self.source = Tokenizer(config.tokens, config.lowercase)
        self.target = Tokenizer(config.tokens, config.lowercase)
        super().__init__({"source_vocabulary": self.source, "target_vocabulary": self.target})

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix both vocabularies from raw batches `(sources, targets, ...)`."""
        sides = (self.source, self.target)
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for pair in batches:
            if len(pair) < 2:
                raise DataError("The targets are missing: translation adapts to pairs of texts.")
            for side, counted, texts in zip(sides, counts, pair[:2], strict=True):
                if texts.dtype != tf.string:
                    raise DataError(
                        "Token ids do not tell which words they stand for: give rnn_zoo.get "
                        "source_vocabulary_size and target_vocabulary_size, or pass raw texts."
                    )
                counted.update(side.count(texts))
        if not counts[1]:
            raise DataError("The data are empty: there is not one target with a token.")
        config = self.config
        source_size, target_size = (
            side.fix(counted, config.max_vocabulary, config.min_count)
            for side, counted in zip(sides, counts, strict=True)
        )
        return {"source_vocabulary_size": source_size, "target_vocabulary_size": target_size}

    def read_inputs(self, x: Any) -> Any:
        """Sources as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`."""
        ids = read_token_ids(x, self.source.size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> Any:  # noqa: ARG002 - tags need them
        """The same for the targets.

        Raises:
            DataError: a target is missing.
        """
        ids = read_token_ids(y, self.target.size)
        if ids is not None:
            return ids
        if isinstance(y, (list, tuple)) and None in y:
            raise DataError(f"Example {list(y).index(None)} has a source, but no target.")
        return read_texts(y)

    def encode_inputs(self, x: Any) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)` of the sources."""
        ids = self.source.ids(x)[:, : self.config.max_source_length]
        return framed(ids, end=True)

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        return {
            "kind": "texts",
            "name": names[0],
            **self.source.settings(),
            "max_length": self.config.max_source_length,
            "truncate": "end",
            "start": False,
            "end": True,
        }

    def encode(
        self,
        x: Any,
        y: Any,
        strict: bool = True,  # noqa: ARG002 - there are no labels
    ) -> tuple[tuple[tf.RaggedTensor, ...], tf.RaggedTensor]:
        """The inputs of the network, and the tokens that it should predict."""
        ids = self.target.ids(y)[:, : self.config.max_target_length - 1]
        return (self.encode_inputs(x), framed(ids, start=True)), framed(ids, end=True)
