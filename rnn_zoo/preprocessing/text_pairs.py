"""Pairs of texts to the token ids of an encoder and of a decoder, and ids back to text."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Section
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text import split_characters, split_words
from rnn_zoo.preprocessing.vocabulary import END, END_ID, START, START_ID, Vocabulary


class TextPairsConfig(Section):
    """Settings of `TextPairsPreprocessor`.

    Attributes:
        tokens: what a token is: a word (or a punctuation mark), or a character.
        lowercase: whether case is folded, on both sides.
        max_vocabulary: number of token ids of each side at the most, the special ones counted.
        min_count: a token seen less often while adapting is unknown.
        max_source_length, max_target_length: a longer text is cut to so many tokens; no more are
            decoded.
        reverse_source: whether the source is read backwards, which brings its beginning close to
            that of the target (Sutskever, Vinyals and Le, 2014, "Sequence to sequence learning with
            neural networks").
    """

    tokens: Literal["words", "characters"] = "words"
    lowercase: bool = True
    max_vocabulary: Annotated[int, Field(gt=4)] = 20_000
    min_count: Annotated[int, Field(gt=0)] = 1
    max_source_length: Annotated[int, Field(gt=0)] = 64
    max_target_length: Annotated[int, Field(gt=0)] = 64
    reverse_source: bool = False


class TextPairsPreprocessor:
    """The `Preprocessor` of translation.

    The source ends with the token that ends a sequence; what the decoder is given begins with the
    one that starts it, and its target ends with the one that ends it. Either side may also be given
    as token ids `(batch, time)`, with 0 as padding and without those tokens.

    Args:
        config: how texts become tokens.
        source_size, target_size: numbers of token ids, where they are known already.
    """

    def __init__(
        self,
        config: TextPairsConfig,
        source_size: int | None = None,
        target_size: int | None = None,
    ):
        self.config = config
        self.source_size = source_size
        self.target_size = target_size
        self.source: Vocabulary | None = None
        self.target: Vocabulary | None = None
        self.separator = " " if config.tokens == "words" else ""

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix both vocabularies from raw batches `(sources, targets, ...)`."""
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for pair in batches:
            if len(pair) < 2:
                raise DataError("The targets are missing: translation adapts to pairs of texts.")
            for side, texts in zip(counts, pair[:2], strict=True):
                if texts.dtype != tf.string:
                    raise DataError(
                        "Token ids do not tell which words they stand for: give rnn_zoo.get "
                        "source_vocabulary_size and target_vocabulary_size, or pass raw texts."
                    )
                side.update(token.decode() for token in self.split(texts).flat_values.numpy())
        if not counts[1]:
            raise DataError("The data are empty: there is not one target with a token.")
        config = self.config
        self.source, self.target = (
            Vocabulary.from_counts(side, config.max_vocabulary, config.min_count, (START, END))
            for side in counts
        )
        self.source_size, self.target_size = len(self.source), len(self.target)
        return {
            "source_vocabulary_size": self.source_size,
            "target_vocabulary_size": self.target_size,
        }

    def split(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Tokens `(batch, tokens)` of texts `(batch,)`."""
        split = split_words if self.config.tokens == "words" else split_characters
        return split(texts, self.config.lowercase)

    def normalized(self, texts: tf.Tensor) -> tf.Tensor:
        """Texts as a decoder that makes no mistake would write them: tokens, joined."""
        return tf.strings.reduce_join(self.split(texts), axis=-1, separator=self.separator)

    def text(self, ids: tf.Tensor) -> tf.Tensor:
        """Texts `(batch,)` of decoded ids `(batch, time)`: what stands before the end."""
        real = tf.cumsum(tf.cast(ids == END_ID, tf.int32), axis=-1) == 0
        if self.target is None:
            raise ValueError("There is no vocabulary to write text with: it was built for ids.")
        return self.target.texts(tf.ragged.boolean_mask(ids, real), self.separator)

    def read_inputs(self, x: Any) -> Any:
        """Sources as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`."""
        ids = read_token_ids(x, self.source_size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> Any:  # noqa: ARG002 - tags need them
        """The same for the targets.

        Raises:
            DataError: a target is missing.
        """
        ids = read_token_ids(y, self.target_size)
        if ids is not None:
            return ids
        if isinstance(y, (list, tuple)) and None in y:
            raise DataError(f"Example {list(y).index(None)} has a source, but no target.")
        return read_texts(y)

    def rank(self, dtype: tf.DType) -> int:
        """A text is a scalar, token ids are a vector."""
        return 0 if dtype == tf.string else 1

    def encode_inputs(self, x: Any) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)` of the sources."""
        ids = self._ids(x, self.source)[:, : self.config.max_source_length]
        if self.config.reverse_source:
            ids = _reversed(ids)
        return _with(ids, end=True)

    def encode(self, x: Any, y: Any) -> tuple[tuple[tf.RaggedTensor, ...], tf.RaggedTensor]:
        """Source and target as the network takes them, and what it should say."""
        ids = self._ids(y, self.target)[:, : self.config.max_target_length - 1]
        return (self.encode_inputs(x), _with(ids, start=True)), _with(ids, end=True)

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:  # noqa: ARG002 - none fit
        """There are no classes."""
        raise DataError("class_weight: the targets are texts, which have no classes.")

    def tables(self) -> list[Any]:
        """The vocabularies' tables, where there are any."""
        return [side.table for side in (self.source, self.target) if side is not None]

    def save_assets(self, folder: Path) -> None:
        """Write the vocabularies, where there are any."""
        for name, side in (("source", self.source), ("target", self.target)):
            if side is not None:
                side.save(folder / f"{name}_vocabulary.json")

    def load_assets(self, folder: Path) -> None:
        """Read the vocabularies."""
        self.source = Vocabulary.load(folder / "source_vocabulary.json")
        self.target = Vocabulary.load(folder / "target_vocabulary.json")

    def _ids(self, texts: Any, vocabulary: Vocabulary | None) -> tf.RaggedTensor:
        if texts.dtype != tf.string:
            ids = (
                texts if isinstance(texts, tf.RaggedTensor) else tf.RaggedTensor.from_tensor(texts)
            )
            return tf.ragged.boolean_mask(tf.cast(ids, tf.int32), ids != 0)
        if vocabulary is None:
            raise ValueError(
                "There is no vocabulary to read text with: it was built for token ids. Pass token "
                "ids, or start from an entry without sizes and let fit build the vocabularies."
            )
        return vocabulary.ids(self.split(texts))


def _with(ids: tf.RaggedTensor, start: bool = False, end: bool = False) -> tf.RaggedTensor:
    rows = ids.nrows()
    parts = [ids]
    if start:
        parts.insert(0, tf.fill([rows, 1], START_ID))
    if end:
        parts.append(tf.fill([rows, 1], END_ID))
    return tf.concat(parts, axis=1)


def _reversed(ids: tf.RaggedTensor) -> tf.RaggedTensor:
    """Every row backwards."""
    rows = ids.value_rowids()
    places = tf.range(tf.size(ids.values, rows.dtype))
    mirrored = tf.gather(ids.row_starts() + ids.row_limits() - 1, rows) - places
    return ids.with_values(tf.gather(ids.values, mirrored))
