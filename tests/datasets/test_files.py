import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from rnn_zoo.datasets import Examples, load
from rnn_zoo.errors import DataError


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(folder, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target


HEADERLESS = "a joy\t1\na bore\t0\nfun\t1\ndull\t0\n"
CLASS_FOLDERS = {
    "neg/0.txt": "a bore\nin two lines",
    "neg/1.txt": "dull",
    "pos/0.txt": "a joy",
    "pos/readme.txt": "no example",
    ".DS_Store": b"\xff",
    "README": "no example",
}
IN_FOLDERS = Examples(["a bore\nin two lines", "dull", "a joy"], ["neg", "neg", "pos"])
LAYOUTS = {
    "split files": (
        {"train.tsv": HEADERLESS, "dev.tsv": "so so\t0\n", "test.tsv": "great\t1\n"},
        {
            "train": Examples(["a joy", "a bore", "fun", "dull"], ["1", "0", "1", "0"]),
            "validation": Examples(["so so"], ["0"]),
            "test": Examples(["great"], ["1"]),
        },
    ),
    "class folders": (CLASS_FOLDERS, {"train": IN_FOLDERS}),
    "class folders below train and test": (
        {f"train/{name}": content for name, content in CLASS_FOLDERS.items()}
        | {"train/unsup/0.txt": "unlabeled", "train/urls_pos.txt": "http://", "imdb.vocab": "the"}
        | {"test/pos/0.txt": "fun"},
        {"train": IN_FOLDERS, "test": Examples(["fun"], ["pos"])},
    ),
    "class files by stem": (
        {"pos.txt": "a joy \r\n\r\nfun\n", "neg.txt": "dull", "README.txt": "no example"},
        {"train": Examples(["dull", "a joy ", "fun"], ["neg", "pos", "pos"])},
    ),
    "class files by suffix": (
        {"rt-polarity.pos": "a joy\nfun\n", "rt-polarity.neg": "dull\n"},
        {"train": Examples(["dull", "a joy", "fun"], ["neg", "pos", "pos"])},
    ),
    "one table": (
        {"reviews.csv": "text,label\ndull,neg\n", "README.md": "about"},
        {"train": Examples(["dull"], ["neg"])},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packed", ["folder", "zip", "zip of a folder"])
def test_layouts(tmp_path, layout, packed):
    files, parts = LAYOUTS[layout]
    source = write(tmp_path / "data" / "reviews", files)
    if packed == "zip":
        source = zipped(source, tmp_path / "reviews.zip")
    elif packed == "zip of a folder":
        write(tmp_path / "data" / "__MACOSX", {"._reviews": b"\x00\xff"})
        source = zipped(tmp_path / "data", tmp_path / "reviews.zip")
    assert load(source).parts == parts


def test_a_path_may_be_a_string_with_a_slash(tmp_path, monkeypatch):
    write(tmp_path / "synthetic_reviews", LAYOUTS["split files"][0])
    monkeypatch.chdir(tmp_path)
    assert len(load("synthetic_reviews/").test) == 1
    assert len(load("./synthetic_reviews").test) == 1


def test_columns_of_the_training_part_stand_for_the_others(tmp_path):
    # One row is too little to tell the columns apart; training says which is which.
    write(tmp_path, {"train.tsv": HEADERLESS, "test.tsv": "1\t0\n"})
    assert load(tmp_path).test == Examples(["1"], ["0"])


def test_named_columns_reach_every_part(tmp_path):
    rows = "id,verdict,note\n1,pos,a joy\n"
    write(tmp_path, {"train.csv": rows, "valid.csv": "note,id,verdict\nfun,1,neg\n"})
    splits = load(tmp_path, input="note", target="verdict")
    assert splits.validation == Examples(["fun"], ["neg"])


def test_encoding(tmp_path):
    files = {"pos.txt": "caf\xe9\n".encode("latin-1"), "neg.txt": b"fine\n\nbad \x85 end\n"}
    write(tmp_path, files)
    found = load(tmp_path, encoding="latin-1").train
    assert found == Examples(["fine", "bad \x85 end", "café"], ["neg", "neg", "pos"])
    with pytest.raises(DataError, match=r"neg\.txt, line 3: byte 0x85 .*--encoding latin-1"):
        load(tmp_path)
    with pytest.raises(DataError, match="no text encoding 'latin-7'"):
        load(tmp_path, encoding="latin-7")


@pytest.mark.parametrize(
    ("content", "texts", "labels"),
    [
        ("__label__pos a joy\n__label__neg dull\n", ["a joy", "dull"], ["pos", "neg"]),
        (
            "DESC:manner How did it\nENTY What films\nDESC:manner How many\nENTY a b\n",
            ["How did it", "What films", "How many", "a b"],
            ["DESC:manner", "ENTY", "DESC:manner", "ENTY"],
        ),
    ],
)
def test_a_label_before_each_text(tmp_path, content, texts, labels):
    write(tmp_path, {"train.txt": content, "test.txt": content})
    splits = load(tmp_path)
    assert splits.train == splits.test == Examples(texts, labels)
    assert splits.columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("__label__a\n", "line 1: each line is one label, a space and a text"),
        ("__label__a x\n__label__a __label__b x\n", "line 2: each line is one label"),
        ("one text\nanother text\n", "unless each line begins with its label"),
        ("", "no examples"),
    ],
)
def test_lines_without_a_label(tmp_path, content, message):
    write(tmp_path, {"a.txt": content})
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.txt")


ERRORS = {
    "no layout": ({"a.doc": "x", "b.jpg": "y"}, "holds a.doc, b.jpg. A folder or .zip should hold"),
    "many files": ({f"{i}.doc": "" for i in range(9)}, "4.doc and 4 more"),
    "nothing": ({"README": "x"}, "holds nothing"),
    "two tables": ({"a.csv": "x", "b.csv": "y"}, "holds a.csv, b.csv"),
    "same split twice": ({"dev.tsv": "", "valid.tsv": ""}, "dev.tsv and valid.tsv are both"),
    "split without labels": ({"train.txt": "x"}, "train.txt: texts with labels are not read from"),
    "empty class file": ({"pos.txt": "fun", "neg.txt": "\n"}, "neg.txt: no examples"),
    "class folder with images": ({"pos/a.jpg": "x", "neg/a.txt": "y"}, "should hold text files"),
    "empty split": ({"train.tsv": HEADERLESS, "test.tsv": "\n"}, "test.tsv: no examples"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_folders_that_are_wrong(tmp_path, case):
    files, message = ERRORS[case]
    write(tmp_path, files)
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert message in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_empty_class_folder(tmp_path):
    write(tmp_path, {"pos/0.txt": "fun"})
    (tmp_path / "neg").mkdir()
    with pytest.raises(DataError, match="neg: no examples in this folder"):
        load(tmp_path)


def test_columns_named_where_there_are_none(tmp_path):
    write(tmp_path, CLASS_FOLDERS)
    with pytest.raises(DataError, match="no table here"):
        load(tmp_path, input="review")


@pytest.mark.parametrize("name", ["reviews.xlsx", "reviews"])
def test_unknown_suffix(tmp_path, name):
    write(tmp_path, {name: "text,label\n"})
    with pytest.raises(DataError, match=r"but from .*\.csv, \.tsv, .*\.jsonl, \.json.* and \.zip"):
        load(tmp_path / name)


def test_a_zip_that_is_none(tmp_path):
    write(tmp_path, {"reviews.zip": "text,label\n"})
    with pytest.raises(DataError, match=r"reviews\.zip: is no \.zip file"):
        load(tmp_path / "reviews.zip")


def test_a_damaged_zip(tmp_path):
    write(tmp_path / "data", {"reviews.csv": "text,label\nfun,pos\n"})
    content = bytearray(zipped(tmp_path / "data", tmp_path / "reviews.zip").read_bytes())
    at = content.index(b"fun")
    content[at : at + 3] = b"sad"
    (tmp_path / "reviews.zip").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read: Bad CRC-32"):
        load(tmp_path / "reviews.zip")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def read_bytes(path):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, {"reviews.csv": "text,label\n"}) / "reviews.csv"
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        load(path)


REAL = os.environ.get("RNN_ZOO_TEST_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")


@needs_data
def test_sst2():
    parts = load(Path(REAL) / "sst2").parts
    assert {name: Counter(part.targets) for name, part in parts.items()} == {
        "train": {"0": 3310, "1": 3610},
        "validation": {"0": 428, "1": 444},
        "test": {"0": 912, "1": 909},
    }
    assert parts["test"].inputs[0] == "no movement , no yuks , not much of anything"


@needs_data
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_sentence_polarity(encoding):
    path = Path(REAL) / "nltk_sentence_polarity" / "sentence_polarity.zip"
    splits = load(path, encoding=encoding)
    assert Counter(splits.train.targets) == {"neg": 5331, "pos": 5331}
    spanish = next(text for text in splits.train.inputs if "intelectualmente retadora" in text)
    assert ("el ladrón de orquídeas" in spanish) == (encoding == "utf-8")
    complete = splits.complete(held_out=0.1, seed=0)
    assert [len(part) for part in complete.parts.values()] == [8530, 1066, 1066]
