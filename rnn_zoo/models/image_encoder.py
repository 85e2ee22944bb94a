"""Images to a grid of features: convolutions, histograms, or a network of keras.applications."""

import inspect
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Annotated, Any

import keras
import numpy as np
from keras import ops
from pydantic import AfterValidator

from rnn_zoo import layers
from rnn_zoo.errors import ConfigError

CONVOLUTIONAL = "convolutional"
HISTOGRAMS = "histograms"
STANDARDIZATION = "standardization"


def applications() -> dict[str, ModuleType]:
    """The networks of `keras.applications` by name, each with the module that it stands in.

    Example:
        >>> applications()["MobileNetV2"].preprocess_input.__name__
        'preprocess_input'
    """
    return {
        name: module
        for module in vars(keras.applications).values()
        if inspect.ismodule(module)
        for name, value in vars(module).items()
        if name[0].isupper() and callable(value)
    }


def _check_encoder(encoder: str) -> str:
    if encoder not in (CONVOLUTIONAL, HISTOGRAMS) and encoder not in applications():
        raise ValueError(
            f"should be {CONVOLUTIONAL!r}, {HISTOGRAMS!r} or a network of keras.applications such "
            f"as 'MobileNetV2', got {encoder!r}"
        )
    return encoder


EncoderName = Annotated[str, AfterValidator(_check_encoder)]
"""A setting that names an image encoder."""


def convolutional_encoder(images: Any, filters: Sequence[int], dtype: Any = None) -> Any:
    """Blocks of a 3 x 3 convolution, normalization of its channels, ReLU and 2 x 2 max pooling.

    The channels of a position are normalized (Ba, Kiros and Hinton, 2016, "Layer Normalization"),
    and not each channel over a batch, so that an image's features depend on no other image. The
    convolution's bias keeps what it would lose else: how bright a plain region is.

    Args:
        images: `(batch, height, width, channels)`, values in [0, 255].
        filters: channels of each block.
        dtype: Keras dtype or dtype policy.

    Returns:
        A grid `(batch, rows, columns, features)`; each block halves rows and columns.
    """
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype=dtype, name="rescaling")(images)
    for level, channels in enumerate(filters, start=1):
        x = keras.layers.Conv2D(
            channels,
            3,
            padding="same",
            kernel_initializer="he_normal",
            dtype=dtype,
            name=f"convolution_{level}",
        )(x)
        x = keras.layers.LayerNormalization(dtype=dtype, name=f"normalization_{level}")(x)
        x = keras.layers.ReLU(dtype=dtype, name=f"relu_{level}")(x)
        x = keras.layers.MaxPooling2D(padding="same", dtype=dtype, name=f"pooling_{level}")(x)
    return x


def histogram_encoder(images: Any, grid: int, dtype: Any = None) -> Any:
    """Histograms of colors and edges in each cell of a grid; nothing is learned.

    Each feature is brought to mean 0 and deviation 0.5 over the training images, so that a rare
    color counts as much as a common one; `measure_features` computes both.

    Args:
        images: `(batch, height, width, channels)`, values in [0, 255].
        grid: rows and columns of cells.
        dtype: Keras dtype or dtype policy.

    Returns:
        `(batch, grid, grid, features)`; see `rnn_zoo.layers.LocalHistograms`.

    Raises:
        ConfigError: the images cannot be divided into such a grid.
    """
    try:
        x = layers.LocalHistograms(grid, dtype=dtype, name="histograms")(images)
    except ValueError as error:
        raise ConfigError(f"grid: {error}") from None
    # Not trained, it is a layer that holds a mean and a variance, and never those of a batch.
    x = keras.layers.BatchNormalization(
        epsilon=1e-6,
        center=False,
        scale=False,
        trainable=False,
        dtype=dtype,
        name=STANDARDIZATION,
    )(x)
    return keras.layers.Rescaling(0.5, dtype=dtype, name="half")(x)


def measure_features(network: keras.Model, batches: Iterable[Any]) -> None:
    """Compute mean and variance of each feature where a network standardizes image features.

    Args:
        network: its first input are images; without standardization it is left as it is.
        batches: all training images, `(batch, height, width, channels)` each.
    """
    layer = next((layer for layer in network.layers if layer.name == STANDARDIZATION), None)
    if layer is None:
        return
    features = keras.Model(network.inputs[0], layer.input)
    count, total, squares = 0, 0.0, 0.0
    for images in batches:
        x = np.asarray(ops.convert_to_numpy(features(images)), "float64")
        x = x.reshape(-1, x.shape[-1])
        count += len(x)
        total += x.sum(axis=0)
        squares += (x**2).sum(axis=0)
    mean = total / count
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(squares / count - mean**2)


def application_encoder(images: Any, name: str, weights: str | None, trained: bool) -> Any:
    """The features of a network of `keras.applications`, without its classifier.

    Args:
        images: `(batch, height, width, 3)`, values in [0, 255]; the network's own preprocessing is
            applied.
        name: one of `applications`.
        weights: `"imagenet"`, or None for random ones.
        trained: whether training changes it.

    Returns:
        A grid `(batch, rows, columns, features)`.

    Raises:
        ConfigError: the network takes no such images, or its weights cannot be loaded.
    """
    module = applications()[name]
    try:
        network = getattr(module, name)(
            include_top=False, weights=weights, input_shape=tuple(images.shape[1:])
        )
    except Exception as error:  # Keras raises a bare one where a download fails
        raise ConfigError(
            f"{name} for images of the shape {tuple(images.shape[1:])} with weights={weights!r}: "
            f"{error}"
        ) from None
    network.trainable = trained
    return network(module.preprocess_input(images))


def image_encoder(
    images: Any,
    encoder: str,
    *,
    filters: Sequence[int],
    grid: int,
    weights: str | None,
    trained: bool,
    orientations: str | None,
    dtype: Any = None,
) -> Any:
    """Images to a grid of features, with the coordinates of each position among them.

    Args:
        images: `(batch, height, width, channels)`, values in [0, 255].
        encoder: `"convolutional"`, `"histograms"` or one of `applications`.
        filters: of the convolutional one.
        grid: of the histograms: rows and columns.
        weights, trained: of the others.
        orientations: in which images are shown while training; see
            `rnn_zoo.layers.RandomOrientation`.
        dtype: Keras dtype or dtype policy.

    Returns:
        `(batch, rows, columns, features)`.
    """
    if orientations is not None:
        images = layers.RandomOrientation(orientations, dtype=dtype, name="orientation")(images)
    if encoder == CONVOLUTIONAL:
        x = convolutional_encoder(images, filters, dtype)
    elif encoder == HISTOGRAMS:
        x = histogram_encoder(images, grid, dtype)
    else:
        x = application_encoder(images, encoder, weights, trained)
    return layers.Coordinates(dtype=dtype, name="coordinates")(x)
