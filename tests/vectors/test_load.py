"""Files of word vectors in every form give the same words and numbers."""

import gzip
import io
import os
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from rnn_zoo import vectors
from rnn_zoo.errors import DataError
from rnn_zoo.vectors import cache, formats

pytestmark = pytest.mark.tensorflow_only  # no backend takes part

WORDS = ["the", "Paris", "straße", ",", "\u0085", "a\u00a0b"]
MATRIX = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype("float32")


@pytest.fixture(autouse=True)
def keras_home(monkeypatch, tmp_path):
    """A cache of this test's own."""
    monkeypatch.setattr(cache, "keras_home", lambda: str(tmp_path / "keras"))
    return tmp_path / "keras"


def lines(words=WORDS, matrix=MATRIX, end="\n"):
    rows = (" ".join([word, *map(str, row)]) for word, row in zip(words, matrix, strict=True))
    return "".join(row + end for row in rows).encode()


def header(count=6, dim=5):
    return f"{count} {dim}\n".encode()


def binary(end=b"\n", words=WORDS, matrix=MATRIX):
    rows = (
        word.encode() + b" " + struct.pack(f"<{len(row)}f", *row) + end
        for word, row in zip(words, matrix, strict=True)
    )
    return b"".join(rows)


FORMS = {
    "glove": lines(),
    "windows": lines(end="\r\n"),
    "no last end of line": lines().rstrip(),
    "blank lines": lines() + b"\n \n",
    "fasttext": header() + lines(end=" \n"),
    "word2vec": header() + lines(),
    "word2vec, tabs": header() + lines().replace(b" ", b"\t"),
    "binary": header() + binary(),
    "binary without ends": header() + binary(end=b""),
}


def zipped(content, *names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


PACKED = {"": bytes, "gz": gzip.compress, "zip": lambda content: zipped(content, "folder/v.txt")}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [1, 2**24])
def test_every_form(tmp_path, monkeypatch, form, packed, block):
    monkeypatch.setattr(formats, "BLOCK", block)
    path = tmp_path / "some.vectors"  # told by what it holds
    path.write_bytes(PACKED[packed](FORMS[form]))
    for _ in range(2):  # from the file, then from the cache
        found = vectors.load(path)
        assert found.words == WORDS
        assert found.dim == 5
        np.testing.assert_array_equal(found.matrix, MATRIX)


