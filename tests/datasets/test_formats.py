"""Every format holds every kind of examples; a new one is a function."""

import gzip
import io
import json
import sys
from typing import NamedTuple

import numpy as np
import pyarrow
import pytest
from pyarrow.parquet import write_table

from rnn_zoo.datasets import Examples, Table, file_format, load
from rnn_zoo.datasets.formats import FORMATS
from rnn_zoo.errors import DataError


class Case(NamedTuple):
    """Columns of a table, in lists, and what is read."""

    columns: dict
    examples: Examples


CASES = {
    "labeled_texts": Case(
        {"text": ["a joy", "dull"], "label": ["pos", "neg"]},
        Examples(["a joy", "dull"], ["pos", "neg"]),
    ),
    "text_pairs": Case(
        {"source": ["a man", "a dog"], "target": ["ein mann", "ein hund"]},
        Examples(["a man", "a dog"], ["ein mann", "ein hund"]),
    ),
    "tagged_words": Case(
        {"tokens": [["EU", "rejects"], ["call"]], "ner_tags": [["B-ORG", "O"], ["O"]]},
        Examples([["EU", "rejects"], ["call"]], [["B-ORG", "O"], ["O"]]),
    ),
    "texts": Case({"id": ["1", "2"], "text": ["one", "two"]}, Examples(["one", "two"])),
    "series": Case(
        {"x": [[0.5, 1.0, 1.5], [2.0]], "y": [1.0, 2.5]},
        Examples([[0.5, 1.0, 1.5], [2.0]], [1.0, 2.5]),
    ),
}


def cell(value):
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def delimited(columns, delimiter):
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join(delimiter.join(map(cell, row)) + "\n" for row in rows).encode()


def json_lines(columns):
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return "\n".join(map(json.dumps, rows)).encode()


def parquet(columns):
    file = io.BytesIO()
    write_table(columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns), file)
    return file.getvalue()


WRITERS = {
    ".parquet": parquet,
    ".csv": lambda columns: delimited(columns, ","),
    ".tsv": lambda columns: delimited(columns, "\t"),
    ".jsonl": json_lines,
    ".json": json_lines,
}


def plain(examples):
    """Lists, where there may be arrays."""
    columns = [examples.inputs, examples.targets]
    return [
        [value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value for value in c]
        for c in columns
        if c is not None
    ]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("schema", CASES)
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_format_holds_examples_of_every_schema(tmp_path, suffix, schema, packed):
    columns, examples = CASES[schema]
    content = WRITERS[suffix](columns)
    path = tmp_path / f"train{suffix}{'.gz' * packed}"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert plain(load(path, schema).train) == plain(examples)
    assert plain(load(tmp_path, schema).train) == plain(examples)


def test_every_format_of_the_library_is_tested():
    assert FORMATS.keys() - {".npz"} == WRITERS.keys()


def test_a_new_format_is_a_function(tmp_path, monkeypatch):
    monkeypatch.setitem(FORMATS, ".psv", None)
    del FORMATS[".psv"]

    @file_format(".psv")
    def read_psv(content, source, encoding):
        names, *rows = [line.split("|") for line in content.decode(encoding).splitlines()]
        return Table(source, names, [list(column) for column in zip(*rows, strict=True)])

    (tmp_path / "a.psv").write_text("label|text\npos|a joy\nneg|dull\n")
    assert load(tmp_path / "a.psv").train == CASES["labeled_texts"].examples
    (tmp_path / "b.psv").write_text("tags|words\nB-ORG O|EU rejects\nO|call\n")
    assert load(tmp_path / "b.psv", "tagged_words").train == CASES["tagged_words"].examples
    (tmp_path / "c.psv").write_text("tags|words\nB-ORG|EU rejects\n")
    with pytest.raises(DataError, match=r"c\.psv, row 0: 2 words, but 1 tags"):
        load(tmp_path / "c.psv", "tagged_words")
    with pytest.raises(DataError, match=r"\.psv files are read by read_psv already"):
        file_format(".psv")(lambda content, source, encoding: None)


