"""Many to one: a series in, one value or more out."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from rnn_zoo import layers
from rnn_zoo.config import Rate, Units
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import PoolingSettings, recurrent_stack

STANDARDIZE = {"series": "standardize", "targets": "unstandardize"}
"""The layers that know the units."""
Statistics = Mapping[str, Mapping[str, Any]]


class RegressorConfig(PoolingSettings):
    """Settings of `regressor`, beside `PoolingSettings`.

    Attributes:
        dropout: share of features dropped while training, between layers and before the output.
    """

    units: Units = 128
    dropout: Rate = 0.0


def regressor(
    config: RegressorConfig, features: int, outputs: int, dtype: Any = None
) -> keras.Model:
    """Build the network: recurrent stack, pooling, a linear map, all on standardized values.

    The layer `standardize` brings features to mean 0 and standard deviation 1, and `unstandardize`
    gives the outputs the units of the targets. Both change nothing until `fix_units` is called.

    Args:
        config: the settings.
        features: number of features of a step.
        outputs: number of values to predict.
        dtype: Keras dtype or dtype policy; the outputs are float32 under mixed precision.

    Returns:
        A functional model from `[series (batch, time, features), steps (batch, time)]`, where a
        step of 0 is padding, to values `(batch, outputs)`. Padding changes nothing.

    Example:
        >>> network = regressor(RegressorConfig(units=8), features=2, outputs=1)
        >>> network.output_shape
        (None, 1)
    """
    series = keras.Input((None, features), name="series")
    steps = keras.Input((None,), dtype="int32", name="steps")
    mask = ops.not_equal(steps, 0)  # (batch, time)
    wide = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    x = layers.Standardize(dtype=wide, name="standardize")(series)
    many = config.pooling != "last"
    x = recurrent_stack(x, mask, config, return_sequences=many, dtype=dtype)
    if many:
        x = layers.SequencePooling(config.pooling, dtype=dtype, name="pooling")(x, mask=mask)
    x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_out")(x)
    x = keras.layers.Dense(outputs, dtype=wide, name="values")(x)
    values = layers.Standardize(invert=True, dtype=wide, name="unstandardize")(x)
    return Network([series, steps], values, name="regressor")


def fix_units(network: keras.Model, statistics: Statistics) -> None:
    """Set the units of a regressor.

    Args:
        network: what `regressor` returned.
        statistics: of `"series"` and of `"targets"` the `"mean"` and the `"std"` of each column.
    """
    for name, layer in STANDARDIZE.items():
        network.get_layer(layer).fix(**statistics[name])


def units_of(network: keras.Model) -> Statistics:
    """What `fix_units` takes, as plain Python values."""
    return {
        name: {
            weight.name: ops.convert_to_numpy(weight.value).tolist()
            for weight in network.get_layer(layer).weights
        }
        for name, layer in STANDARDIZE.items()
    }
