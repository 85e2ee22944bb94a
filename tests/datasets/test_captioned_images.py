"""captions.json in both layouts, images on a disk and in .zip files, and digit strips."""

import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rnn_zoo.datasets import Examples, Splits, digit_strips, fingerprint, load
from rnn_zoo.errors import DataError

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")
KIND = "captioned_images"
BY_PART = {"train": {"a.png": ["a", "b"], "b.png": ["c", " "]}, "val": {"c.png": ["d"]}}
COCO = {
    "images": [
        {"id": 1, "file_name": "a.png", "split": "train"},
        {"id": 2, "file_name": "b.png", "split": "train"},
        {"id": 3, "file_name": "c.png", "split": "val"},
    ],
    "annotations": [
        {"image_id": image, "caption": caption}
        for image, caption in ((1, "a"), (2, "c"), (1, "b"), (3, "d"))
    ],
}
CAPTIONS = [["a", "b"], ["c"]]


def folder(path, content, images=("a.png", "b.png", "c.png")):
    for name in images:
        (path / name).parent.mkdir(exist_ok=True, parents=True)
        (path / name).write_bytes(name.encode())
    text = content if isinstance(content, str) else json.dumps(content)
    (path / "captions.json").write_text(text)
    return path


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("content", [BY_PART, COCO], ids=["by part", "coco"])
@pytest.mark.parametrize("where", ["", "images/", "images/train2017/"])
def test_a_folder(tmp_path, content, where):
    names = [f"{where}{name}.png" for name in "abc"]
    splits = load(folder(tmp_path, content, names), KIND)
    assert splits.train == Examples([tmp_path / name for name in names[:2]], CAPTIONS)
    assert splits.validation == Examples([tmp_path / names[2]], [["d"]])
    assert splits.test is None
    assert load(tmp_path / "captions.json", KIND) == splits


def test_images_in_a_zip_file_beside_it_or_all_in_one(tmp_path):
    members = {f"pictures/{name}.png": f"{name}.png" for name in "abc"}
    folder(tmp_path, BY_PART, [])
    zipped(tmp_path / "images.zip", members)
    beside = load(tmp_path, KIND)
    assert beside.train == Examples([b"a.png", b"b.png"], CAPTIONS)
    whole = {f"all/{name}": content for name, content in members.items()}
    whole["all/captions.json"] = json.dumps(BY_PART)
    assert load(zipped(tmp_path / "whole.zip", whole), KIND) == beside


BAD = {
    "no captions": (None, "holds no captions.json. It should be"),
    "not JSON": ('{"train": \n', "captions.json, line 2: is not JSON"),
    "a list": ([1], "should be {"),
    "an unknown part": ({"restval": {"a.png": ["a"]}}, "'restval' is no part: there are train"),
    "no mapping": ({"train": ["a.png"]}, "'train' should hold {file"),
    "no list": ({"train": {"a.png": "a cat"}}, "a.png: an image has a list of captions"),
    "blank": ({"train": {"a.png": [" "]}}, "a.png: this image has no caption"),
    "missing": (
        {"train": {f"{name}.png": ["a"] for name in "abxyzw"}},
        "4 of 6 images are missing: w.png, x.png, y.png, ...",
    ),
    "coco, no name": ({"images": [{"id": 1}], "annotations": []}, "lacks 'file_name'"),
    "coco, none": (COCO | {"annotations": []}, "a.png: this image has no caption"),
    "empty": ({}, "holds no images"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(tmp_path, case):
    content, message = BAD[case]
    folder(tmp_path, content or {})
    if content is None:
        (tmp_path / "captions.json").unlink()
    with pytest.raises(DataError) as error:
        load(tmp_path, KIND)
    assert message in str(error.value)


def test_a_name_in_two_folders(tmp_path):
    names = ["x/a.png", "y/a.png"]
    folder(tmp_path, {"train": {"a.png": ["a"]}}, names)
    with pytest.raises(DataError, match="stands in several folders"):
        load(tmp_path, KIND)
    folder(tmp_path, {"train": {"y/a.png": ["a"]}}, names)
    assert load(tmp_path, KIND).train.inputs == [tmp_path / "y/a.png"]


def test_what_captions_cannot_be(tmp_path):
    with pytest.raises(DataError, match="no columns to name"):
        load(folder(tmp_path, BY_PART), KIND, input="image")
    with pytest.raises(DataError, match="images and captions are not read from TFDS"):
        load("coco_captions", KIND)


def test_a_fingerprint_is_of_what_the_images_hold(tmp_path):
    folder(tmp_path, BY_PART)

    def of(*inputs):
        return fingerprint(Splits(train=Examples(list(inputs), [["a"]] * len(inputs))))["sha256"]

    array = np.arange(6, dtype="uint8").reshape(2, 3)
    assert of(tmp_path / "a.png") == of(b"a.png") != of(b"b.png")
    assert of(array) == of(array.copy())
    assert len({of(array), of(array.T), of(array + 1), of(array.astype("int16"))}) == 4


def test_no_digit_stands_in_strips_of_two_parts():
    digits = {}
    for part in ("train", "validation", "test"):
        strips, captions = digit_strips.digit_strips(part)
        digits[part] = {
            strip[:, 8 * i : 8 * i + 8].tobytes()
            for strip, caption in zip(strips, captions, strict=True)
            for i in range(len(caption.split()))
        }
        blank = zip(strips, captions, strict=True)
        assert not any(strip[:, 8 * len(caption.split()) :].any() for strip, caption in blank)
    assert sum(map(len, digits.values())) == len(set.union(*digits.values())) == 1797


def test_digit_strips_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install rnn_zoo\[digits\]"):
        load("digit_strips", KIND)


@needs_data
def test_coco_and_rsicd():
    coco = load(Path(REAL, "coco_mini"), KIND)
    assert [len(part) for part in coco.parts.values()] == [26, 25]
    assert {len(captions) for captions in coco.train.targets} == {5}
    assert coco.train.inputs[0].read_bytes()[:2] == b"\xff\xd8"
    rsicd = load(Path(REAL, "rsicd"), KIND)
    assert {name: len(part) for name, part in rsicd.parts.items()} == {
        "validation": 1092,
        "test": 1093,
    }
    assert rsicd.test.inputs[0][:2] == b"\xff\xd8"
    with pytest.raises(DataError, match="no training part, only validation and test"):
        rsicd.complete()
