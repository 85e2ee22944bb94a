"""Many to one: a sequence of tokens in, the logits of one class out."""

from typing import Annotated, Any, Literal

import keras
from keras import ops
from pydantic import Field

from rnn_zoo import layers
from rnn_zoo.config import Rate, Section
from rnn_zoo.models.stack import CellName, recurrent_stack


class ClassifierConfig(Section):
    """Settings of `classifier`.

    Attributes:
        cell: `"simple_rnn"`, `"lstm"`, `"gru"`, or the registered Keras name of another cell.
        units: size of the hidden state, in each direction.
        depth: number of recurrent layers.
        bidirectional: read the sequence from both ends.
        embedding_dim: features of a token's vector.
        pooling: what of the hidden states the decision sees: the last one, or the mean or maximum
            over the real steps.
        dropout: share of features dropped while training: after the embedding (the same ones of
            all words of a text), between layers and before the decision.
        recurrent_dropout: share of the hidden state dropped, one mask for the whole sequence.
    """

    cell: CellName = "lstm"
    units: Annotated[int, Field(gt=0)] = 64
    depth: Annotated[int, Field(gt=0)] = 1
    bidirectional: bool = False
    embedding_dim: Annotated[int, Field(gt=0)] = 128
    pooling: Literal["last", "mean", "max"] = "last"
    dropout: Rate = 0.5
    recurrent_dropout: Rate = 0.0


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
    x = layers.Embedding(vocabulary_size, config.embedding_dim, dtype=dtype, name="embedding")(
        tokens
    )
    x = keras.layers.SpatialDropout1D(config.dropout, dtype=dtype, name="dropout_1")(x)
    x = recurrent_stack(
        x,
        mask,
        cell=config.cell,
        units=config.units,
        depth=config.depth,
        bidirectional=config.bidirectional,
        dropout=config.dropout,
        recurrent_dropout=config.recurrent_dropout,
        return_sequences=config.pooling != "last",
        dtype=dtype,
    )
    if config.pooling != "last":
        x = layers.SequencePooling(config.pooling, dtype=dtype, name="pooling")(x, mask=mask)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_out")(x)
    logits_dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    logits = keras.layers.Dense(num_classes, dtype=logits_dtype, name="logits")(x)
    return keras.Model(tokens, logits, name="classifier")
