"""Image files to the pixels that a captioner of rnn_zoo reads, with Pillow and NumPy.

`client.py` of a captioner needs this module beside it. JPEG, PNG, GIF and BMP files are decoded and
resized as rnn_zoo does it with TensorFlow: every pixel is the same.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

MAX_PIXELS = 2**26
MAX_FILE_BYTES = 2**28
FORMATS = ("JPEG", "PNG", "GIF", "BMP")
GRAY = np.array([0.2989, 0.5870, 0.1140], "float32")
BMP_HEADER = slice(28, 30), slice(30, 34)
"""Where a BMP file says how many bits a pixel has, and how it is compressed."""


class Images:
    """Images to one array `(batch, height, width, channels)` of pixels.

    Args:
        settings: `name` of the input, and `shape` of an image.
    """

    def __init__(self, settings: dict[str, Any]):
        self.name = settings["name"]
        self.shape: tuple[int, ...] = tuple(settings["shape"])

    def __call__(self, images: Sequence[Any]) -> dict[str, np.ndarray]:
        """Paths of files, the bytes of files, or arrays of pixels in [0, 255], of any size.

        Raises:
            ValueError: an image cannot be read; the message names it.
            ImportError: there are files, and Pillow is not installed.
        """
        read = [self.read(image, f"image {i} of the batch") for i, image in enumerate(images)]
        return {self.name: np.stack(read)}

    def read(self, image: Any, where: str) -> np.ndarray:
        """One image in the shape that the network reads."""
        if isinstance(image, (str, Path)):
            where = str(image)
            image = content_of(Path(image), where)
        pixels = decode(image, where) if isinstance(image, bytes) else checked(image, where)
        return fit(pixels, self.shape)


def content_of(path: Path, where: str) -> bytes:
    """The bytes of a file."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"a regular file of {MAX_FILE_BYTES:,} bytes at the most is needed")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{where}: cannot be read: {reason}.") from None


def checked(image: Any, where: str) -> np.ndarray:
    """An array `(height, width, channels)` of pixels."""
    array = np.asarray(image)
    if array.dtype.kind not in "uif" or array.ndim not in (2, 3) or not array.size:
        raise ValueError(
            f"{where}: an image is a path, the bytes of a file, or an array (height, width[, "
            "channels]) of pixels."
        )
    if not (array.min() >= 0 and array.max() <= 255):
        raise ValueError(f"{where}: pixels lie in [0, 255]; these do not.")
    array = array if array.ndim == 3 else array[:, :, None]
    if array.shape[2] not in (1, 3):
        raise ValueError(f"{where} has {array.shape[2]} channels; an image has 1 or 3.")
    return array


