"""Models with Keras' recurrent layers, and with ours."""

from collections.abc import Callable
from typing import Any

import keras

from rnn_zoo.convert.counterparts import CELLS, of_keras, ours
from rnn_zoo.errors import ConversionError
from rnn_zoo.layers import RNN


def from_keras(model: keras.Model) -> keras.Model:
    """A copy of a model in which `keras.layers.LSTM`, `GRU` and `SimpleRNN` are of this package.

    Each becomes `rnn_zoo.layers.RNN` over the cell of that name, also within `Bidirectional` and
    within models that are layers, with the same name, settings and weights. Every other layer is
    copied as it is. The copy computes the same, runs in the fast scan, and is read by
    `rnn_zoo.diagnostics`. It is not compiled.

    Args:
        model: a functional or sequential model that has its weights.

    Raises:
        ConversionError: the model is a subclass of `keras.Model`, whose layers cannot be replaced,
            or has no weights yet.

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((None, 3)), keras.layers.LSTM(4)])
        >>> copy = from_keras(model)
        >>> type(copy.layers[0]) is RNN
        True
        >>> x = np.ones((2, 5, 3), "float32")
        >>> np.allclose(copy(x), model(x), atol=1e-6)
        True
    """
    return _copy(model, lambda layer: ours(layer) if type(layer) in CELLS else None)


def to_keras(model: keras.Model) -> keras.Model:
    """A copy of a model in which `rnn_zoo.layers.RNN` is `keras.layers.LSTM`, `GRU` or `SimpleRNN`.

    The reverse of `from_keras`. `truncate_gradient` and `recompute_every`, which matter to training
    alone, are left out.

    Args:
        model: a functional or sequential model that has its weights, such as the `network` of a
            classifier or a tagger.

    Raises:
        ConversionError: as `from_keras`; or a layer has a cell that Keras does not have, or has
            learned its initial state.

    Example:
        >>> from rnn_zoo import cells
        >>> model = keras.Sequential([keras.Input((None, 3)), RNN(cells.GRUCell(4), name="reader")])
        >>> type(to_keras(model).get_layer("reader")) is keras.layers.GRU
        True
    """
    return _copy(model, lambda layer: of_keras(layer) if type(layer) is RNN else None)


def _copy(model: keras.Model, convert: Callable[[Any], Any]) -> keras.Model:
    """The model with the layers that `convert` replaces; None keeps one as it is."""
    if not isinstance(model, (keras.Sequential, keras.Function)):
        raise ConversionError(
            f"{model.name}: {type(model).__name__} is neither a functional nor a sequential model, "
            "so its layers cannot be replaced. Convert the models that it is made of."
        )
    if not model.built:
        raise ConversionError(f"{model.name}: has no weights yet: call it, or build it, first.")

    def copy(layer: Any) -> Any:
        if type(layer) is keras.layers.Bidirectional:
            forward, backward = convert(layer.forward_layer), convert(layer.backward_layer)
            if forward is not None and backward is not None:
                return keras.layers.Bidirectional(
                    forward,
                    merge_mode=layer.merge_mode,
                    backward_layer=backward,
                    name=layer.name,
                    dtype=layer.dtype_policy,
                )
        replaced = convert(layer)
        return type(layer).from_config(layer.get_config()) if replaced is None else replaced

    copied = keras.models.clone_model(model, clone_function=copy, recursive=True)
    copied.set_weights(model.get_weights())
    return copied