@pytest.mark.parametrize(
    ("content", "options", "inputs", "targets"),
    [
        ("y,1,2,3\n7,0.5,1.0,1.5\n8,2.0,,\n", {}, [[0.5, 1.0, 1.5], [2.0]], [7, 8]),
        ("0.5;1,0;7\n2,5;;8\n", {"target": 2}, [[0.5, 1.0], [2.5]], [7, 8]),
        ("0.5 1.0,7 8\n2.5,8 9\n", {}, [[0.5, 1.0], [2.5]], [[7, 8], [8, 9]]),
    ],
)
def test_series_in_a_csv(tmp_path, content, options, inputs, targets):
    (tmp_path / "a.csv").write_text(content)
    part = load(tmp_path / "a.csv", "series", **options).train
    assert plain(part) == [inputs, targets]


ERRORS = {
    "no target": ("series", "1,2,3\n", "cannot tell which column is the values"),
    "a hole": ("series", "y,1,2\n1,,2\n", "line 2: an empty cell within a series"),
    "words": ("series", "x,y\n1 a,2\n", "line 2: series are real numbers, got '1 a'"),
    "no words": ("tagged_words", "words,tags\n,\n", "line 2: there are no words"),
    "tags": ("tagged_words", "words,tags\na b,X\n", "line 2: 2 words, but 1 tags"),
    "a target of texts": (
        "texts",
        "text,label\na,b\n",
        "there is no target to name; each text stands alone",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_tables_that_do_not_fit(tmp_path, case):
    schema, content, message = ERRORS[case]
    (tmp_path / "a.csv").write_text(content)
    options = {"target": "label"} if schema == "texts" else {}
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.csv", schema, **options)


PARQUET_ERRORS = {
    "no Parquet": (b"PAR1 no", "is no Parquet file that can be read"),
    "cut off": (parquet({"text": ["a"] * 99, "label": ["b"] * 99})[:300], "is no Parquet file"),
    "no text": (parquet({"text": [1.5], "label": ["b"]}), "row 0: a text should be a string"),
    "null": (parquet({"text": ["a", None], "label": ["b", "c"]}), "row 1: the text is missing"),
    "no rows": (parquet({"text": [], "label": []}), "no examples"),
    "a name twice": (
        parquet(pyarrow.table([["a"], ["b"], ["c"]], names=["text", "label", "label"])),
        "cannot tell which column is the label",
    ),
    "no UTF-8": (
        parquet(
            {
                "text": pyarrow.Array.from_buffers(
                    pyarrow.string(), 1, pyarrow.array([b"\xff"]).buffers()
                ),
                "label": ["b"],
            }
        ),
        "a column cannot be read",
    ),
    "a date": (
        parquet({"text": ["a"], "label": pyarrow.array([2**40], "timestamp[s]")}),
        "a column cannot be read|is no label",
    ),
}


@pytest.mark.parametrize("case", PARQUET_ERRORS)
def test_parquet_files_that_are_wrong(tmp_path, case):
    content, message = PARQUET_ERRORS[case]
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.parquet")


def test_a_parquet_file_of_too_many_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("rnn_zoo.datasets.formats.parquet.MAX_CELLS", 3)
    (tmp_path / "a.parquet").write_bytes(parquet({"text": ["a", "a"], "label": ["b", "b"]}))
    with pytest.raises(DataError, match="2 rows are too many"):
        load(tmp_path / "a.parquet")


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"pip install rnn_zoo\[parquet\]"):
        load(tmp_path / "a.parquet")


def test_captions_in_a_table(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    (tmp_path / "captions.csv").write_text("image,caption\na.png,one\nb.png,two\na.png,three\n")
    part = load(tmp_path, "captioned_images").train
    assert part == Examples([tmp_path / "a.png", tmp_path / "b.png"], [["one", "three"], ["two"]])
    (tmp_path / "captions.csv").rename(tmp_path / "train.csv")
    (tmp_path / "test.jsonl").write_text('{"file_name": "b.png", "text": ["x", "y"]}\n')
    splits = load(tmp_path, "captioned_images")
    assert splits.train == part
    assert splits.test == Examples([tmp_path / "b.png"], [["x", "y"]])
    assert splits.columns == {"images": "image", "captions": "caption"}