def decode(content: bytes, where: str) -> np.ndarray:
    """The pixels `(height, width, 3)` of an encoded image, of a GIF those of its first frame.

    Raises:
        ValueError: it is none, is damaged, or has too many pixels.
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "Image files are decoded by Pillow: pip install pillow, or pass arrays of pixels."
        ) from None
    pixels = None
    try:
        Image.open(io.BytesIO(content), formats=FORMATS).verify()
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height <= MAX_PIXELS:
            pixels = colors_of(image, content)
    except (OSError, SyntaxError, ValueError, IndexError, Image.DecompressionBombError):
        pass
    if pixels is None:
        raise ValueError(
            f"{where}: is no image that can be decoded: a JPEG, PNG, GIF or BMP file of "
            f"{MAX_PIXELS:,} pixels at the most can."
        )
    return pixels


def colors_of(image: Any, content: bytes) -> np.ndarray | None:
    """Red, green and blue as TensorFlow has them, without transparency; None: it has none."""
    if image.format == "BMP":
        bits, compression = (int.from_bytes(content[at], "little") for at in BMP_HEADER)
        if bits not in (8, 24, 32) or compression not in (0, 3):
            return None
        if bits == 8:  # of gray, whatever the table of colors says
            return np.repeat(np.asarray(image)[:, :, None], 3, axis=2)
    if image.format == "GIF":
        return _first_frame(image, frames_of(content))
    if image.mode.startswith("I"):  # 16 bits, of which the upper 8 stay
        return np.repeat((np.asarray(image) >> 8).astype("uint8")[:, :, None], 3, axis=2)
    if image.mode == "CMYK":
        cmyk = np.asarray(image).astype("int32")
        return ((255 - cmyk[:, :, :3]) * (255 - cmyk[:, :, 3:]) // 255).astype("uint8")
    image.info.pop("transparency", None)  # Pillow warns that colors have none
    return np.asarray(image.convert("RGB"))


def _first_frame(image: Any, frames: np.ndarray) -> np.ndarray | None:
    """The first frame on a canvas of the largest; what is transparent, or beside it, is black."""
    if frames[:, 2:].prod(axis=1).sum() > MAX_PIXELS:
        return None
    left, top, width, height = frames[0]
    indices = np.asarray(image)[top : top + height, left : left + width]  # of colors
    palette = image.getpalette("RGB") or np.repeat(np.arange(256), 3)
    palette = np.array(palette, "uint8").reshape(-1, 3)
    shown = indices != image.info.get("transparency", -1)
    if (indices[shown] >= len(palette)).any():
        return None
    colors = np.where(shown[:, :, None], palette[np.where(shown, indices, 0)], np.uint8(0))
    canvas = np.zeros((frames[:, 3].max(), frames[:, 2].max(), 3), "uint8")
    place = canvas[top : top + height, left : left + width]
    place[:] = colors[: len(place), : place.shape[1]]
    return canvas


def frames_of(content: bytes) -> np.ndarray:
    """Left, top, width and height of each frame of a GIF file."""

    def after_colors(at: int, flags: int) -> int:
        """Behind a table of colors, if there is one."""
        return at + (3 << (flags & 7) + 1 if flags >= 128 else 0)

    frames, at = [], after_colors(13, content[10])
    while at < len(content) and content[at] in b"!,":
        if content[at] == ord(","):
            frames.append(np.frombuffer(content, "<u2", 4, at + 1))
            at = after_colors(at + 10, content[at + 9]) + 1
        else:
            at += 2
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1
    return np.array(frames, int)


def fit(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pixels of another size or with other colors, as whole numbers in float32."""
    if image.shape == shape:
        return np.round(image).astype("float32")
    height, width, channels = shape
    is_gray = image.shape[2] == 1
    pixels = image if image.dtype == np.uint8 else image.astype("float32")
    pixels = np.repeat(pixels, 3, axis=2) if is_gray else pixels
    if image.shape[:2] != (height, width):
        columns = np.ascontiguousarray(resize(pixels, height).swapaxes(0, 1))
        pixels = resize(columns, width).swapaxes(0, 1)
    pixels = pixels.astype("float32")
    if channels == 1 and not is_gray:
        red, green, blue = np.moveaxis(pixels * GRAY, 2, 0)
        pixels = (red + green + blue)[:, :, None]
    return np.clip(np.round(pixels[:, :, :channels]), 0, 255)


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """The first axis, by the weights of a triangle over all pixels that an output covers.

    What `tf.image.resize(antialias=True)` computes, to the last bit: NumPy adds up an axis in order
    where others follow it that are longer than 1.
    """
    one, half, length = np.float32(1), np.float32(0.5), len(image)
    inverse = one / (np.float32(size) / np.float32(length))
    radius = np.maximum(inverse, one)
    centers = (np.arange(size, dtype="float32") + half) * inverse
    first = np.clip(np.ceil(centers - radius - half), 0, length - 1).astype(int)
    end = np.clip(np.floor(centers + radius - half), 0, length - 1).astype(int) + 1
    resized = np.empty((size, *image.shape[1:]), "float32")
    for i in range(size):
        places = np.arange(first[i], end[i], dtype="float32") + half
        weights = np.maximum(one - np.abs((places - centers[i]) * (one / radius)), 0)
        weights *= one / np.add.accumulate(weights)[-1]  # one by one, as a loop adds
        (weights[:, None, None] * image[first[i] : end[i]]).sum(axis=0, out=resized[i])
    return resized
