"""Histograms of colors and edges of an image's regions, without weights."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

BINS = 4  # of each channel
DIRECTIONS = 8  # of edges
STRENGTHS = 8  # of edges
WEAKEST, STRONGEST = 1e-3, 0.7  # differences of brightness, in [0, 1]
SCALES = (1, 2, 4)  # pixels whose brightness is averaged before edges are looked for


@keras.saving.register_keras_serializable(package="rnn_zoo")
class LocalHistograms(keras.layers.Layer):
    """Histograms of colors and edges in each cell of a grid over an image.

    A convolutional network has to learn from the images what colors and edges are; where there are
    few images, these histograms know it already. They have no weights. In each cell they count, a
    pixel shared by the two bins that it is nearest to,

    - colors, by all channels together: 4 bins a channel, 64 for three channels;
    - edges by direction, 8 bins over half a turn, weighted by their strength, and edges by
      strength, 8 bins on a logarithmic scale; both at three scales.

    A count is a share of the cell's pixels, of which the square root is taken.

    Args:
        cells: Rows and columns of the grid.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `cells` is not positive, or rows or columns of the images cannot be divided
            by it, or a cell's by 4.

    >>> from keras import ops
    >>> from rnn_zoo.layers import LocalHistograms
    >>> LocalHistograms(2)(ops.zeros((1, 16, 24, 3))).shape == (1, 2, 2, 64 + 3 * 16)
    True

    Source: Swain and Ballard 1991, "Color Indexing"; Dalal and Triggs 2005, "Histograms of Oriented
        Gradients for Human Detection"; the square root: Arandjelović and Zisserman 2012, "Three
        Things Everyone Should Know to Improve Object Retrieval".
    """

    def __init__(self, cells: int = 4, **kwargs: Any) -> None:
        if not isinstance(cells, int) or cells < 1:
            raise ValueError(
                f"LocalHistograms: `cells` must be a positive integer. Received: {cells!r}"
            )
        super().__init__(**kwargs)
        self.cells = cells

    def build(self, images_shape: Sequence[int | None]) -> None:
        """Checks that images can be divided."""
        if any(not side or side % (self.cells * SCALES[-1]) for side in images_shape[1:3]):
            raise ValueError(
                f"LocalHistograms: rows and columns of the images must be multiples of "
                f"{self.cells * SCALES[-1]} ({self.cells} cells, pixels by {SCALES[-1]}). "
                f"Received: {tuple(images_shape)}"
            )

    def call(self, images: Any) -> Any:
        """Takes images `(batch, height, width, channels)` with values in [0, 255].

        Returns:
            `(batch, cells, cells, features)`.
        """
        images = ops.cast(images, self.compute_dtype) / 255
        parts = [self._colors(images)]
        gray = ops.mean(images, axis=-1)
        for scale in SCALES:
            parts += self._edges(_average_blocks(gray, scale))
        return ops.sqrt(ops.concatenate(parts, axis=-1))

    def _colors(self, images: Any) -> Any:
        """Shares of the colors: `(batch, cells, cells, 4 ** channels)`."""
        pixels = self._by_cell(images)  # (batch, cells, cells, pixels, channels)
        *_, count, channels = pixels.shape
        near = _nearness(pixels, np.linspace(0, 1, BINS))  # (..., pixels, channels, 4)
        joint = ops.ones_like(near[..., 0, :1])
        for channel in range(channels - 1):
            joint = joint[..., :, None] * near[..., channel, None, :]
            joint = ops.reshape(joint, (-1, *pixels.shape[1:4], BINS ** (channel + 1)))
        # The last channel's bins and the sum over the pixels are one product.
        shares = ops.matmul(ops.swapaxes(joint, -1, -2), near[..., -1, :]) / count
        return ops.reshape(shares, (-1, *pixels.shape[1:3], BINS**channels))

    def _edges(self, gray: Any) -> list[Any]:
        """Directions and strengths of edges in `gray (batch, height, width)`."""
        down = ops.pad(gray[:, 2:] - gray[:, :-2], ((0, 0), (1, 1), (0, 0)))
        right = ops.pad(gray[:, :, 2:] - gray[:, :, :-2], ((0, 0), (0, 0), (1, 1)))
        strength = ops.sqrt(down**2 + right**2)
        turn = ops.arctan2(down, right) / np.pi % 1  # of half a turn
        centers = np.arange(DIRECTIONS) / DIRECTIONS
        away = ops.abs(turn[..., None] - ops.cast(centers, turn.dtype))
        away = ops.minimum(away, 1 - away) * DIRECTIONS
        directions = strength[..., None] * ops.relu(1 - away) * 4
        logs = ops.log(strength + WEAKEST)[..., None]
        strengths = _nearness(logs, np.linspace(np.log(WEAKEST), np.log(STRONGEST), STRENGTHS))
        both = (directions, strengths[..., 0, :])
        return [ops.mean(self._by_cell(part), axis=3) for part in both]

    def _by_cell(self, image: Any) -> Any:
        """`(batch, height, width, features)` to `(batch, cells, cells, pixels, features)`."""
        _, height, width, features = image.shape
        cells = self.cells
        sides = (height // cells, width // cells)
        image = ops.reshape(image, (-1, cells, sides[0], cells, sides[1], features))
        image = ops.transpose(image, (0, 1, 3, 2, 4, 5))
        return ops.reshape(image, (-1, cells, cells, sides[0] * sides[1], features))

    def compute_output_shape(self, images_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """A row and a column a cell."""
        channels = images_shape[-1]
        assert channels is not None, "the number of channels is known"
        features = BINS**channels + len(SCALES) * (DIRECTIONS + STRENGTHS)
        return (images_shape[0], self.cells, self.cells, features)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "cells": self.cells}


def _nearness(x: Any, centers: np.ndarray) -> Any:
    """How near `x (..., 1)` is to evenly spaced centers: 1 at a center and 0 at the next ones."""
    away = ops.abs(x[..., None] - ops.cast(centers, x.dtype)) / float(centers[1] - centers[0])
    return ops.relu(1 - away)


def _average_blocks(gray: Any, scale: int) -> Any:
    """The means of blocks of `scale` x `scale` pixels, of `(batch, height, width)`."""
    _, height, width = gray.shape
    squares = ops.reshape(gray, (-1, height // scale, scale, width // scale, scale))
    return ops.mean(squares, axis=(2, 4))
