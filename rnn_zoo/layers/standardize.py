"""Features brought to mean 0 and standard deviation 1, and back."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Standardize(keras.layers.Layer):
    r"""Standardizes features, or undoes it.

    $$y = (x - \mu) / \sigma, \qquad \text{inverted:} \quad y = \sigma x + \mu$$

    The mean and the standard deviation are weights that are not trained, so they are saved and
    exported with the model; until `fix` is called they are 0 and 1. A feature that is constant in
    the data keeps the standard deviation 1.

    Args:
        invert: Whether to undo the standardization.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input and output are `(..., features)`.

    >>> import numpy as np
    >>> from rnn_zoo.layers import Standardize
    >>> layer = Standardize()
    >>> layer.build((None, 2))
    >>> layer.fix(mean=[10.0, 5.0], std=[2.0, 0.0])
    >>> np.asarray(layer(np.array([[12.0, 5.0], [8.0, 6.0]]))).tolist()
    [[1.0, 0.0], [-1.0, 1.0]]
    """

    def __init__(self, invert: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.invert = invert
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates the mean and the standard deviation of each feature."""
        shape = (input_shape[-1],)
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.std = self.add_weight(shape, "ones", trainable=False, name="std")

    def fix(self, mean: Any, std: Any) -> None:
        """Set the mean and the standard deviation `(features,)`."""
        mean, std = np.asarray(mean, "float64"), np.asarray(std, "float64")
        resolution = np.finfo("float32").eps * np.abs(mean)  # of single precision around the mean
        self.mean.assign(mean)
        self.std.assign(np.where(std > resolution, std, 1.0))

    def call(self, x: Any) -> Any:
        """Standardizes, or undoes it."""
        mean, std = ops.cast(self.mean, x.dtype), ops.cast(self.std, x.dtype)
        return x * std + mean if self.invert else (x - mean) / std

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "invert": self.invert}
