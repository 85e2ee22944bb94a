"""Images as users have them to bytes of one shape."""

import stat
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError, shortened
from rnn_zoo.preprocessing.checks import check, is_numeric
from rnn_zoo.preprocessing.gif import count_gif_pixels

Shape = tuple[int, ...]
"""Height, width and channels, 1 or 3."""

JPEG = b"\xff\xd8\xff"
"""How a file begins."""
MAX_PIXELS = 2**26
"""Of an encoded image: 8,192 x 8,192. A file of kilobytes may claim gigabytes of pixels."""
MAX_FILE_BYTES = 2**28
FORMATS = "JPEG, PNG, GIF and BMP"


def read_images(x: Any, shape: Shape) -> tf.Tensor:
    """Images as bytes (uint8) `(batch, height, width, channels)`.

    Args:
        x: a list, or an array with a row an image, of arrays `(height, width[, channels])` of
            pixel values in [0, 255]; of paths (str or Path) of JPEG, PNG, GIF or BMP files; or of
            the bytes of such files, of `MAX_PIXELS` at the most. They may differ in size: they are
            resized bilinearly. Colors become gray, and gray becomes colors, as `shape` has it.
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
        DataError: arrays have another shape, or are no numbers.
        tf.errors.InvalidArgumentError: when it runs, an encoded image has too many pixels or cannot
            be decoded, or a pixel value lies outside [0, 255].
    """
    if x.dtype == tf.string:
        decoded = tf.TensorSpec(shape, tf.uint8)
        return tf.map_fn(
            lambda image: _decode_checked(image, shape), x, fn_output_signature=decoded
        )
    if tuple(x.shape[1:]) != shape:
        raise DataError(
            f"Decoded images in a tf.data.Dataset should have the shape {shape}, as the setting "
            f"`shape` says; these have {tuple(x.shape[1:])}. Map them with tf.image.resize."
        )
    return _checked_pixels(x)


def count_pixels(encoded: tf.Tensor) -> tf.Tensor:
    """The pixels that the headers of an encoded image say it has, -1 where it is no image.

    Core TensorFlow operations alone, so that an export holds the same check.

    Args:
        encoded: the bytes of one JPEG, PNG, GIF or BMP file, a string.

    Returns:
        Height times width, of all frames together, int64.

    Raises:
        tf.errors.InvalidArgumentError: a JPEG file is damaged.

    Example:
        >>> int(count_pixels(tf.io.encode_png(np.zeros((4, 6, 1), "uint8"))))
        24
    """
    start = tf.strings.substr(tf.strings.substr(encoded, 0, 26) + b"\0" * 26, 0, 26)
    header = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int64)  # (26,)
    most = tf.constant(2**31 - 1, tf.int64)  # a product of two does not overflow

    def number(*at: int) -> tf.Tensor:
        """The bytes at these places, the lowest first."""
        return tf.minimum(sum(header[i] * 256**place for place, i in enumerate(at)), most)

    def begins(signature: bytes) -> tf.Tensor:
        return tf.equal(tf.strings.substr(start, 0, len(signature)), signature)

    # The height of a BMP file is below zero where its rows stand from top to bottom.
    bmp_height = tf.where(
        header[25] < 128,
        number(22, 23, 24, 25),
        2**32 - sum(header[22 + i] * 256**i for i in range(4)),
    )
    return tf.case(
        [
            (begins(b"\x89PNG\r\n\x1a\n"), lambda: number(19, 18, 17, 16) * number(23, 22, 21, 20)),
            (begins(b"GIF8"), lambda: count_gif_pixels(encoded)),
            (begins(b"BM"), lambda: number(18, 19, 20, 21) * bmp_height),
            (
                begins(JPEG),
                lambda: tf.reduce_prod(tf.image.extract_jpeg_shape(encoded, tf.int64)[:2]),
            ),
        ],
        default=lambda: tf.constant(-1, tf.int64),
    )


