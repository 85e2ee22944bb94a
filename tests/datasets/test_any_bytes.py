"""Whatever a file holds, it is read, or refused in a `DataError`, and soon."""

import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from rnn_zoo.datasets import Splits, load
from rnn_zoo.datasets.schemas import SCHEMAS
from rnn_zoo.errors import DataError

quickly = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=5000,
    suppress_health_check=list(HealthCheck),
)


def npz():
    file = io.BytesIO()
    np.savez(file, x=np.zeros((3, 2, 1)), y=np.ones(3), lengths=np.array([1, 2, 2]))
    return file.getvalue()


def parquet():
    file = io.BytesIO()
    columns = {"text": ["a b", "c"], "label": ["d", "e"], "words": [["a", "b"], ["c"]]}
    write_table(pyarrow.table(columns), file)
    return file.getvalue()


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


CSV = b'text,label\n"a, ""b""",x\nc,y\n'
LINES = b'{"text": "a", "label": "x", "words": ["a"], "tags": ["O"], "x": [1.5], "y": 2}\n' * 3
CAPTIONS = {"train": {"a.png": ["a"]}}
FILES = {
    "a.csv": CSV,
    "a.tsv": b"a b\tX Y\nc\tX\n",
    "a.jsonl": LINES,
    "a.npz": npz(),
    "a.parquet": parquet(),
    "a.conll": b"EU B-ORG\nrejects O\n\ncall O\n",
    "a.conllu": b"# x\n1\tDe\tde\tADP\tx\t_\t_\t_\t_\t_\n\n",
    "a.txt": b"__label__x a joy\n__label__y dull\n",
    "a.csv.gz": gzip.compress(CSV),
    "a.zip": zipped("train.csv", CSV),
    "captions.json": json.dumps(CAPTIONS).encode(),
}


def check(name, content, encoding="utf-8"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        for schema in SCHEMAS:
            message = ""
            try:
                assert isinstance(load(path, schema, encoding=encoding), Splits)
            except DataError as error:
                message = str(error)
            assert len(message) < 1000


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@quickly
def test_mutated_files(name, data):
    content = FILES[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 8))
        content = content[:start] + data.draw(st.binary(max_size=8)) + content[end:]
    check(name, content)


@given(name=st.sampled_from(list(FILES)), content=st.binary(max_size=200))
@quickly
def test_any_bytes(name, content):
    check(name, content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(("text", "label", "x", "y", "words"), VALUES))))
@quickly
def test_any_json(records):
    check("a.jsonl", "\n".join(map(json.dumps, records)).encode())


@given(st.dictionaries(st.sampled_from(["train", "images", "annotations"]), VALUES))
@quickly
def test_any_captions(content):
    check("captions.json", json.dumps(content).encode())


@given(st.text(alphabet="a,;|\t\"'\n\r \ufeff5.", max_size=60))
@quickly
def test_any_table(text):
    for name in ("a.csv", "a.tsv", "a.conll", "a.txt"):
        check(name, text.encode())


@given(st.binary(max_size=30), st.text(max_size=8))
@quickly
def test_any_encoding(content, encoding):
    check("a.csv", content, encoding)
