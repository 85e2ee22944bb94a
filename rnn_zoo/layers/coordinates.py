"""The coordinates of an image's features, for layers that treat all positions alike."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Coordinates(keras.layers.Layer):
    """Adds two features to every position of a grid: its row and its column, both in [-1, 1].

    Convolutions and attention treat all positions alike; with its coordinates beside it, a feature
    can be found by its position.

    >>> from keras import ops
    >>> from rnn_zoo.layers import Coordinates
    >>> grid = Coordinates()(ops.zeros((1, 2, 3, 1)))  # (batch, rows, columns, features + 2)
    >>> ops.convert_to_numpy(grid)[0, :, :, 2].tolist()
    [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]

    Source: Liu, Lehman, Molino, Petroski Such, Frank, Sergeev and Yosinski 2018, "An Intriguing
        Failing of Convolutional Neural Networks and the CoordConv Solution".
    """

    def call(self, grid: Any) -> Any:
        """From `(batch, rows, columns, features)` to two features more."""
        _, rows, columns, _ = grid.shape
        positions = np.meshgrid(
            np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij"
        )
        positions = ops.convert_to_tensor(np.stack(positions, axis=-1), grid.dtype)
        positions = ops.broadcast_to(positions, (ops.shape(grid)[0], rows, columns, 2))
        return ops.concatenate([grid, positions], axis=-1)

    def compute_output_shape(self, grid_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Two features more."""
        *positions, features = grid_shape
        assert features is not None, "the number of features is known"
        return (*positions, features + 2)
