"""Layers of a network that are not trained, by name."""

from collections.abc import Iterable, Sequence

import keras

from rnn_zoo.errors import ConfigError


def frozen_layers(network: keras.Model) -> list[str]:
    """The layers of a network that have weights and whose `trainable` is false."""
    return [name for name, layer in _layers(network).items() if not layer.trainable]


def freeze(network: keras.Model, names: Iterable[str]) -> None:
    """Set `trainable` of some layers to false.

    Raises:
        ConfigError: the network has no such layer.
    """
    layers = _layers(network)
    for name in names:
        if name not in layers:
            raise ConfigError(
                f"There is no layer {name!r} to freeze; there are {', '.join(layers)}."
            )
        layers[name].trainable = False


def train_only(network: keras.Model, names: Sequence[str]) -> None:
    """Freeze all layers of a network but some; what was frozen stays so.

    Args:
        network: that of a task.
        names: the layers to train, such as `["recurrent_2", "logits"]`.

    Raises:
        ConfigError: the network has no such layer, or none is left to be trained.
    """
    layers = _layers(network)
    unknown = [name for name in names if name not in layers]
    if unknown or not names:
        raise ConfigError(
            f"recipe.trainable names layers of the network, got {', '.join(unknown) or 'none'}. "
            f"They are {', '.join(layers)}."
        )
    freeze(network, layers.keys() - set(names))


def _layers(network: keras.Model) -> dict[str, keras.layers.Layer]:
    return {layer.name: layer for layer in network.layers if layer.weights}
