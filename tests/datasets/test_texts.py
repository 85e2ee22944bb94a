"""Plain texts: files, folders, one long text divided, the embedded prose, TFDS."""

import gzip

import pytest

from rnn_zoo.datasets import Examples, Splits, load
from rnn_zoo.datasets.python_reference import python_reference
from rnn_zoo.errors import DataError


def test_a_file_is_one_text_and_a_folder_has_one_a_file(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\n\r\ntwo  ")
    (tmp_path / "b.md.gz").write_bytes(gzip.compress("dreißig".encode("latin-1")))
    (tmp_path / "c.png").write_bytes(b"\x89")
    splits = load(tmp_path, "texts", encoding="latin-1")
    assert splits.train == Examples(["one\n\ntwo  ", "dreißig"])
    assert load(tmp_path / "a.txt", "texts").train == Examples(["one\n\ntwo  "])


def test_parts(tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.txt").write_text(name)
    splits = load(tmp_path, "texts")
    assert {part: examples.inputs for part, examples in splits.parts.items()} == {
        "train": ["train"],
        "validation": ["dev"],
        "test": ["test"],
    }


def test_of_one_text_the_end_is_held_out():
    text = "".join(map(chr, range(100, 200)))
    whole = Splits(train=Examples([text])).complete(0.1)
    assert [part.inputs for part in whole.parts.values()] == [
        [text[:80]],
        [text[80:90]],
        [text[90:]],
    ]
    assert whole.held_out == ("validation", "test")
    tested = Splits(train=Examples([text]), test=Examples(["t"])).complete(0.1)
    assert [part.inputs for part in tested.parts.values()] == [[text[:90]], [text[90:]], ["t"]]
    with pytest.raises(DataError, match="3 characters are too few"):
        Splits(train=Examples(["abc"])).complete(0.1)


BAD = {
    "empty.txt": (" \n", {}, "empty.txt: is empty"),
    "table.pdf": ("text\na\n", {}, r"plain texts are read from \.txt.* not from table.pdf"),
    "named.txt": ("text", {"input": "text"}, "plain texts have no columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, name):
    content, columns, message = BAD[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path / name, "texts", **columns)


def test_no_chapter_of_the_prose_is_in_two_parts():
    parts = [set(python_reference(part)[0]) for part in ("train", "validation", "test")]
    assert all(parts)
    assert len(set.union(*parts)) == sum(map(len, parts))
    assert sum(len(text) for text in parts[0]) > 200_000
