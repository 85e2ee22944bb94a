"""Tokens to their vectors."""

from collections.abc import Sequence
from typing import Annotated, Any

import keras
from keras import ops
from pydantic import Field

from rnn_zoo import layers
from rnn_zoo.config import Section, Units
from rnn_zoo.errors import ConfigError
from rnn_zoo.vectors import WordVectors

FIXED = "fixed_embedding"
"""The layer whose vectors are not trained in any case."""


class EmbeddingSettings(Section):
    """Settings of the vectors of tokens.

    Attributes:
        embedding_dim: features of a token's vector.
        train_embedding: whether the vectors are trained.
        fixed_words: how many tokens, the last ones of the vocabulary, have vectors that are not
            trained in any case: words that the training data lack, or hold less often than
            `min_count`, and that have a vector. A step of training updates the others alone.
    """

    embedding_dim: Units = 128
    train_embedding: bool = True
    fixed_words: Annotated[int, Field(ge=0, le=1_000_000)] = 0


def embed(tokens: Any, vocabulary_size: int, settings: EmbeddingSettings, dtype: Any = None) -> Any:
    """Look up the vectors of tokens, in layers `embedding` and, of fixed words, `fixed_embedding`.

    Args:
        tokens: ids `(batch, time)`.
        vocabulary_size: number of token ids.
        settings: of the vectors.
        dtype: Keras dtype or dtype policy.

    Returns:
        Vectors `(batch, time, embedding_dim)`.

    Raises:
        ConfigError: there are fewer token ids than fixed words.
    """
    trained = vocabulary_size - settings.fixed_words
    if trained < 1:
        raise ConfigError(
            f"fixed_words={settings.fixed_words}, but there are {vocabulary_size} token ids."
        )
    own = layers.Embedding(
        trained,
        settings.embedding_dim,
        trainable=settings.train_embedding,
        dtype=dtype,
        name="embedding",
    )
    if not settings.fixed_words:
        return own(tokens)
    fixed = keras.layers.Embedding(
        settings.fixed_words,
        settings.embedding_dim,
        embeddings_initializer="zeros",
        trainable=False,
        dtype=dtype,
        name=FIXED,
    )
    is_own = ops.expand_dims(ops.less(tokens, trained), -1)  # (batch, time, 1)
    return ops.where(
        is_own, own(ops.minimum(tokens, trained - 1)), fixed(ops.maximum(tokens - trained, 0))
    )


def set_vectors(
    network: keras.Model, vectors: WordVectors, tokens: Sequence[str], fixed_words: int
) -> None:
    """Give known vectors to the layers that `embed` has made.

    Args:
        network: that has the layers.
        vectors: of words; tokens without one get random ones.
        tokens: those of the vocabulary.
        fixed_words: how many of them, the last ones, are not trained.
    """
    own = len(tokens) - fixed_words
    embedding: Any = network.get_layer("embedding")
    embedding.embeddings.assign(vectors.table(tokens[:own]))
    if fixed_words:
        fixed: Any = network.get_layer(FIXED)
        fixed.embeddings.assign(vectors.table(tokens[own:]))
