"""Words and their tags to word ids, characters and tag ids."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.config import Count, Length
from rnn_zoo.errors import DataError, shortened
from rnn_zoo.preprocessing.checks import check, graph_errors
from rnn_zoo.preprocessing.labelled_text import NOTHING, Earlier, LabelledText, LabelledTextConfig
from rnn_zoo.preprocessing.labels import Label, read_labels
from rnn_zoo.preprocessing.raw import (
    as_ragged,
    ragged_rows,
    read_step_weights,
    read_token_ids,
    unpadded,
    unpadded_row,
)
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer

BRINGS_NOTHING = (
    "This model reads the characters of words: start without sizes, pass words and let fit build "
    "the vocabulary; or set characters=None to bring word ids."
)


class WordsConfig(LabelledTextConfig):
    """Settings of `TaggingPreprocessor`, beside `LabelledTextConfig`.

    Attributes:
        min_count: 2 by default.
        max_word_length: maximum number of characters (bytes of UTF-8) that are read of a word.
    """

    min_count: Count = 2
    max_word_length: Length = 24


class TaggingPreprocessor(LabelledText):
    """The `Preprocessor` of tagging.

    A sentence is a list of words, or a string that white space divides into words. No sentence is
    cut: every word has its tag. In a `tf.data.Dataset` of strings each is a sentence, and they are
    not batched. In an array or a tensor of words, as `padded_batch` makes it, empty words at the
    end of a row are padding. Without characters, word ids `(batch, time)` may be given too, with 0
    as padding on either side, and tags of the same shape.

    Args:
        config: how words become ids.
        characters: whether the network reads characters.
    """

    CLASSES = "num_tags"
    TEXTS = (TextSide("vocabulary"),)
    config: WordsConfig

    def __init__(self, config: WordsConfig, characters: bool):
        self.characters = characters
        super().__init__(config, Tokenizer("words", config.lowercase, special=()))

    def adapt(self, batches: tf.data.Dataset, earlier: Earlier = NOTHING) -> dict[str, int]:
        """Fix the vocabulary and the tags; see `LabelledText`."""
        counts: Counter[str] = Counter()
        tags: set[Label] = set()
        for words, *targets in batches:
            if words.dtype != tf.string:
                raise DataError(
                    "Word ids do not tell which words they stand for: give rnn_zoo.get "
                    "vocabulary_size and num_tags, or pass words."
                )
            if not targets:
                raise DataError("The tags are missing: a tagger adapts to words and tags.")
            with graph_errors():
                words, of_words = _aligned(words, targets[0])
            counts += self.tokenizer.count(words)
            tags.update(read_labels(of_words.flat_values.numpy()))
        if not tags:
            raise DataError("The data are empty: there is not one tagged word.")
        return self._fix(counts, tags, earlier)

    def read_inputs(self, x: Any) -> tf.RaggedTensor:
        """Words, or word ids, as a ragged `(batch, words)`."""
        if isinstance(x, (str, bytes)):
            raise DataError(
                "One bare string was given where a list of sentences is needed: write [sentence]."
            )
        ids = read_token_ids(x, self.tokenizer.size)
        if ids is not None:
            if self.characters:
                raise DataError(BRINGS_NOTHING)
            return ids
        if isinstance(x, (tf.Tensor, tf.RaggedTensor)) and x.dtype == tf.string:
            return _words(x)
        rows = [_read_words(sentence, i) for i, sentence in enumerate(x)]
        if isinstance(x, np.ndarray) and x.ndim == 2:
            rows = [unpadded_row(row) for row in rows]
        return ragged_rows(rows, tf.string)

    def read_targets(self, y: Any, inputs: Any) -> tf.RaggedTensor:
        """Tags as a ragged `(batch, words)` of strings or integers; padding is cut off."""
        rows = [_read_tags(tags, i) for i, tags in enumerate(y)]
        is_padded = isinstance(y, (tf.Tensor, np.ndarray)) and len(y.shape) == 2
        if len(rows) == inputs.shape[0]:  # else the task says that the numbers differ
            for i, words in enumerate(inputs.row_lengths().numpy()):
                if is_padded and not any(rows[i][words:]):
                    rows[i] = rows[i][:words]
                if words != len(rows[i]):
                    raise DataError(
                        f"Example {i} has {words} words and {len(rows[i])} tags: a word has one "
                        "tag."
                    )
        kinds = {type(tag) for tags in rows for tag in tags}
        if len(kinds) > 1:
            raise DataError("The tags mix strings and numbers: write all of them one way.")
        return ragged_rows(rows, tf.string if str in kinds else tf.int64)

    def read_weights(self, weights: Any, targets: Any) -> Any:
        """Weights, one number an example `(batch,)` or one a word, ragged `(batch, words)`."""
        return read_step_weights(weights, targets.row_lengths().numpy())

    def input_rank(self, dtype: tf.DType) -> int:  # noqa: ARG002 - other tasks' texts are scalars
        """A sentence is a vector, of words or of ids."""
        return 1

    def encode_inputs(self, x: Any) -> Any:
        """Word ids `(batch, words)`; with characters, those too: `(batch, words, characters)`."""
        if x.dtype != tf.string:
            return self.tokenizer.ids(x)
        if self.tokenizer.vocabulary is None and self.characters:
            raise DataError(BRINGS_NOTHING)
        words = _words(x)
        ids = self.tokenizer.ids(words)
        ids = ids.with_flat_values(tf.maximum(ids.flat_values, 1))  # a word "[PAD]" is no padding
        return (ids, self._bytes(words)) if self.characters else ids

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        return {
            "kind": "sentences",
            "names": list(names),
            **self.tokenizer.settings(),
            "max_word_length": self.config.max_word_length,
        }

    def encode(self, x: Any, y: Any, strict: bool = True) -> tuple[Any, tf.RaggedTensor]:
        """Inputs and tag ids `(batch, words)`."""
        words, tags = self.align(x, y)
        return self.encode_inputs(words), self.known_labels.ids(tags, strict)

    def align(self, x: Any, y: Any) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Raw words, or word ids, and their tags, `(batch, words)` each, without padding."""
        words, tags = _aligned(x, y)
        if x.dtype == tf.string:
            return words, tags
        return tuple(tf.ragged.boolean_mask(part, words != 0) for part in (words, tags))

    def _bytes(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Bytes from 1 to 256, 0 being padding, of each word."""
        characters = tf.strings.bytes_split(words.flat_values)[:, : self.config.max_word_length]
        values = tf.reshape(tf.io.decode_raw(characters.flat_values, tf.uint8), [-1])
        return words.with_flat_values(characters.with_flat_values(tf.cast(values, tf.int32) + 1))


def _words(sentences: Any) -> tf.RaggedTensor:
    """Words `(batch, words)` of sentences that are strings `(batch,)`, or words already."""
    if isinstance(sentences, tf.RaggedTensor):
        return sentences
    if sentences.shape.rank == 1:
        return tf.strings.split(sentences)
    return unpadded(sentences)


def _aligned(x: Any, y: Any) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Words, or word ids, and their tags, `(batch, words)` each, without padding of words."""
    words = _words(x) if x.dtype == tf.string else as_ragged(x)
    tags = as_ragged(y)
    if not isinstance(y, tf.RaggedTensor):
        # Where words were padded, so were their tags: with "" or 0.
        inside = tf.sequence_mask(words.row_lengths(), tf.shape(y, tf.int64)[1])
        padding = tf.zeros([], y.dtype)  # "" for strings
        is_padded = tf.reduce_all(inside | (y == padding))
        tags = tf.cond(is_padded, lambda: _cut(y, words.row_lengths()), lambda: tags)
    same = tf.reduce_all(words.row_lengths() == tags.row_lengths())
    message = "Words and tags of an example differ in number: a word has one tag."
    return words, check(tags, same, message)


def _cut(rows: tf.Tensor, lengths: tf.Tensor) -> tf.RaggedTensor:
    """The first steps of rows `(batch, steps)`, as many as there are and at most `lengths`."""
    lengths = tf.minimum(lengths, tf.shape(rows, tf.int64)[1])
    return tf.RaggedTensor.from_tensor(rows, lengths=lengths)


def _read_words(sentence: Any, position: int) -> list[bytes]:
    if isinstance(sentence, (str, bytes)):
        return _encode(sentence).split()  # bytes divide where TensorFlow's strings do
    if isinstance(sentence, (list, tuple, np.ndarray)) and all(
        isinstance(word, (str, bytes)) for word in sentence
    ):
        return [_encode(word) for word in sentence]
    raise DataError(
        f"Example {position} is no sentence but {shortened(sentence)}: pass a list of words, or a "
        "string with white space between the words."
    )


def _read_tags(tags: Any, position: int) -> list[Label]:
    if isinstance(tags, (str, bytes)) or not np.iterable(tags):
        raise DataError(
            f"Example {position} has no list of tags but {shortened(tags)}: a word has one tag."
        )
    try:
        return read_labels(tags)
    except DataError as error:
        raise DataError(f"Tags of example {position}: {error}") from None


def _encode(word: str | bytes) -> bytes:
    return word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape")
