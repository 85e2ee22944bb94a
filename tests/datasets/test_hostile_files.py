"""Files that are damaged or made to harm end in one sentence, soon, and take little memory."""

import gzip
import io
import json
import os
import threading
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from rnn_zoo.datasets import load
from rnn_zoo.datasets.text import decode
from rnn_zoo.errors import DataError

GOOD = b"text,label\nfun,pos\ndull,neg\n"


def archive(path, *members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, compression)
    return path


@pytest.fixture
def cheaply():
    """Fails a test that takes long, or half a gigabyte."""
    tracemalloc.start()
    began = time.monotonic()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - began < 10
    assert peak < 2**29


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
@pytest.mark.parametrize("schema", ["labeled_texts", "tagged_words", "texts", "captioned_images"])
def test_devices(tmp_path, cheaply, device, schema):
    with pytest.raises(DataError, match=r"read|holds no"):
        load(device, schema)
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    with pytest.raises(DataError, match=r"a\.csv: is no regular file"):
        load(tmp_path / "a.csv", "labeled_texts")


def test_a_pipe(tmp_path, cheaply):
    began = time.monotonic()
    os.mkfifo(tmp_path / "train.csv")
    ended = []

    def read():
        with pytest.raises(DataError, match="is no regular file"):
            load(tmp_path)
        ended.append(True)

    threading.Thread(target=read, daemon=True).start()
    while not ended and time.monotonic() < began + 10:
        time.sleep(0.01)
    assert ended


def test_a_file_that_is_too_large(tmp_path, cheaply):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(3 * 2**30)
    with pytest.raises(DataError, match=r"is larger than 2,147,483,648 bytes"):
        load(tmp_path / "a.csv")


ARCHIVES = {
    "an absolute path": ("//train.csv", GOOD, "leaves the archive"),
    "an absolute path of one slash": ("/train.csv", GOOD, "leaves the archive"),
    "a path outside": ("../train.csv", GOOD, "leaves the archive"),
    "a path outside within": ("a/../../train.csv", GOOD, "leaves the archive"),
    "a deep path": ("a/" * 20_000 + "train.csv", GOOD, "too deep"),
}


@pytest.mark.parametrize("schema", ["labeled_texts", "captioned_images"])
@pytest.mark.parametrize("case", ARCHIVES)
def test_paths_in_archives(tmp_path, cheaply, case, schema):
    name, content, message = ARCHIVES[case]
    with pytest.raises(DataError, match=message):
        load(archive(tmp_path / "a.zip", (name, content)), schema)


