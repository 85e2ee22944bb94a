"""Optimizers from the section of an entry, and back."""

import keras

from rnn_zoo.config import OptimizerConfig, validate
from rnn_zoo.errors import ConfigError
from rnn_zoo.optimizers.adam import Adam

OWN_OPTIMIZERS = {"adam": Adam}


def optimizer_from(config: OptimizerConfig) -> keras.optimizers.Optimizer:
    """The optimizer that an entry's section describes.

    Example:
        >>> optimizer_from(OptimizerConfig(name="sgd", clipnorm=2.0)).clipnorm
        2.0
    """
    settings = config.model_dump(exclude_none=True)
    name = settings.pop("name")
    if name in OWN_OPTIMIZERS:
        return OWN_OPTIMIZERS[name](**settings)
    return keras.optimizers.get({"class_name": name, "config": settings})


def config_of(optimizer: keras.optimizers.Optimizer | None) -> OptimizerConfig | None:
    """The section that describes an optimizer; None where no section does.

    Example:
        >>> config_of(keras.optimizers.Adam(1e-3, clipnorm=1.0)).name
        'adam'
    """
    if optimizer is None:
        return None
    settings = optimizer.get_config()
    shared = settings.keys() & (OptimizerConfig.model_fields.keys() - {"name"})
    raw = {key: settings[key] for key in shared if settings[key] is not None}
    if raw.get("momentum") == 0:
        del raw["momentum"]  # the default, which the section leaves out
    if isinstance(rate := raw.get("learning_rate"), float):
        raw["learning_rate"] = float(f"{rate:.7g}")  # as it was before it was a float32
    try:
        return validate(OptimizerConfig, raw | {"name": type(optimizer).__name__.lower()}, "")
    except ConfigError:  # another optimizer, a schedule, no clipping
        return None
