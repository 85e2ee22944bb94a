"""Presets that are damaged, incomplete, of a newer version or made to do harm."""

import json

import h5py
import keras
import numpy as np
import pytest

import rnn_zoo
from rnn_zoo.errors import PresetError
from rnn_zoo.presets import FORMAT, files
from rnn_zoo.presets.checksums import write_sums
from rnn_zoo.tasks import Task

pytestmark = pytest.mark.tensorflow_only  # files are read the same way on every backend

FILES = ["config.json", "vocabularies.json", "model.weights.h5"]


def refused(path, message):
    with pytest.raises(PresetError, match=message) as caught:
        Task.from_preset(path)
    with pytest.raises(PresetError):
        rnn_zoo.get("sentiment_rnn", weights=path)
    return str(caught.value)


@pytest.mark.parametrize("name", [*FILES, "README.md"])
def test_a_byte_is_another(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    refused(copy, rf"{name} is damaged: its SHA-256 is not the one in SHA256SUMS")


@pytest.mark.parametrize("name", [*FILES, "README.md", "SHA256SUMS"])
def test_a_file_is_missing(copy, name):
    (copy / name).unlink()
    refused(copy, rf"mine is incomplete: {name} is missing")


def test_a_file_is_not_listed(copy):
    sums = (copy / "SHA256SUMS").read_text().splitlines(keepends=True)
    (copy / "SHA256SUMS").write_text("".join(line for line in sums if "README" not in line))
    refused(copy, r"README\.md is not listed in SHA256SUMS")


@pytest.mark.parametrize("listed", [False, True])
def test_a_file_is_strange(copy, listed):
    (copy / "weights.pickle").write_bytes(b"\x80\x04.")
    if listed:
        write_sums(copy)
    refused(copy, r"weights\.pickle is no file of a preset")


def test_hidden_files_are_left_alone(copy):
    (copy / ".gitattributes").write_text("*.h5 filter=lfs")
    Task.from_preset(copy)


@pytest.mark.parametrize(
    "content",
    ["", "abc", "0" * 64 + "  ../config.json", "\xff", "0" * 63 + "  config.json"],
    ids=range(5),
)
def test_the_sums_are_damaged(copy, content):
    (copy / "SHA256SUMS").write_bytes(content.encode("latin-1"))
    refused(copy, "SHA256SUMS")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', b"\xff\xfe", "[" * 100_000])
@pytest.mark.parametrize("name", FILES[:2])
def test_no_json(copy, rewritten, name, content):
    refused(rewritten(copy, name, content), rf"{name} is damaged")


def test_a_json_file_is_too_large(copy, rewritten, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", files.MAX_BYTES | {"vocabularies.json": 10})
    monkeypatch.setattr("rnn_zoo.presets.checksums.MAX_BYTES", files.MAX_BYTES)
    refused(copy, r"vocabularies\.json has \d+ bytes, more than the 10 that it may have")
    with pytest.raises(PresetError, match="larger than 10 bytes"):
        files.read_json(copy / "vocabularies.json")


def test_a_newer_version(copy, rewritten):
    rewritten(copy, format=FORMAT + 1, rnn_zoo="9.1", something_new={"a": 1})
    refused(copy, r"made by a newer version of rnn_zoo \('9\.1', format 2\).*upgrade rnn_zoo")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "1"),
        ("format", 0),
        ("entry", "../x"),
        ("network", []),
        ("network", {"cell": "lstm", "units": -1}),
        ("network", {"cell": "nonesuch"}),
        ("network", {"strange": 1}),
        ("preprocessing", {"max_length": "all"}),
        ("optimizer", {"name": "os.system", "clipnorm": 1.0}),
        ("sizes", {"vocabulary_size": 8}),
        ("sizes", {"vocabulary_size": 3, "num_classes": 2}),
        ("sizes", {"vocabulary_size": 1.5, "num_classes": 2}),
        ("labels", ["one"]),
        ("labels", ["same", "same"]),
        ("labels", [None, {}]),
        ("task", "rnn_zoo>Nothing"),
        ("task", "os>system"),
        ("task", "keras>Dense"),
        ("task", "rnn_zoo>RNN"),
        ("more", 1),
    ],
    ids=str,
)
def test_a_key_of_the_config_is_wrong(copy, rewritten, key, value):
    refused(rewritten(copy, **{key: value}), "mine")