def _checked_pixels(x: tf.Tensor) -> tf.Tensor:
    if not is_numeric(x.dtype):
        raise DataError(f"Decoded images are numbers in [0, 255]; the dataset has {x.dtype.name}.")
    if x.dtype in (tf.uint8, tf.bool):
        return x
    values = tf.cast(tf.reshape(x, [-1]), tf.float64)
    wrong = tf.boolean_mask(values, ~((values >= 0) & (values <= 255)))  # NaN among them
    found = tf.strings.reduce_join(tf.strings.as_string(wrong[:1], shortest=True))
    return check(x, tf.size(wrong) == 0, "Pixel values lie in [0, 255]; found ", found, ".")


def _decode_checked(encoded: tf.Tensor, shape: Shape) -> tf.Tensor:
    pixels = count_pixels(encoded)
    encoded = check(encoded, pixels > 0, f"Images are {FORMATS} files.")
    encoded = check(encoded, pixels <= MAX_PIXELS, "An image has too many pixels.")
    return _decode(encoded, shape)


def _decode(encoded: tf.Tensor, shape: Shape) -> tf.Tensor:
    is_jpeg = tf.equal(tf.strings.substr(encoded, 0, len(JPEG)), JPEG)
    image = tf.cond(
        is_jpeg,
        # The transform of other decoders; the default one is faster, and off by 20 of 255 at times.
        lambda: tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_image(encoded, channels=3, expand_animations=False),
    )
    return _fit(tf.ensure_shape(image, (None, None, 3)), shape)


def _fit(image: tf.Tensor, shape: Shape) -> tf.Tensor:
    """An image `(height, width, channels)` of another size or with other colors as bytes."""
    height, width, channels = shape
    if image.dtype != tf.uint8:  # as bytes a large image takes a quarter of the memory
        image = tf.cast(image, tf.float32)
    image = tf.cast(tf.image.resize(image, (height, width), antialias=True), tf.float32)
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
            image = _read(Path(image), where)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{where}: cannot be read: {reason}.") from None
    try:
        pixels = int(count_pixels(tf.constant(image)))
        if pixels > MAX_PIXELS:
            raise DataError(
                f"{where}: has {pixels:,} pixels, more than {MAX_PIXELS:,}: make it smaller."
            )
        if pixels > 0:
            return _decode(tf.constant(image), shape).numpy()
    except tf.errors.InvalidArgumentError:
        pass
    raise DataError(f"{where}: is no image that can be decoded; {FORMATS} can.")


def _read(path: Path, where: str) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
        raise DataError(
            f"{where}: is no image: one is a regular file of {MAX_FILE_BYTES:,} bytes at the most."
        )
    return path.read_bytes()


def _checked(image: Any, where: str) -> np.ndarray:
    """An array `(height, width, channels)` of pixel values in [0, 255]."""
    try:
        array = np.asarray(image)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "uif" or array.ndim not in (2, 3) or array.size == 0:
        description = (
            f"an array of {array.dtype} of the shape {array.shape}"
            if isinstance(image, (np.ndarray, tf.Tensor))
            else f"{type(image).__name__} ({shortened(image)})"
        )
        raise DataError(
            f"{where} is no image but {description}: pass arrays (height, width) or (height, "
            "width, channels) of pixel values, paths, or the bytes of files."
        )
    if array.dtype != np.uint8 and not (array.min() >= 0 and array.max() <= 255):
        raise DataError(
            f"{where}: pixel values lie in [0, 255]; these go from {array.min()} to {array.max()}."
        )
    return array if array.ndim == 3 else array[:, :, None]


def _fitted(array: np.ndarray, shape: Shape, where: str) -> np.ndarray:
    if array.shape[-1] not in (1, 3):
        raise DataError(f"{where} has {array.shape[-1]} channels; an image has 1 or 3.")
    if array.shape == shape:  # nothing to do but rounding, and many need nothing else
        return np.round(array).astype("uint8")
    return _fit(tf.constant(array), shape).numpy()
