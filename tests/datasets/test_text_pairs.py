import gzip
import os
from pathlib import Path

import pytest

from rnn_zoo.datasets import Examples, load
from rnn_zoo.errors import DataError

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set")
PAIRS = Examples(["a man", "a dog"], ["ein mann", "ein hund"])
TABLES = {
    "a.tsv": "a man\tein mann\na dog\tein hund\n",
    "b.txt": "a man\tein mann\na dog\tein hund\n",
    "c.csv": "source,target\na man,ein mann\na dog,ein hund\n",
    "d.jsonl": '{"src": "a man", "tgt": "ein mann"}\n{"src": "a dog", "tgt": "ein hund"}\n',
}


@pytest.mark.parametrize("name", TABLES)
def test_one_file(tmp_path, name):
    (tmp_path / name).write_text(TABLES[name])
    assert load(tmp_path / name, "text_pairs").train == PAIRS


def aligned(folder, **parts):
    for name, (first, second) in parts.items():
        (folder / f"{name}.en").write_text(first)
        (folder / f"{name}.de.gz").write_bytes(gzip.compress(second.encode()))
    return folder


def test_aligned_files(tmp_path):
    pair = "a man\na dog\n", "ein mann\nein hund\n"
    folder = aligned(tmp_path, train=pair, val=pair)
    splits = load(folder, "text_pairs", input="en", target="de")
    assert splits.train == splits.validation == PAIRS
    other = load(folder, "text_pairs", input="de").train
    assert other == Examples(PAIRS.targets, PAIRS.inputs)


ERRORS = {
    "not aligned": (
        {"train": ("a\nb\n", "x\n")},
        {"input": "en"},
        r"train\.de\.gz has 1 lines and train\.en has 2 lines: they are not aligned",
    ),
    "no language": ({"train": ("a\n", "x\n")}, {}, "cannot tell which column is the source"),
    "other language": ({"train": ("a\n", "x\n")}, {"input": "fr"}, "there is no column 'fr'"),
    "three files": ({"a": ("a\n", "x\n"), "b": ("a\n", "x\n")}, {}, "One part is one file, or two"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(tmp_path, case):
    parts, options, message = ERRORS[case]
    with pytest.raises(DataError, match=message):
        load(aligned(tmp_path, **parts), "text_pairs", **options)


def test_a_source_without_a_target(tmp_path):
    (tmp_path / "a.tsv").write_text("a man\tein mann\na dog\t\n")
    with pytest.raises(DataError, match=r"a\.tsv, line 2: the target is missing"):
        load(tmp_path / "a.tsv", "text_pairs")


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(DataError, match=r"not read from \.pdf, but from .*\.csv"):
        load(tmp_path / "a.pdf", "text_pairs")


def test_a_damaged_archive(tmp_path):
    aligned(tmp_path, train=("a\n", "x\n"))
    (tmp_path / "train.de.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"train\.de\.gz: cannot be unpacked"):
        load(tmp_path, "text_pairs", input="en")


def test_dates_of_a_calendar_day_stand_in_one_part():
    parts = load("dates", "text_pairs").parts
    days = {name: set(part.targets) for name, part in parts.items()}
    assert not days["train"] & days["test"]
    assert not days["validation"] & (days["train"] | days["test"])
    written = dict(zip(parts["train"].inputs, parts["train"].targets, strict=True))
    assert all(
        written[text] == iso
        for text, iso in zip(parts["train"].inputs, parts["train"].targets, strict=True)
    )  # what is written the same means the same


def test_sums_are_right_and_asked_once():
    parts = load("addition", "text_pairs").parts
    seen = set()
    for part in parts.values():
        for question, answer in zip(part.inputs, part.targets, strict=True):
            numbers = tuple(sorted(int(number) for number in question[::-1].split("+")))
            assert sum(numbers) == int(answer)
            assert numbers not in seen
            seen.add(numbers)
    assert len(seen) == 50_000


@needs_data
def test_tatoeba():
    part = load(Path(REAL) / "tatoeba_pairs/deu-eng.zip", "text_pairs").train
    assert len(part) == 169_813
