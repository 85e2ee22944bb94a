"""Many to many, aligned: a sequence of words in, the logits of a tag a word out."""

from typing import Any, Literal

import keras
from keras import ops

from rnn_zoo import layers
from rnn_zoo.config import Rate, Units
from rnn_zoo.models.embed import EmbeddingSettings, embed
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import ReaderSettings, recurrent_stack

BYTES = 257  # a character is a byte of UTF-8; 0 is padding


class TaggerConfig(ReaderSettings, EmbeddingSettings):
    """Settings of `tagger`, beside `ReaderSettings` and `EmbeddingSettings`.

    Attributes:
        characters: whether each word is read by its characters (bytes of UTF-8) too, and how: by a
            bidirectional LSTM or by convolutions; see `rnn_zoo.layers.WordReader`.
        character_dim: features of a character's vector.
        character_units: features of a word that come from its characters.
        crf: whether a linear-chain conditional random field decides on all tags of a sentence
            together, and not a softmax on each; see `rnn_zoo.layers.CRF`.
        dropout: share of features dropped while training: after the embedding, between layers and
            before the logits.
    """

    units: Units = 128
    embedding_dim: Units = 100
    characters: Literal["recurrent", "convolutional"] | None = None
    character_dim: Units = 32
    character_units: Units = 64
    crf: bool = False
    dropout: Rate = 0.5


def tagger(
    config: TaggerConfig, vocabulary_size: int, num_tags: int, dtype: Any = None
) -> keras.Model:
    """Build the network: embedding, characters, recurrent stack, logits, CRF.

    Args:
        config: the settings.
        vocabulary_size: number of word ids; 0 is padding.
        num_tags: number of tags.
        dtype: Keras dtype or dtype policy; the logits are float32 under mixed precision.

    Returns:
        A functional model from word ids `(batch, time)`, where the config asks for characters
        `[words, characters (batch, time, characters)]`, to logits `(batch, time, num_tags)`; with a
        CRF to its log-potentials `(batch, time, num_tags, num_tags)`. Padding changes nothing.

    Example:
        >>> network = tagger(TaggerConfig(units=8), vocabulary_size=50, num_tags=3)
        >>> network.output_shape
        (None, None, 3)
    """
    words = keras.Input((None,), dtype="int32", name="words")
    inputs: Any = words
    mask = ops.not_equal(words, 0)  # (batch, time)
    x = embed(words, vocabulary_size, config, dtype)  # (batch, time, features)
    if config.characters is not None:
        characters = keras.Input((None, None), dtype="int32", name="characters")
        inputs = [words, characters]
        read = layers.WordReader(
            config.characters,
            BYTES,
            config.character_dim,
            config.character_units,
            dtype=dtype,
            name="word_reader",
        )(characters)
        x = ops.concatenate([x, read], axis=-1)  # (batch, time, features)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_1")(x)
    x = recurrent_stack(x, mask, config, return_sequences=True, dtype=dtype)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_out")(x)
    logits_dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    x = keras.layers.Dense(num_tags, dtype=logits_dtype, name="logits")(x)
    if config.crf:
        x = layers.CRF(dtype=logits_dtype, name="crf")(x, mask=mask)
    return Network(inputs, x, name="tagger")
