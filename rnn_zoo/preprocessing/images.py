"""Images as users have them to bytes of one shape."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError

Shape = tuple[int, ...]
"""Height, width and channels, 1 or 3."""


def read_images(x: Any, shape: Shape) -> tf.Tensor:
    """Images as bytes (uint8) `(batch, height, width, channels)`.

    Args:
        x: a list, or an array with a row an image, of arrays `(height, width[, channels])` of
            numbers in [0, 255]; of paths (str or Path) of JPEG, PNG, GIF or BMP files; or of the
            bytes of such files. They may differ in size: they are resized bilinearly. Colors become
            gray, and gray becomes colors, as `shape` has it.
        shape: what every image is brought to.

    Raises:
        DataError: an image cannot be read; the message names it and says why.

    Example:
        >>> read_images([np.zeros((4, 6)), np.full((8, 8, 3), 255)], (2, 2, 1)).shape.as_list()
        [2, 2, 2, 1]
    """
    if isinstance(x, (str, bytes, Path)):
        raise DataError("One bare image was given where a list of images is needed: write [image].")
    if isinstance(x, (tf.Tensor, np.ndarray)):
        x = np.asarray(x)
        if x.ndim == 0 or (x.ndim == 2 and x.dtype.kind in "uif"):
            raise DataError(f"An array of images has a row an image; this has the shape {x.shape}.")
    images = []
    scaled = []
    for i, image in enumerate(x):
        if isinstance(image, (str, bytes, Path)):
            images.append(_decoded(image, shape, f"Example {i}"))
        else:
            array = _checked(image, f"Example {i}")
            scaled.append(array.dtype.kind == "f" and array.max() <= 1)
            images.append(_fitted(array, shape, f"Example {i}"))
    if all(scaled) and any(np.any(image) for image in images[: len(scaled)]):
        raise DataError("These images lie in [0, 1], not in [0, 255]: multiply them by 255.")
    return tf.constant(np.stack(images) if images else np.zeros((0, *shape), "uint8"))


def encode_images(x: tf.Tensor, shape: Shape) -> tf.Tensor:
    """The same in the graph, for encoded images `(batch,)` and arrays that have the shape already.

    Raises:
        DataError: arrays have another shape.
    """
    if x.dtype == tf.string:
        decoded = tf.TensorSpec(shape, tf.uint8)
        return tf.map_fn(lambda image: _decode(image, shape), x, fn_output_signature=decoded)
    if tuple(x.shape[1:]) != shape:
        raise DataError(
            f"Decoded images in a tf.data.Dataset should have the shape {shape}, as the setting "
            f"`shape` says; these have {tuple(x.shape[1:])}. Map them with tf.image.resize."
        )
    return x


def _decode(encoded: tf.Tensor, shape: Shape) -> tf.Tensor:
    return _fit(tf.io.decode_image(encoded, channels=3, expand_animations=False), shape)


def _fit(image: tf.Tensor, shape: Shape) -> tf.Tensor:
    """An image `(height, width, channels)` of another size or with other colors as bytes."""
    height, width, channels = shape
    image = tf.image.resize(tf.cast(image, tf.float32), (height, width), antialias=True)
    if channels == 1 and image.shape[-1] != 1:
        image = tf.image.rgb_to_grayscale(image)
    elif channels == 3 and image.shape[-1] == 1:
        image = tf.image.grayscale_to_rgb(image)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)
    return tf.ensure_shape(image, shape)


def _decoded(image: str | bytes | Path, shape: Shape, where: str) -> np.ndarray:
    if not isinstance(image, bytes):
        where = f"{where}, {image}"
        try:
            image = Path(image).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{where}: cannot be read: {reason}.") from None
    try:
        return _decode(tf.constant(image), shape).numpy()
    except tf.errors.InvalidArgumentError:
        raise DataError(
            f"{where}: is no image that can be decoded; JPEG, PNG, GIF and BMP can."
        ) from None


def _checked(image: Any, where: str) -> np.ndarray:
    """An array `(height, width, channels)` of numbers in [0, 255]."""
    try:
        array = np.asarray(image)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "uif" or array.ndim not in (2, 3) or array.size == 0:
        found = (
            f"an array of {array.dtype} of the shape {array.shape}"
            if isinstance(image, (np.ndarray, tf.Tensor))
            else f"{type(image).__name__} ({image!r:.40})"
        )
        raise DataError(
            f"{where} is no image but {found}: pass arrays (height, width) or (height, width, "
            "channels) of numbers, paths, or the bytes of files."
        )
    if array.dtype != np.uint8 and not (array.min() >= 0 and array.max() <= 255):
        raise DataError(
            f"{where}: the numbers of an image lie in [0, 255]; these go from {array.min()} to "
            f"{array.max()}."
        )
    return array if array.ndim == 3 else array[:, :, None]


def _fitted(array: np.ndarray, shape: Shape, where: str) -> np.ndarray:
    if array.shape[-1] not in (1, 3):
        raise DataError(f"{where} has {array.shape[-1]} channels; an image has 1 or 3.")
    if array.shape == shape:  # nothing to do but rounding, and many need nothing else
        return np.round(array).astype("uint8")
    return _fit(tf.constant(array), shape).numpy()
