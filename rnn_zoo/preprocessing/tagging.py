"""Words and their tags to word ids, characters and tag ids."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tensorflow as tf
from pydantic import Field

from rnn_zoo.config import Section
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import check
from rnn_zoo.preprocessing.labels import Label, LabelSet, known, read_labels
from rnn_zoo.preprocessing.raw import read_token_ids
from rnn_zoo.preprocessing.vocabulary import Vocabulary

BRINGS_NOTHING = (
    "This model reads the characters of words: start without sizes, pass words and let fit build "
    "the vocabulary; or set characters=None to bring word ids."
)


class WordsConfig(Section):
    """Settings of `TaggingPreprocessor`.

    Attributes:
        lowercase: whether case is folded; the characters keep theirs.
        max_vocabulary: number of word ids at the most, padding and unknown counted.
        min_count: a word seen less often while adapting is unknown. Above 1, training shows what an
            unknown word is like.
        max_word_length: of a longer word so many characters (bytes of UTF-8) are read.
    """

    lowercase: bool = True
    max_vocabulary: Annotated[int, Field(gt=2)] = 20_000
    min_count: Annotated[int, Field(gt=0)] = 2
    max_word_length: Annotated[int, Field(gt=0)] = 24


class TaggingPreprocessor:
    """The `Preprocessor` of tagging.

    A sentence is a list of words, or a string that white space divides into words. No sentence is
    cut: every word has its tag. In a `tf.data.Dataset` of strings each is a sentence, and they are
    not batched. Without characters, word ids `(batch, time)` may be given too, with 0 as padding on
    either side, and tags of the same shape.

    Args:
        config: how words become ids.
        characters: whether the network reads characters.
        vocabulary_size: number of word ids, where that is known already.
        labels: the tags, where they are known already.
    """

    def __init__(
        self,
        config: WordsConfig,
        characters: bool,
        vocabulary_size: int | None = None,
        labels: Sequence[Label] | None = None,
    ):
        self.config = config
        self.characters = characters
        self.vocabulary: Vocabulary | None = None
        self.vocabulary_size = vocabulary_size
        self.label_set = None if labels is None else LabelSet(labels)

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix the vocabulary and the tags from raw batches `(words, tags, ...)`."""
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
            known_words = self._normalized(_split(words)).flat_values.numpy()
            counts.update(word.decode("utf-8") for word in known_words)
            tags.update(read_labels(_flat(targets[0]).numpy()))
        if not tags:
            raise DataError("The data are empty: there is not one tagged word.")
        self.vocabulary = Vocabulary.from_counts(
            counts, self.config.max_vocabulary, self.config.min_count
        )
        self.label_set = LabelSet.from_examples(tags)
        self.vocabulary_size = len(self.vocabulary)
        return {"vocabulary_size": len(self.vocabulary), "num_tags": len(self.label_set)}

    def read_inputs(self, x: Any) -> tf.RaggedTensor:
        """Words, or word ids, as a ragged `(batch, words)`."""
        if isinstance(x, (str, bytes)):
            raise DataError(
                "One bare string was given where a list of sentences is needed: write [sentence]."
            )
        ids = read_token_ids(x, self.vocabulary_size)
        if ids is not None:
            if self.characters:
                raise DataError(BRINGS_NOTHING)
            return ids
        if isinstance(x, (tf.Tensor, tf.RaggedTensor)) and x.dtype == tf.string:
            return _split(x)
        rows = [_read_words(sentence, i) for i, sentence in enumerate(x)]
        return _ragged(rows, tf.string)

    def read_targets(self, y: Any, inputs: Any) -> tf.RaggedTensor:
        """Tags as a ragged `(batch, words)` of strings or integers."""
        rows = [_read_tags(tags, i) for i, tags in enumerate(y)]
        if len(rows) == inputs.shape[0]:  # else the task says that the numbers differ
            for i, (words, tags) in enumerate(zip(inputs.row_lengths().numpy(), rows, strict=True)):
                if words != len(tags):
                    raise DataError(
                        f"Example {i} has {words} words and {len(tags)} tags: a word has one tag."
                    )
        if self.label_set is not None:
            names = {str(label) for label in self.label_set.labels}
            for i, tags in enumerate(rows):
                for tag in tags:
                    if str(tag) not in names:
                        raise DataError(f"Tag {tag!r} (example {i}) {self.label_set.not_in_set()}")
        kinds = {type(tag) for tags in rows for tag in tags}
        if len(kinds) > 1:
            raise DataError("The tags mix strings and numbers: write all of them one way.")
        return _ragged(rows, tf.string if str in kinds else tf.int64)

    def rank(self, dtype: tf.DType) -> int:  # noqa: ARG002 - other tasks' texts are scalars
        """A sentence is a vector, of words or of ids."""
        return 1

    def encode_inputs(self, x: Any) -> Any:
        """Word ids `(batch, words)`; with characters, those too: `(batch, words, characters)`."""
        if x.dtype != tf.string:
            ids = _as_ragged(tf.cast(x, tf.int32))
            return tf.ragged.boolean_mask(ids, ids != 0)
        if self.vocabulary is None:
            raise DataError(
                BRINGS_NOTHING
                if self.characters
                else "There is no vocabulary to read words with: it was built for word ids. Pass "
                "word ids, or start from an entry without sizes and let fit build the vocabulary."
            )
        words = _split(x)
        ids = self.vocabulary.ids(self._normalized(words))
        ids = ids.with_flat_values(tf.maximum(ids.flat_values, 1))  # a word "[PAD]" is no padding
        return (ids, self._bytes(words)) if self.characters else ids

    def encode(self, x: Any, y: Any) -> tuple[Any, tf.RaggedTensor]:
        """Inputs and tag ids `(batch, words)`."""
        words, tags = _split(x) if x.dtype == tf.string else _as_ragged(x), _as_ragged(y)
        same = tf.reduce_all(words.row_lengths() == tags.row_lengths())
        message = "Words and tags of an example differ in number: a word has one tag."
        ids = known(self.label_set).ids(check(tags, same, message))
        if x.dtype != tf.string:
            ids = tf.ragged.boolean_mask(ids, words != 0)
        return self.encode_inputs(x), ids

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:
        """One weight a tag; weights are keyed by tag or, for string tags, by tag id."""
        return known(self.label_set).weights(weights)

    def tables(self) -> list[Any]:
        """The vocabulary's table, where there is one."""
        return [] if self.vocabulary is None else [self.vocabulary.table]

    def save_assets(self, folder: Path) -> None:
        """Write the vocabulary, where there is one."""
        if self.vocabulary is not None:
            self.vocabulary.save(folder / "vocabulary.json")

    def load_assets(self, folder: Path) -> None:
        """Read the vocabulary."""
        self.vocabulary = Vocabulary.load(folder / "vocabulary.json")

    def _normalized(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        flat = tf.strings.unicode_transcode(words.flat_values, "UTF-8", "UTF-8", errors="replace")
        if self.config.lowercase:
            flat = tf.strings.lower(flat, encoding="utf-8")
        return words.with_flat_values(flat)

    def _bytes(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Bytes from 1 to 256, 0 being padding, of each word."""
        characters = tf.strings.bytes_split(words.flat_values)[:, : self.config.max_word_length]
        values = tf.reshape(tf.io.decode_raw(characters.flat_values, tf.uint8), [-1])
        return words.with_flat_values(characters.with_flat_values(tf.cast(values, tf.int32) + 1))


def _split(sentences: Any) -> tf.RaggedTensor:
    """Words `(batch, words)` of sentences that are strings `(batch,)` or words already."""
    if isinstance(sentences, tf.RaggedTensor):
        return sentences
    if sentences.shape.rank == 1:
        return tf.strings.split(sentences)
    return _as_ragged(sentences)


def _as_ragged(rows: Any) -> tf.RaggedTensor:
    if isinstance(rows, tf.RaggedTensor):
        return rows
    # From row lengths: as `from_tensor` makes it, ragged of rows of one length, it would not make a
    # dataset.
    count, steps = tf.unstack(tf.shape(rows, tf.int64))
    return tf.RaggedTensor.from_row_lengths(tf.reshape(rows, [-1]), tf.fill([count], steps))


def _flat(rows: Any) -> tf.Tensor:
    return rows.flat_values if isinstance(rows, tf.RaggedTensor) else tf.reshape(rows, [-1])


def _ragged(rows: list[list], dtype: tf.DType) -> tf.RaggedTensor:
    flat = [value for row in rows for value in row]
    return tf.RaggedTensor.from_row_lengths(
        tf.constant(flat, dtype, shape=(len(flat),)), [len(row) for row in rows]
    )


def _read_words(sentence: Any, position: int) -> list[bytes]:
    if isinstance(sentence, (str, bytes)):
        return _encode(sentence).split()  # bytes divide where TensorFlow's strings do
    if isinstance(sentence, (list, tuple, np.ndarray)) and all(
        isinstance(word, (str, bytes)) for word in sentence
    ):
        return [_encode(word) for word in sentence]
    raise DataError(
        f"Example {position} is no sentence but {sentence!r}: pass a list of words, or a string "
        "with white space between the words."
    )


def _read_tags(tags: Any, position: int) -> list[Label]:
    if isinstance(tags, (str, bytes)) or not np.iterable(tags):
        raise DataError(f"Example {position} has no list of tags but {tags!r}: a word has one tag.")
    try:
        return read_labels(tags)
    except DataError as error:
        raise DataError(f"Tags of example {position}: {error}") from None


def _encode(word: str | bytes) -> bytes:
    return word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape")