def test_a_word_with_spaces(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_bytes(b"the 1 2\n. . . 3 4\n")
    found = vectors.load(path)
    assert found.words == ["the", ". . ."]
    assert found.matrix.tolist() == [[1, 2], [3, 4]]


def test_one_file_of_several(tmp_path):
    path = tmp_path / "glove.zip"
    path.write_bytes(zipped(lines(), "a.txt", "b.txt"))
    with pytest.raises(DataError, match=r"holds a.txt, b.txt. Say which: .*glove.zip/a.txt"):
        vectors.load(path)
    with pytest.raises(DataError, match=r"There is no c.txt in it; say which"):
        vectors.load(path / "c.txt")
    assert vectors.load(path / "b.txt").words == WORDS


def test_the_cache(tmp_path, monkeypatch, keras_home):
    path = tmp_path / "v.txt"
    path.write_bytes(lines())
    vectors.load(path)
    with monkeypatch.context() as patched:
        patched.setattr(cache, "read_blocks", None)
        assert vectors.load(path).words == WORDS
    path.write_bytes(lines(WORDS[:2], MATRIX[:2]))
    assert vectors.load(path).words == WORDS[:2]
    assert len(list((keras_home / "rnn_zoo" / "vectors").iterdir())) == 2


def test_what_fails_leaves_nothing(tmp_path, keras_home):
    path = tmp_path / "v.txt"
    path.write_bytes(lines() + b"short 1.0\n")
    with pytest.raises(DataError):
        vectors.load(path)
    assert list((keras_home / "rnn_zoo" / "vectors").iterdir()) == []


def test_words_that_stand_twice(tmp_path):
    path = tmp_path / "v.txt"
    path.write_bytes(b"a 1 1\na 2 2\nb 3 3\na 4 4\n")
    with pytest.warns(UserWarning, match="2 of 4 words stand there twice; the first vector"):
        found = vectors.load(path)
    assert found.words == ["a", "b"]
    assert found.matrix.tolist() == [[1, 1], [3, 3]]


def test_a_progress_bar_where_it_takes_long(tmp_path, monkeypatch, capsys):
    class Patient(cache._Progress):
        def __init__(self, *arguments):
            super().__init__(*arguments, patience=-1.0)

    path = tmp_path / "v.txt"
    path.write_bytes(lines())
    vectors.load(path)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(cache, "_Progress", Patient)
    path.write_bytes(lines()[: -len(lines(WORDS[-1:], MATRIX[-1:]))])
    vectors.load(path, verbose=0)
    assert capsys.readouterr().out == ""
    path.write_bytes(lines())
    vectors.load(path)
    assert "v.txt" in capsys.readouterr().out


TEXT = lines()
BAD = {
    "empty": (b"", "is no file of word vectors: it begins with b''"),
    "prose": (b"to be or not to be\n", "is no file of word vectors: it begins with b'to be"),
    "a table": (b"text,label\ngood,1\n", "is no file of word vectors"),
    "changing width": (TEXT + b"word 1.0 2.0\n", "line 7: 2 numbers follow the word, and 5 in"),
    "a word alone": (TEXT + b"word\n", "line 7: 0 numbers follow the word"),
    "no number": (TEXT + b"word 1 2 3 4 x\n", "line 7: 5 numbers follow the word"),
    "a number that is none": (TEXT + b"word 1 2 3 4 1-2\n", "line 7: what follows the word is not"),
    "nan": (TEXT + b"word 1 2 3 4 nan\n", "line 7: what follows the word is not all finite"),
    "too large": (TEXT + b"word 1 2 3 4 1e99\n", "line 7: what follows the word is not all finite"),
    "not UTF-8": (TEXT + b"caf\xe9 1 2 3 4 5\n", r"word 7 is not UTF-8: b'caf\\xe9'"),
    "fewer words": (header(9) + TEXT, "its first line says 9 words and it has 6: it was cut off"),
    "more words": (header(2) + TEXT, "its first line says 2 words and it has 6"),
    "no features": (b"5 0\n", "its first line says that a vector has 0 numbers"),
    "binary, cut off": (header() + binary()[:-9], "ends within word 6 of 6: it was cut off"),
    "binary, a word cut off": (header(7) + binary(), "ends within word 7 of 7"),
    "binary, more": (header(5) + binary(), "goes on after the 5 words"),
    "binary, nan": (header() + binary(matrix=np.full((6, 5), np.nan)), "not finite"),
    "gzip, cut off": (gzip.compress(TEXT * 50)[:-20], "is damaged or cut off"),
    "gzip, damaged": (gzip.compress(TEXT * 50)[:60] + b"x" * 90, "is damaged or cut off"),
    "zip, cut off": (zipped(TEXT, "v.txt")[:-30], "is damaged or cut off"),
    "an empty zip": (zipped(TEXT, "v.txt", "w.txt"), "Say which"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(tmp_path, case):
    content, message = BAD[case]
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        vectors.load(path)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        vectors.load(tmp_path / "missing.txt")
    with pytest.raises(DataError, match="is a folder, not a file of word vectors"):
        vectors.load(tmp_path)
    path = tmp_path / "v.txt"
    path.write_bytes(TEXT)
    with pytest.raises(DataError, match=r"is no .zip file, so there is no w.txt in it"):
        vectors.load(path / "w.txt")


def test_case_falls_back():
    found = vectors.WordVectors(["us", "US", "Paris", "paris", "NATO"], np.zeros((5, 1)))
    assert [found.find(word) for word in ("us", "US", "Us", "PARIS", "nato", "x")] == [
        *(0, 1, 0, 2, 4),
        None,
    ]
    assert found.find_all(["nato", "x"]).tolist() == [4, -1]


SCRIPT = r"""
import pathlib, re, sys, time
from rnn_zoo import vectors
began = time.time()
assert len(vectors.load(sys.argv[1], verbose=0)) == 400_000
seconds = time.time() - began
# Not ru_maxrss, which begins with the memory of the process that started this one.
status = pathlib.Path("/proc/self/status").read_text()
print(seconds, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 2**20)
"""


@pytest.mark.slow
def test_400_000_words_of_300_features(tmp_path):
    """Within a minute and 1.5 GB, and the second time within seconds."""
    path = tmp_path / "large.txt"
    numbers = b" ".join(b"%.4f" % x for x in np.random.default_rng(0).normal(size=300))
    with path.open("wb") as file:
        for i in range(400_000):
            file.write(b"word%d %b\n" % (i, numbers))
    environment = os.environ | {"KERAS_HOME": str(tmp_path / "home")}
    for most in (60, 5):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            stdout=subprocess.PIPE,
            check=True,
            env=environment,
        )
        seconds, gigabytes = map(float, done.stdout.split())
        assert seconds < most
        assert gigabytes < 1.5
