"""What README.md says is true: its table, its names, its files."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import rnn_zoo
from benchmarks import which_cell
from benchmarks.scores import with_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_is_what_the_entries_hold():
    assert with_table(README) == README, "run: python -m benchmarks.scores --readme"


def test_the_table_of_cells_is_what_the_entries_hold():
    cell_table = which_cell.table(which_cell.measured_before())
    assert which_cell.with_table(README, cell_table) == README, (
        "run: python -m benchmarks.which_cell --scores"
    )


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


def test_entries_and_public_names_exist():
    entries = set(
        re.findall(r"`((?:sentiment|tagger|seq2seq|caption|char_lm|word_lm)_\w+)`", README)
    )
    assert entries <= set(rnn_zoo.list_models())
    for path in re.findall(r"\brnn_zoo((?:\.\w+)+)\(", README):
        value = rnn_zoo
        for part in path.strip(".").split("."):
            value = getattr(value, part)


@pytest.mark.tensorflow_only
def test_the_code_at_the_top_runs(tmp_path, monkeypatch):
    texts = ["a joyless , idiotic bore", "a warm and funny film"] * 8
    labels = ["negative", "positive"] * 8
    (code,) = re.findall(r"```python\nimport keras\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    small = functools.partial(rnn_zoo.get, units=8, embedding_dim=8)
    monkeypatch.setattr(rnn_zoo, "get", small)
    names = {
        "texts": texts,
        "labels": labels,
        "texts_dev": texts[:2],
        "labels_dev": labels[:2],
        "texts_test": texts,
        "labels_test": labels,
        "words": [["EU", "rejects", "German", "call"]] * 4,
        "tags": [["B-ORG", "O", "B-MISC", "O"]] * 4,
        "words_dev": [["EU", "rejects"]],
        "tags_dev": [["B-ORG", "O"]],
        "english": ["a man .", "a dog ."],
        "german": ["ein mann .", "ein hund ."],
        "images": np.zeros((2, 20, 20, 3), "uint8"),
        "captions": [["a dark night", "night"], ["night"]],
        "text": "ROMEO: to be, or not to be\n" * 20,
    }
    image = tf.io.encode_jpeg(np.full((30, 40, 3), 200, "uint8"))
    (tmp_path / "harbor.jpg").write_bytes(image.numpy())
    exec(f"import keras\n{code}", names)  # our own README
    model = names["model"]
    assert model.classify(texts[:1])[0][0] in {"negative", "positive"}
    assert len(names["tagger"].tag([["EU"]])[0]) == 1
    assert names["writer"].generate("ROMEO:", "greedy", max_new_tokens=3).startswith("ROMEO:")
    assert (tmp_path / "m.keras").is_file()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(rnn_zoo.list_models\(pretrained.*?)```", README, re.DOTALL)
    exec(code.replace('"mine")', '"mine", units=8)'), names)  # as small as it was saved
    assert names["model"].network_config.units == 8
    assert (tmp_path / "serving/1/saved_model.pb").is_file()
