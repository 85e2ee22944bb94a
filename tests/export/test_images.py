"""The client of a captioner reads image files as the task does."""

import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.export.clients import images as client
from rnn_zoo.export.clients.client import Model
from rnn_zoo.preprocessing.images import read_images
from rnn_zoo.tasks.sources import load_task

Image = pytest.importorskip("PIL.Image")
pytestmark = pytest.mark.tensorflow_only
REAL = os.environ.get("RNN_ZOO_TEST_DATA")
SIZES = [(1, 1), (2, 1), (7, 5), (40, 8), (96, 96), (131, 77), (1, 300), (900, 3)]
"""Width and height."""
SHAPES = [(8, 40, 1), (96, 96, 3), (1, 1, 3)]
CHANNELS = {"1": 1, "L": 1, "P": 1, "I;16": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}


def picture(mode, size, seed=0):
    """Waves and noise."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(*map(np.arange, size))
    waves = 128 + 60 * (np.sin(x / 3) + np.cos(y / 5))
    noise = rng.normal(0, 20, (*waves.shape, CHANNELS[mode]))
    pixels = np.clip(waves[:, :, None] + noise, 0, 255)
    if mode == "I;16":
        return Image.fromarray((pixels[:, :, 0] * 257).astype("uint16"))
    pixels = pixels.astype("uint8")
    if CHANNELS[mode] == 1:
        return Image.fromarray(pixels[:, :, 0]).convert(mode)
    return Image.frombytes(mode, size, pixels.tobytes())


def encoded(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def lossless(size):
    """Files of every kind by name."""
    files = {f"png {m}": encoded(picture(m, size), "PNG") for m in CHANNELS if m != "CMYK"}
    for bits in (1, 2, 4):
        few = picture("RGB", size).quantize(2**bits)
        files[f"png of {bits} bits"] = encoded(few, "PNG", bits=bits)
    for mode, clear in {"L": 128, "P": 3, "RGB": (1, 2, 3), "I;16": 9}.items():
        files[f"png {mode} with a clear color"] = encoded(
            picture(mode, size), "PNG", transparency=clear
        )
    for mode in ("L", "P", "RGB", "RGBA"):
        files[f"bmp {mode}"] = encoded(picture(mode, size), "BMP")
    for mode in ("1", "L", "P", "RGB"):
        files[f"gif {mode}"] = encoded(picture(mode, size), "GIF")
    first = np.asarray(picture("P", size))[0, 0]
    files["gif with a clear color"] = encoded(picture("P", size), "GIF", transparency=int(first))
    frames = [picture("RGB", size, seed) for seed in (1, 2)]
    files["gif that moves"] = encoded(
        picture("RGB", size), "GIF", save_all=True, append_images=frames
    )
    rng = np.random.default_rng(0)
    for channels in (1, 2, 3, 4):
        deep = rng.integers(0, 2**16, (*size[::-1], channels)).astype("uint16")
        files[f"png of 16 bits, {channels} channels"] = tf.io.encode_png(deep).numpy()
    return files


def gif(screen, *frames, clear=None, colors=4):
    """A file with frames `(left, top, width, height)` of the colors 0, 1, 2, 3, 0, ..."""
    table = bytes(range(10, 10 + 3 * colors))
    content = b"GIF89a" + struct.pack("<HHBBB", *screen, 128 | colors.bit_length() - 2, 1, 0)
    content += table
    for frame in frames:
        if clear is not None:
            content += b"!\xf9\x04\x01\0\0" + bytes([clear]) + b"\0"
        pixels = min(frame[2] * frame[3], 100)  # what is larger is cut off
        bits = "".join(f"{i % 4:03b}100" for i in reversed(range(pixels)))
        data = int("101" + bits, 2).to_bytes(len(bits) // 8 + 2, "little")
        content += b"," + struct.pack("<HHHHB", *frame, 0) + b"\2"
        for first in range(0, len(data), 255):
            content += bytes([len(data[first : first + 255])]) + data[first : first + 255]
        content += b"\0"
    return content + b";"


def read(content, shape):
    """What the client reads, and what the task reads: None, where it raises."""
    pixels = []
    for function in (
        lambda: client.Images({"name": "images", "shape": list(shape)})([content])["images"][0],
        lambda: read_images([content], shape).numpy()[0],
    ):
        try:
            pixels.append(function())
        except (DataError, ValueError):
            pixels.append(None)
    return pixels


@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_of_a_lossless_file(size):
    for name, content in lossless(size).items():
        for shape in SHAPES:
            np.testing.assert_array_equal(*read(content, shape), err_msg=f"{name} as {shape}")


@pytest.mark.parametrize(
    "content",
    [
        gif((10, 8), (3, 2, 4, 5)),
        gif((10, 8), (3, 2, 4, 5), (0, 0, 9, 3)),
        gif((4, 4), (2, 1, 6, 7)),
        gif((6, 5), (0, 0, 6, 5), clear=2),
        gif((6, 5), (1, 0, 3, 5), clear=0),
    ],
)
def test_frames_of_a_gif_that_do_not_fill_it(content):
    ours, theirs = read(content, (5, 6, 3))
    assert np.ptp(theirs) > 0
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("size", [*SIZES, (3, 20_000)])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_array_is_resized_as_tensorflow_does(size, channels):
    rng = np.random.default_rng(0)
    for dtype in ("uint8", "int64", "float32", "float64"):
        image = (rng.random((*size, channels)) * 255).astype(dtype)
        for shape in SHAPES:
            np.testing.assert_array_equal(*read(image, shape))
    resized = tf.image.resize(image.astype("float32"), (31, size[1]), antialias=True)
    ours = client.resize(np.repeat(image.astype("float32"), 3 // channels, axis=2), 31)
    np.testing.assert_allclose(ours[:, :, :channels], resized, rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_the_pixels_of_jpeg_files(mode):
    for options in ({"quality": 30}, {"quality": 95}, {"progressive": True}):
        content = encoded(picture(mode, (133, 97)), "JPEG", **options)
        for shape in SHAPES:
            np.testing.assert_array_equal(*read(content, shape))


@pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")
def test_photographs():
    paths = sorted(Path(REAL, "coco_mini", "val2017").iterdir())
    assert len(paths) > 20
    for path in paths:
        np.testing.assert_array_equal(*read(path.read_bytes(), (96, 96, 3)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"no image",
        gif((6, 5), (0, 0, 6, 5), colors=2),  # of colors that it does not have
        gif((1, 1), (0, 0, 1, 1), (0, 0, 65535, 65535)),
        encoded(picture("1", (7, 5)), "BMP"),
        encoded(Image.new("1", (9000, 9000)), "PNG"),
        encoded(Image.new("L", (4, 3)), "TIFF"),
        *(encoded(picture("RGB", (40, 30)), format)[:-99] for format in ("PNG", "JPEG", "BMP")),
        encoded(picture("L", (40, 30)), "GIF")[:99],
    ],
)
def test_what_is_no_image(content, tmp_path):
    assert read(content, (8, 40, 1)) == [None, None]
    path = tmp_path / "strip.png"
    path.write_bytes(content)
    reader = client.Images({"name": "images", "shape": [8, 40, 1]})
    with pytest.raises(ValueError, match=r"^/.*strip\.png: is no image that can be decoded: a JPE"):
        reader([path])
    with pytest.raises(ValueError, match="image 0 of the batch: is no image"):
        reader([content])


def test_what_cannot_be_read(tmp_path):
    reader = client.Images({"name": "images", "shape": [2, 2, 1]})
    for image, message in (
        (tmp_path / "none.png", "none.png: cannot be read: "),
        (tmp_path, "cannot be read: a regular file of"),
        ("a\0b", "cannot be read: "),
        (np.zeros((2, 2, 4)), "image 0 of the batch has 4 channels"),
        (np.full((2, 2), 256), r"pixels lie in \[0, 255\]"),
        (np.full((2, 2), np.nan), r"pixels lie in \[0, 255\]"),
        (np.zeros((0, 2)), "an image is a path, the bytes of a file, or an array"),
        ([["a"]], "an image is a path"),
        (None, "an image is a path"),
    ):
        with pytest.raises(ValueError, match=message):
            reader([image])


@pytest.fixture(scope="module")
def captioner():
    return load_task("caption_lstm@digit_strips")


@pytest.fixture(scope="module")
def strips(captioner, tmp_path_factory):
    """Files of digits, of every kind and in several sizes."""
    from rnn_zoo.datasets import load

    folder = tmp_path_factory.mktemp("strips")
    images = load("digit_strips", "captioned_images").test.inputs[:8]
    kinds = [("L", "PNG", 1), ("RGB", "PNG", 3), ("RGBA", "PNG", 2), ("P", "PNG", 1)]
    kinds += [("L", "GIF", 2), ("RGB", "BMP", 3), ("LA", "PNG", 1), ("I;16", "PNG", 2)]
    paths = []
    for i, (image, (mode, format, times)) in enumerate(zip(images, kinds, strict=True)):
        paths.append(folder / f"{i} {mode}.{format.lower()}")
        strip = Image.fromarray(np.asarray(image, "uint8").reshape(8, 40))
        strip = strip.resize((40 * times, 8 * times))
        if mode == "I;16":
            strip = Image.fromarray(np.asarray(strip, "uint16") * 257)
        else:
            strip = strip.convert(mode)
        strip.save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def exported(captioner, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    captioner.export(path, format="onnx")
    return path


def test_captions_of_files_are_those_of_the_task(captioner, strips, exported):
    names = {path.name for path in exported.parent.iterdir()}
    assert {"client.py", "images.py"} < names
    expected = captioner.answers(strips)
    assert len(set(expected)) > 6  # else the test is blind
    model = Model(exported)
    assert model(strips) == expected
    assert model([str(path) for path in strips]) == expected
    assert model([path.read_bytes() for path in strips]) == expected
    gray = [np.asarray(Image.open(path).convert("L")) for path in strips[:6]]
    assert model(gray) == captioner.answers(gray)


def test_the_program_captions_files(captioner, strips, exported):
    block = "import sys; sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'rnn_zoo']));"
    run = f"{block} sys.argv = ['', {str(exported)!r}]; import runpy; "
    run += f"runpy.run_path({str(exported.with_name('client.py'))!r}, run_name='__main__')"
    paths = json.dumps([str(path) for path in strips])
    done = subprocess.run([sys.executable, "-c", run], input=paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == captioner.answers(strips)


def test_without_pillow_arrays_are_read(captioner, strips, exported, monkeypatch):
    image = np.asarray(Image.open(strips[0]))
    monkeypatch.setitem(sys.modules, "PIL", None)
    model = Model(exported)
    assert model([image]) == captioner.answers([image])
    with pytest.raises(ImportError, match="pip install pillow, or pass arrays of pixels"):
        model([strips[0]])
