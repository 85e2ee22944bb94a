"""Many to one: a sequence of tokens in, the logits of one class out."""

from typing import Any

import keras
from keras import ops

from rnn_zoo import layers
from rnn_zoo.config import Rate, Units
from rnn_zoo.models.embed import EmbeddingSettings, embed
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import PoolingSettings, recurrent_stack


class ClassifierConfig(PoolingSettings, EmbeddingSettings):
    """Settings of `classifier`, beside `PoolingSettings` and `EmbeddingSettings`.

    Attributes:
        dropout: share of features dropped while training: after the embedding (the same ones of
            all words of a text), between layers and before the logits.
    """

    units: Units = 64
    dropout: Rate = 0.5


def classifier(
    config: ClassifierConfig, vocabulary_size: int, num_classes: int, dtype: Any = None
) -> keras.Model:
    """Build the network: embedding, recurrent stack, pooling, logits.

    Args:
        config: the settings.
        vocabulary_size: number of token ids; 0 is padding.
        num_classes: number of logits.
        dtype: Keras dtype or dtype policy; the logits are float32 under mixed precision.

    Returns:
        A functional model from token ids `(batch, time)` to logits `(batch, num_classes)`. Padding
        on either side changes nothing.

    Example:
        >>> network = classifier(ClassifierConfig(units=8), vocabulary_size=50, num_classes=3)
        >>> network.output_shape
        (None, 3)
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = ops.not_equal(tokens, 0)  # (batch, time)
    x = embed(tokens, vocabulary_size, config, dtype)  # (batch, time, features)
    x = keras.layers.SpatialDropout1D(config.dropout, dtype=dtype, name="dropout_1")(x)
    x = recurrent_stack(x, mask, config, return_sequences=config.pooling != "last", dtype=dtype)
    if config.pooling != "last":
        x = layers.SequencePooling(config.pooling, dtype=dtype, name="pooling")(x, mask=mask)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_out")(x)
    logits_dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    logits = keras.layers.Dense(num_classes, dtype=logits_dtype, name="logits")(x)
    return Network(tokens, logits, name="classifier")
