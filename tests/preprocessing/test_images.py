"""Images are bounded by their headers before they are decoded, in the graph too."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.images import count_pixels, encode_images, read_images

pytestmark = pytest.mark.tensorflow_only

IMAGE = np.arange(5 * 7 * 3, dtype="uint8").reshape(5, 7, 3)


def png(width, height, rows=b""):
    """A gray PNG file that claims a size."""

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def bmp(width, height, content=b""):
    """A BMP file of 24 bits a pixel; its rows stand from top to bottom where height is below 0."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(content), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(content), 0, 0, 54) + header + content


def gif(width, height, *frames, colors=b"", rest=b";"):
    """A GIF file; its frames say that they are larger than their data."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    flags = 0x80 if colors else 0
    content = b"!\xfe\x03abc\x02,,\x00"  # a comment
    for frame in frames:
        content += b"," + struct.pack("<HHHHB", 0, 0, *frame, flags) + colors
        content += b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + screen + content + rest


def jpeg(width, height):
    content = bytearray(tf.io.encode_jpeg(IMAGE).numpy())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


FILES = {
    "png": (tf.io.encode_png(IMAGE).numpy(), 35),
    "jpeg": (tf.io.encode_jpeg(IMAGE).numpy(), 35),
    "gif": (gif(5, 7, (1, 1)), 35),
    "gif of three frames": (gif(5, 7, (5, 7), (4, 2), (5, 7), colors=bytes(6)), 78),
    "gif without an end": (gif(5, 7, (9, 8), rest=b",\0\0"), 72),
    "gif of a screen": (gif(5, 7), 35),
    "gif of some bytes": (b"GIF89a\x05\0", 0),
    "bmp": (bmp(4, 2, bytes(24)), 8),
    "bmp from top to bottom": (bmp(4, -2, bytes(24)), 8),
    "large png": (png(2**31 - 1, 2**31 - 1), (2**31 - 1) ** 2),
    "png beyond its format": (png(2**32 - 1, 2**32 - 1), (2**31 - 1) ** 2),
    "large bmp": (bmp(2**31 - 1, -(2**31)), 2**31 * (2**31 - 1)),
    "large gif": (gif(65535, 65535, (1, 1)), 65535**2),
    "large frame in a gif": (gif(1, 1, (1, 1), (65535, 65535)), 65535**2 + 1),
    "large jpeg": (jpeg(65500, 65500), 65500**2),
    "nothing": (b"", -1),
    "a little": (b"\x89PNG", -1),
    "another format": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", -1),
}


@pytest.mark.parametrize("name", FILES)
def test_pixels_by_the_header(name):
    content, pixels = FILES[name]
    assert int(count_pixels(tf.constant(content))) == pixels
    assert int(tf.function(count_pixels)(tf.constant(content))) == pixels


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("large", "png b"))])
def test_large_images_are_refused_before_they_are_decoded(name):
    content, _ = FILES[name]
    tracemalloc.start()
    with pytest.raises(DataError, match=r"Example 0: has [\d,]+ pixels, more than 67,108,864"):
        read_images([content], (4, 4, 1))
    with pytest.raises(DataError, match="too many pixels"), graph_errors():
        encode_images(tf.constant([content]), (4, 4, 1))
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"no image", b"RIFF\x00\x00\x00\x00WEBPVP8 "])
def test_other_files_are_refused_in_the_graph(content):
    with pytest.raises(DataError, match="Images are JPEG, PNG, GIF and BMP"), graph_errors():
        encode_images(tf.constant([content]), (4, 4, 1))


def test_images_of_many_pixels_are_read():
    rows = (b"\0" + bytes(range(250)) * 8) * 1500
    large = read_images([png(2000, 1500, rows)], (3, 4, 1)).numpy()
    colors = np.tile(np.arange(250, dtype="float32")[:, None], (1500, 8, 3))
    expected = read_images([colors], (3, 4, 1))
    np.testing.assert_array_equal(large, expected)


def test_images_are_regular_files(tmp_path):
    for path in ("/dev/zero", tmp_path):
        with pytest.raises(DataError, match="is no image: one is a regular file"):
            read_images([path], (4, 4, 1))
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(DataError, match=r"of 268,435,456 bytes at the most"):
        read_images([tmp_path / "a.png"], (4, 4, 1))
