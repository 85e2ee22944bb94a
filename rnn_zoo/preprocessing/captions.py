"""Images and their captions to the tensors of a network that describes what it sees."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field, field_validator

from rnn_zoo.config import Count, Length, Section, VocabularySize
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import check, check_finite, is_numeric
from rnn_zoo.preprocessing.images import encode_images, read_images
from rnn_zoo.preprocessing.preprocessor import Preprocessor, checked_weights
from rnn_zoo.preprocessing.raw import read_token_ids, text_bytes, unpadded, unpadded_row
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer, framed


class CaptionsConfig(Section):
    """Settings of `CaptionsPreprocessor`.

    Attributes:
        shape: `[height, width, channels]` that every image is brought to, with 1 channel (gray) or
            3 (red, green, blue). Of features that were computed elsewhere, `[features]` of a vector
            or `[positions, features]` of a grid.
        lowercase: whether the case of captions is folded.
        max_vocabulary: number of token ids at the most, the special ones counted.
        min_count: a word seen less often while adapting is unknown.
        max_length: maximum number of tokens of a caption; a longer one is cut.
    """

    shape: Annotated[list[Annotated[Length, Field(le=1024)]], Field(min_length=1, max_length=3)]
    lowercase: bool = True
    max_vocabulary: Annotated[VocabularySize, Field(gt=4)] = 10_000
    min_count: Count = 1
    max_length: Length = 32

    @field_validator("shape")
    @classmethod
    def _has_colors(cls, shape: list[int]) -> list[int]:
        if len(shape) == 3 and shape[2] not in (1, 3):
            raise ValueError(f"an image has 1 or 3 channels, not {shape[2]}")
        return shape


class CaptionsPreprocessor(Preprocessor):
    """The `Preprocessor` of captioning.

    An image is an array, a file or an encoded file; see `rnn_zoo.preprocessing.images.read_images`.
    It has one caption or several, each of which makes a pair with it (`pairs`). Captions may also
    be given as token ids `(batch, time)`, one an image, with 0 as padding.

    Args:
        config: what images are brought to, and how captions become tokens.
    """

    TARGETS = "captions"
    TEXTS = (TextSide("vocabulary", True, "max_length", framing=1),)

    def __init__(self, config: CaptionsConfig):
        self.config = config
        self.tokenizer = Tokenizer("words", config.lowercase)
        super().__init__({"vocabulary": self.tokenizer})

    @property
    def has_images(self) -> bool:
        """Whether inputs are images, and not features."""
        return len(self.config.shape) == 3

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix the vocabulary from raw batches `(images, captions, ...)`."""
        counts: Counter[str] = Counter()
        for batch in batches:
            if len(batch) < 2:
                raise DataError("The captions are missing: captioning adapts to images with them.")
            if batch[1].dtype != tf.string:
                raise DataError(
                    "Token ids do not tell which words they stand for: give rnn_zoo.get "
                    "vocabulary_size, or pass raw captions."
                )
            captions = batch[1]
            flat = captions.flat_values if isinstance(captions, tf.RaggedTensor) else captions
            counts += self.tokenizer.count(tf.reshape(flat, [-1]))
        if not counts:
            raise DataError("The data are empty: there is not one caption with a word.")
        config = self.config
        size = self.tokenizer.fix(counts, config.max_vocabulary, config.min_count)
        return {"vocabulary_size": size}

    def read_inputs(self, x: Any) -> tf.Tensor:
        """Images as bytes `(batch, height, width, channels)`, features as they are.

        Raises:
            DataError: an image cannot be read, or features have another shape.
        """
        shape = tuple(self.config.shape)
        if self.has_images:
            return read_images(x, shape)
        try:
            features = np.asarray(x, "float32")
        except (TypeError, ValueError):
            raise DataError(f"Features are float arrays, each of the shape {shape}.") from None
        if features.shape[1:] != shape:
            raise DataError(
                f"Features should have the shape (batch, {', '.join(map(str, shape))}), as the "
                f"setting `shape` says; got {features.shape}."
            )
        finite = np.isfinite(features).all(axis=tuple(range(1, features.ndim)))
        if not finite.all():
            raise DataError(f"Example {np.argmin(finite)} has a feature that is no finite number.")
        return tf.constant(features)

    def read_targets(self, y: Any, inputs: Any) -> tf.RaggedTensor:  # noqa: ARG002 - tags need them
        """Captions as a ragged `(batch, captions)`; token ids as a ragged `(batch, tokens)`.

        Raises:
            DataError: an image has no caption, or one that is no text; the message names it.
        """
        ids = read_token_ids(y, self.tokenizer.size)
        if ids is not None:
            return ids
        if isinstance(y, (str, bytes)):
            raise DataError("One bare string was given where a list of captions is needed.")
        is_padded = isinstance(y, (tf.Tensor, np.ndarray)) and len(y.shape) == 2
        if isinstance(y, (tf.Tensor, tf.RaggedTensor)):
            y = y.to_list() if isinstance(y, tf.RaggedTensor) else y.numpy()
        captions: list[bytes] = []
        counts = []
        for i, row in enumerate(y):
            texts = row if isinstance(row, (list, tuple, np.ndarray)) else [row]
            texts = unpadded_row(texts) if is_padded else texts
            if len(texts) == 0 or any(text is None for text in texts):
                raise DataError(f"Example {i} has an image, but no caption.")
            encoded = [text_bytes(text, i) for text in texts]
            if not all(text.strip() for text in encoded):
                raise DataError(f"Example {i} has a caption without a word.")
            captions += encoded
            counts.append(len(encoded))
        return tf.RaggedTensor.from_row_lengths(tf.constant(captions, tf.string), counts)

    def input_rank(self, dtype: tf.DType) -> int:
        """An encoded image is a scalar, one that is decoded has three dimensions."""
        return 0 if dtype == tf.string else len(self.config.shape)

    def pairs(self, x: Any, y: Any, weight: Any = None) -> tuple[Any, Any, Any]:
        """An image, a caption and a weight, that of its image, for each caption.

        A caption that an image has several times is one pair with as many times the weight: the
        same loss for less work.
        """
        if y.dtype != tf.string:
            return x, y, weight
        y = _checked_captions(y)
        if y.shape.rank == 1:  # one caption an image
            return x, y, weight
        weight = None if weight is None else checked_weights(weight)
        rows = y.value_rowids()
        keys = tf.strings.join([tf.strings.as_string(rows), y.values], separator=" ")
        _, which, counts = tf.unique_with_counts(keys)
        first = tf.math.unsorted_segment_min(tf.range(tf.size(which)), which, tf.size(counts))
        rows, counts = tf.gather(rows, first), tf.cast(counts, keras.config.floatx())
        weights = counts if weight is None else counts * tf.gather(weight, rows)
        return tf.gather(x, rows), tf.gather(y.values, first), weights

    def encode_inputs(self, x: tf.Tensor) -> tf.Tensor:
        """Images `(batch, height, width, channels)`, those that are encoded decoded; features."""
        if self.has_images:
            return encode_images(x, tuple(self.config.shape))
        if not is_numeric(x.dtype) or not x.shape[1:].is_compatible_with(self.config.shape):
            raise DataError(
                f"Features are float arrays, each of the shape {tuple(self.config.shape)}; the "
                f"dataset has {x.dtype.name} of shape {x.shape}."
            )
        return check_finite(tf.cast(x, tf.float32), "Features")

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        kind = "images" if self.has_images else "arrays"
        return {"kind": kind, "name": names[0], "shape": list(self.config.shape)}

    def encode(
        self,
        x: Any,
        y: Any,
        strict: bool = True,  # noqa: ARG002 - there are no labels
    ) -> tuple[tuple[Any, tf.RaggedTensor], tf.RaggedTensor]:
        """The inputs of the network, `x` unchanged, and the tokens that it should predict."""
        ids = self.tokenizer.ids(y)[:, : self.config.max_length - 1]
        return (x, framed(ids, start=True)), framed(ids, end=True)

    def encode_examples(
        self,
        x: Any,
        y: Any,
        weight: Any = None,
        class_weights: tf.Tensor | None = None,
        strict: bool = True,
    ) -> tuple[Any, ...]:
        """As every preprocessor's, of each image with each of its captions."""
        return super().encode_examples(*self.pairs(x, y, weight), class_weights, strict)


def _checked_captions(captions: Any) -> Any:
    """Captions of a dataset, `(batch,)` or ragged `(batch, captions)`, each with a word."""
    if captions.shape.rank not in (1, 2):
        raise DataError(
            "An image has one caption or several, (batch,) or (batch, captions); the dataset has "
            f"them in the shape {captions.shape}."
        )
    if captions.shape.rank == 2 and not isinstance(captions, tf.RaggedTensor):
        captions = unpadded(captions)
    texts = captions
    if isinstance(captions, tf.RaggedTensor):
        texts, fewest = captions.values, tf.reduce_min(captions.row_lengths())
        captions = check(captions, fewest > 0, "An image has no caption.")
    has_words = tf.reduce_all(tf.strings.strip(texts) != "")
    return check(captions, has_words, "An image has a caption without a word.")