@pytest.mark.parametrize("key", ["format", "network", "labels", "sizes", "task"])
def test_a_key_of_the_config_is_missing(copy, rewritten, key):
    config = json.loads((copy / "config.json").read_text())
    del config[key]
    refused(rewritten(copy, content=json.dumps(config)), rf"'{key}' is missing")


@pytest.mark.parametrize(
    "vocabularies",
    [
        {"vocabulary": "abc"},
        {"vocabulary": [1, 2]},
        {"other": ["[PAD]", "[UNK]"]},
        {"vocabulary": []},
    ],
    ids=str,
)
def test_the_vocabulary_is_wrong(copy, rewritten, vocabularies):
    refused(rewritten(copy, "vocabularies.json", json.dumps(vocabularies)), "mine")


def test_a_token_stands_twice(copy, rewritten):
    tokens = json.loads((copy / "vocabularies.json").read_text())["vocabulary"]
    content = json.dumps({"vocabulary": [*tokens[:-1], tokens[2]]})
    refused(rewritten(copy, "vocabularies.json", content), "stand twice")


def test_the_weights_are_truncated(copy, rewritten):
    content = (copy / "model.weights.h5").read_bytes()
    for length in (0, 100, len(content) // 2, len(content) - 1):
        rewritten(copy, "model.weights.h5", content[:length])
        refused(copy, r"model\.weights\.h5 is damaged")


def changed_weights(preset, change):
    with h5py.File(preset / "model.weights.h5", "r+") as file:
        change(file)
    write_sums(preset)
    return preset


def dataset(file):
    return file["layers/embedding/vars/0"]


def test_a_weight_is_not_finite(copy):
    def spoil(file):
        dataset(file)[1, 1] = np.nan

    refused(changed_weights(copy, spoil), "is NaN or infinite")


def test_a_weight_is_missing_or_another_or_one_too_many(copy):
    def more(file):
        file["layers/embedding/vars/1"] = np.zeros(77)

    def less(file):
        del file["layers/embedding/vars/1"], file["layers/embedding/vars/0"]

    refused(changed_weights(copy, more), r"it has one too many of the shape \(77,\)")
    refused(changed_weights(copy, less), "it has no weight of the shape")


def test_weights_that_stand_in_another_file(copy, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["secret"] = np.ones((10, 3))

    def link(file):
        del file["layers/embedding/vars/0"]
        file["layers/embedding/vars/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "secret")

    refused(changed_weights(copy, link), "layers/embedding/vars/0 is a link")

    def external(file):
        del file["layers/embedding/vars/0"]
        where = [(str(tmp_path / "secret.h5"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("layers/embedding/vars/0", (10, 3), "float32", external=where)

    refused(changed_weights(copy, external), "stand in another file")


def test_a_gru_with_the_weights_of_an_lstm(copy, rewritten, tmp_path):
    config = json.loads((copy / "config.json").read_text())
    for cell in ("lstm", "gru"):
        task = Task.from_preset(copy)
        network = task.network_config.model_dump() | {"cell": cell}
        type(task)(network, **task.sizes).save_to_preset(tmp_path / cell)
    lstm = (tmp_path / "lstm" / "model.weights.h5").read_bytes()
    rewritten(tmp_path / "gru", "model.weights.h5", lstm)
    refused(tmp_path / "gru", "does not hold the weights of this network")
    assert config["network"]["cell"] == "simple_rnn"


def test_nothing_is_executed(copy, rewritten, tmp_path):
    """A class of Keras that would run code is no task, whatever the config calls it."""
    trap = tmp_path / "executed"

    @keras.saving.register_keras_serializable(package="trap")
    class Trap:
        def __init__(self, *arguments, **keywords):
            trap.touch()

        def get_config(self):
            return {}

    refused(rewritten(copy, task="trap>Trap"), "which is not registered")
    assert not trap.exists()


@pytest.mark.parametrize("what", ["empty", "file", "nothing", "\0", "x" * 5000, ""])
def test_it_is_no_preset(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("not weights")
    with pytest.raises(PresetError):
        Task.from_preset(what)
    with pytest.raises(PresetError):
        rnn_zoo.get("sentiment_lstm", weights=what)
