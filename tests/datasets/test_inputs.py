"""Inputs of files in pieces: those that `load` reads, wherever a piece ends."""

import gzip
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_zoo.datasets import load, read_inputs
from rnn_zoo.errors import DataError

TEXTS = ["a joy", "so, so", 'say "no"', "two\nlines", "ends in a tab ", "Grüße", "dull; long"]
LABELS = ["pos", "neg", "neg", "pos", "pos", "neg", "pos"]


def quoted(cells):
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def csv_of(header, *columns):
    rows = zip(*columns, strict=True)
    return "\n".join([*([header] if header else []), *map(quoted, rows)]) + "\n"


def parquet_of(path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"text": TEXTS, "label": LABELS}), path, row_group_size=3)


FILES = {
    "header.csv": ("labeled_texts", csv_of("text,label", TEXTS, LABELS)),
    "target_known.csv": ("labeled_texts", csv_of("what,stars", TEXTS, LABELS)),
    "no_header.csv": ("labeled_texts", csv_of("", TEXTS, LABELS)),
    "semicolons.csv": ("labeled_texts", "text;label\n" + "a, b;pos\nc;neg\n\nd;pos\n"),
    "tabs.tsv": ("labeled_texts", "text\tlabel\n" + 'a "b\tpos\nc\tneg\nd\tpos\n'),
    "objects.jsonl": (
        "labeled_texts",
        "\n\n".join(
            json.dumps({"label": y, "text": x}) for x, y in zip(TEXTS, LABELS, strict=True)
        ),
    ),
    "fasttext.txt": ("labeled_texts", "__label__pos a joy\n__label__neg so dull\n__label__pos c\n"),
    "pairs.txt": ("text_pairs", "ein Mann\ta man\neine Frau\ta woman\nein Kind\ta child\n"),
    "words.conll": ("tagged_words", "-DOCSTART- O\n\na O\nb B\n\n\nc O\n\nd B\ne O"),
    "tabs.conll": ("tagged_words", "a\u00a0b\tO\r\nb\tB\r\n\r\nc\tO\r\n"),
    "words.conllu": (
        "tagged_words",
        "# a comment\n1-2\tdu" + "\t_" * 8 + "\n"
        + "".join(f"{i}\tw{i}\t_\tNOUN" + "\t_" * 6 + "\n\n" for i in range(1, 5)),
    ),
    "words.jsonl": ("tagged_words", '{"words": ["a", "b"], "tags": ["O", "B"]}\n' * 3),
    "steps.csv": ("series", "1,2,3,target\n0.5,1,2,3\n1,2,,3\n2,3,4,5\n"),
    "series.csv": ("series", "x,y\n1 2 3,1\n2 3,2\n4,3\n"),
}  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 1000])
@pytest.mark.parametrize("name", FILES)
def test_pieces_hold_what_load_reads(tmp_path, name, rows, packed):
    schema, content = FILES[name]
    path = tmp_path / (f"{name}.gz" if packed else name)
    encoded = content.encode()
    path.write_bytes(gzip.compress(encoded) if packed else encoded)
    pieces = list(read_inputs(path, schema, rows=rows))
    inputs = list(itertools.chain.from_iterable(piece.inputs for piece in pieces))
    expected = load(path, schema).train.inputs
    assert list(map(np.ndarray.tolist, map(np.asarray, inputs))) == [
        np.asarray(x).tolist() for x in expected
    ]
    assert max(len(piece.inputs) for piece in pieces) <= rows
    shares = [piece.share for piece in pieces]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_parquet(tmp_path, rows):
    parquet_of(tmp_path / "a.parquet")
    pieces = list(read_inputs(tmp_path / "a.parquet", rows=rows))
    assert [text for piece in pieces for text in piece.inputs] == TEXTS
    assert {piece.column for piece in pieces} == {"text"}