def test_archives_that_unpack_to_far_more(tmp_path, cheaply, monkeypatch):
    monkeypatch.setattr("rnn_zoo.datasets.reading.FREE_BYTES", 2**20)
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(bytes(2**20)) * 4)
    with pytest.raises(DataError, match=r"csv\.gz: is larger than 1,048,576 bytes"):
        load(tmp_path / "train.csv.gz")
    members = [(f"{i}.txt", bytes(2**20)) for i in range(10)]
    with pytest.raises(DataError, match=r"would unpack to 10,485,760, over 100 times as much"):
        load(archive(tmp_path / "a.zip", *members), "texts")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_members(tmp_path, compression):
    rng = np.random.default_rng(0)
    text = b"text,label\n" + b"".join(b"%d,pos\n" % n for n in rng.integers(0, 10**9, 500))
    path = archive(tmp_path / "a.zip", ("train.csv", text), compression=compression)
    right = load(path).train
    whole = path.read_bytes()
    messages = []
    for at in range(40, len(whole) - 200, 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:  # a few bits at the end of a block mean nothing
            assert load(path).train == right
        except DataError as error:
            messages.append(str(error))
    assert len(messages) > 5
    assert all("cannot be read" in message for message in messages)


def npy(array, shape=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    content = file.getvalue()
    if shape is None:
        return content
    header = np.lib.format.header_data_from_array_1_0(array) | {"shape": shape}
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + array.tobytes()


SERIES = np.arange(24.0).reshape(4, 3, 2)
ARRAYS = {
    "a header of terabytes": ({"x": npy(SERIES, (10**12, 3, 2))}, "does not have so many bytes"),
    "a header without end": ({"x": npy(SERIES, (2**62, 2**62))}, "does not have so many bytes"),
    "a header of less": ({"x": npy(SERIES, (3, 3, 2))}, "does not have so many bytes"),
    "a header below zero": ({"x": npy(SERIES, (-4, -3, 2))}, "no array that can be read|differ"),
    "no array": ({"x": b"text"}, "no array that can be read"),
    "cut off": ({"x": npy(SERIES)[:50]}, "no array that can be read"),
    "complex": ({"x": npy(SERIES * 1j)}, "of complex128, where each row"),
    "dates": ({"x": npy(np.zeros((4, 3), "datetime64[D]"))}, r"of datetime64\[D\]"),
    "durations": ({"y": npy(np.zeros(4, "timedelta64[s]"))}, r"of timedelta64\[s\]"),
    "records": ({"x": npy(np.zeros((4, 3), [("a", "f4"), ("b", "i4")]))}, "where each row"),
    "objects": ({"x": npy(np.array([{}] * 4, object))}, "no array that can be read: Object"),
    "a number": ({"y": npy(np.float64(1))}, r"an array \(\) of float64"),
    "texts": ({"x": npy(np.array([["a"]] * 4))}, "series have the shape"),
    "lengths of fractions": ({"lengths": npy(np.full(4, 2.0))}, "length from 1 to 3, got 2.0"),
    "lengths in a table": ({"lengths": npy(np.ones((4, 2), int))}, "length from 1 to 3, got"),
    "lengths below 1": ({"lengths": npy(np.array([1, -1, 1, 1]))}, "row 1.*1 to 3, got -1"),
    "too few lengths": ({"lengths": npy(np.ones(3, int))}, "its columns differ in length"),
    "a folder": ({"a/../../x": npy(SERIES)}, "leaves the archive"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(tmp_path, cheaply, case):
    members, message = ARRAYS[case]
    arrays = {"x": npy(SERIES), "y": npy(np.arange(4.0))} | members
    path = archive(tmp_path / "a.npz", *((f"{name}.npy", array) for name, array in arrays.items()))
    with pytest.raises(DataError, match=message):
        load(path, "series")


def test_a_renamed_array(tmp_path):
    (tmp_path / "a.npz").write_bytes(npy(SERIES))
    with pytest.raises(DataError, match=r"is an \.npy file of one array; numpy\.savez writes"):
        load(tmp_path / "a.npz", "series")


def test_the_name_of_a_member_is_not_in_the_message(tmp_path):
    path = archive(tmp_path / "a.npz", ("x.npy", npy(SERIES)), ("y.npy", npy(SERIES)))
    content = path.read_bytes()
    path.write_bytes(content[:26] + b"\xff\xff" + content[28:])  # 65,535 characters
    with pytest.raises(DataError, match=r"can(not)? be read") as error:
        load(path, "series")
    assert len(str(error.value)) < 400


def test_arrays_in_fortran_order(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.asfortranarray(SERIES), y=np.arange(4, dtype=">i4"))
    part = load(tmp_path / "a.npz", "series").train
    np.testing.assert_array_equal(part.inputs, SERIES)
    assert list(part.targets) == [0, 1, 2, 3]


def line(**values):
    return json.dumps({"text": "fun", "label": 1} | values)


JSON = {
    "a label beyond 64 bits": (line(label=2**63), "does not fit into 64 bits"),
    "a label far below": (line(label=-(10**30)), "does not fit into 64 bits"),
    "a label as a large float": (line(label=1e300), "does not fit into 64 bits"),
    "an infinite label": (line(label=float("inf")), "inf is no label"),
    "thousands of digits": ('{"text": "fun", "label": ' + "1" * 5000 + "}", "line 1: Exceeds"),
    "half a character": (line(text="\ud800"), "halves of characters"),
    "half a character in a key": (line(**{"\udfff": 1}), "halves of characters"),
    "half a character in a list": (line(more=[["\ud8ff"]]), "halves of characters"),
    "deep lists": ('{"text": ' + "[" * 10**6, "nested too deep"),
    "deep objects": ('{"a":' * 10**5, "nested too deep"),
    "a key twice": ('{"text": "a", "text": "b", "label": 1}', "'text' stands twice"),
    "a long value": (line(text=["a" * 10**6] * 10), "a text should be a string, got .{20,99}$"),
    "a long label": (line(label=[[["x" * 10**5] * 10] * 9]), "is no label.{1,99}$"),
}


@pytest.mark.parametrize("case", JSON)
def test_json_lines(tmp_path, cheaply, case):
    content, message = JSON[case]
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.jsonl")


@pytest.mark.parametrize("content", ["[" * 10**6, '{"train": {"\\ud800": ["a"]}}', "1" * 5000])
def test_captions(tmp_path, cheaply, content):
    (tmp_path / "captions.json").write_text(content)
    with pytest.raises(DataError, match=r"captions\.json: cannot be read"):
        load(tmp_path, "captioned_images")


@pytest.mark.parametrize(
    "encoding",
    [
        *("rot13", "hex", "zlib", "bz2", "base64", "uu", "quopri", "undefined", "idna", "punycode"),
        *("latin-7", "", "a\0b", "\ud800", "x" * 10**5, "../utf-8", "mbcs", "utf-8; drop"),
    ],
)
def test_encodings_of_no_text(encoding):
    with pytest.raises(DataError, match=r"There is no text encoding '") as error:
        decode(b"ab", encoding, "a.csv")
    assert len(str(error.value)) < 120


def test_encodings_that_let_halves_of_characters_through():
    with pytest.raises(DataError, match="holds halves of characters"):
        decode(b"\\ud800", "unicode_escape", "a.csv")
    with pytest.raises(DataError, match="--encoding utf-16"):
        decode("fun".encode("utf-16"), "utf-8", "a.csv")
    assert decode("fün".encode("utf-16"), "utf-16", "a.csv") == "fün"
