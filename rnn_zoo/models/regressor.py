"""Many to one: a series in, a number or more out."""

from typing import Annotated, Any

import keras
from keras import ops
from pydantic import Field

from rnn_zoo import layers
from rnn_zoo.config import Rate
from rnn_zoo.models.stack import PoolingSettings, recurrent_stack


class RegressorConfig(PoolingSettings):
    """Settings of `regressor`, beside `PoolingSettings`.

    Attributes:
        dropout: share of features dropped while training, between layers and before the decision.
    """

    units: Annotated[int, Field(gt=0)] = 128
    dropout: Rate = 0.0


def regressor(
    config: RegressorConfig, features: int, outputs: int, dtype: Any = None
) -> keras.Model:
    """Build the network: recurrent stack, pooling, a linear map.

    Args:
        config: the settings.
        features: of a step.
        outputs: numbers that it gives.
        dtype: Keras dtype or dtype policy; the outputs are float32 under mixed precision.

    Returns:
        A functional model from `[series (batch, time, features), steps (batch, time)]`, where a
        step of 0 is padding, to numbers `(batch, outputs)`. Padding changes nothing.

    Example:
        >>> network = regressor(RegressorConfig(units=8), features=2, outputs=1)
        >>> network.output_shape
        (None, 1)
    """
    series = keras.Input((None, features), name="series")
    steps = keras.Input((None,), dtype="int32", name="steps")
    mask = ops.not_equal(steps, 0)  # (batch, time)
    many = config.pooling != "last"
    x = recurrent_stack(series, mask, config, return_sequences=many, dtype=dtype)
    if many:
        x = layers.SequencePooling(config.pooling, dtype=dtype, name="pooling")(x, mask=mask)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_out")(x)
    wide = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    numbers = keras.layers.Dense(outputs, dtype=wide, name="numbers")(x)
    return keras.Model([series, steps], numbers, name="regressor")