ALONE = {
    "one column": ("labeled_texts", "a.csv", "what\na\nb\n", None, (["what", "a", "b"], "0")),
    "one usual column": ("labeled_texts", "a.csv", "text\na\nb\n", None, (["a", "b"], "text")),
    "a named column": ("labeled_texts", "a.csv", "id,x\n1,a\n2,b\n", "x", (["a", "b"], "x")),
    "a column by its number": ("labeled_texts", "a.csv", "1,a\n2,b\n", "1", (["a", "b"], "1")),
    "lines": ("labeled_texts", "a.txt", "a b\n\nc\r\nd", None, (["a b", "", "c", "d"], "text")),
    "sources": ("text_pairs", "test.de", "ein\nzwei", None, (["ein", "zwei"], "source")),
    "prompts": ("texts", "a.md", "Call me\n", None, (["Call me"], "text")),
    "words alone": ("tagged_words", "a.conll", "a\nb\n\nc\n", None, ([["a", "b"], ["c"]], "0")),
    "a later column": (
        "tagged_words", "a.conll", "1 a O\n2 b O\n\n", "1", ([["a", "b"]], "1"),
    ),
    "sentences": ("tagged_words", "seq.in", "a b\nc\n", None, (["a b", "c"], "words")),
    "steps without a target": (
        "series", "a.jsonl", '{"s": 1, "t": 2}\n{"s": 3, "t": 4}\n',
        None, ([[1, 2], [3, 4]], "s to t"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ALONE)
def test_inputs_need_no_targets(tmp_path, case):
    schema, name, content, column, (inputs, found) = ALONE[case]
    (tmp_path / name).write_bytes(content.encode())
    pieces = list(read_inputs(tmp_path / name, schema, input=column, rows=1))
    assert [np.asarray(x).ravel().tolist() for piece in pieces for x in piece.inputs] == [
        np.asarray(x).ravel().tolist() for x in inputs
    ]
    assert {piece.column for piece in pieces} == {found}


WRONG = {
    "cells": ("a.csv", "text,label\na,1\nb,2\nc\n", "line 4: 1 cells, but the first row has 2"),
    "a quote": ("a.csv", 'text,label\na,1\nb,2\n"c,3\n', "line 4: malformed CSV"),
    "no object": ("a.jsonl", '{"text": "a"}\n{"text": "b"}\n[]\n', "line 3: each line should"),
    "no text": ("a.jsonl", '{"text": "a"}\n{"text": "b"}\n{"x": 1}\n', "line 3: "),
    "bytes": ("a.csv", b"text,label\na,1\nb,2\n\xff,3\n", "line 4: byte 0xff is not utf-8 text"),
    "bytes in lines": ("a.txt", b"a\nb\nc\n\xff\n", "line 4: byte 0xff is not utf-8 text"),
    "cut off": ("a.csv.gz", gzip.compress(b"text\n" + bytes(9999))[:-9], "cannot be read: "),
    "a header alone": ("a.csv", "text,label\n", "only a header"),
    "nothing": ("a.csv", "", "no examples in this file"),
    "no line": ("a.txt", "", "no examples in this file"),
    "no such column": ("a.csv", "a,b\nc,d\n", "cannot tell which column is the text"),
    "no such file": ("b.csv", None, "there is no"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_where_it_stands(tmp_path, case):
    name, content, message = WRONG[case]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message):
        list(read_inputs(tmp_path / name, rows=1))


def test_columns_of_plain_lines_and_encodings(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("Grüße\n".encode("latin-1"))
    with pytest.raises(DataError, match="is no table, so there is no column 'text' to name"):
        next(read_inputs(path, input="text"))
    assert next(read_inputs(path, encoding="latin-1")).inputs == ["Grüße"]
    with pytest.raises(DataError, match="There is no text encoding 'hex'"):
        next(read_inputs(path, encoding="hex"))


def test_a_file_is_read_as_far_as_it_is_needed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "a joy,pos\n" * 200_000)
    first = next(read_inputs(path, rows=100))
    assert len(first.inputs) == 100
    assert first.share < 0.1


def test_what_is_no_file_is_loaded(tmp_path):
    pieces = list(read_inputs("synthetic_bookings", "tagged_words", rows=100))
    inputs = [words for piece in pieces for words in piece.inputs]
    assert inputs == list(load("synthetic_bookings", "tagged_words").test.inputs)
    assert pieces[-1].share == 1.0


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.text(max_size=12), st.sampled_from("ab")), min_size=1, max_size=9),
    size=st.integers(1, 9),
)
def test_any_text_in_any_piece(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("inputs") / "a.csv"
    path.write_text(csv_of("text,label", *zip(*rows, strict=True)), "utf-8", "replace", "")
    pieces = read_inputs(path, rows=size)
    assert [text for piece in pieces for text in piece.inputs] == load(path).train.inputs
