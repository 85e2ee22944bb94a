"""Run folders of which a file is missing or damaged: an error that names the file."""

import json
import shutil
from zipfile import ZipFile

import keras
import numpy as np
import pytest
import tiny_runs

from rnn_zoo.errors import RunError, UserError
from rnn_zoo.training import RunFolder, resume

WRONG_JSON = ["", "{", "\xff", "[]", "null", '"run"', "{}", "[" * 100_000]


@pytest.fixture
def folder(finished, tmp_path):
    """A run that has ended its last epoch, and lacks its scores."""
    copy = RunFolder(shutil.copytree(finished.path, tmp_path / "run"))
    copy.metrics.unlink()
    return copy


def refused(folder, path):
    """Resuming says what is wrong with a file, and changes nothing."""
    before = {file.name for file in folder.path.iterdir()}
    with pytest.raises(UserError) as caught:
        resume(folder.path, tiny_runs.splits(), verbose=0)
    assert path.name in str(caught.value)
    assert {file.name for file in folder.path.iterdir()} == before


@pytest.mark.parametrize("name", ["config", "run", "data", "progress"])
def test_a_file_is_missing(folder, name):
    path = getattr(folder, name)
    path.unlink()
    refused(folder, path)


@pytest.mark.parametrize("name", ["config", "run", "data", "progress"])
def test_a_folder_stands_where_a_file_should(folder, name):
    path = getattr(folder, name)
    path.unlink()
    path.mkdir()
    refused(folder, path)


@pytest.mark.parametrize("name", ["run", "data", "metrics"])
@pytest.mark.parametrize("content", WRONG_JSON, ids=range(len(WRONG_JSON)))
def test_a_json_file_is_damaged(folder, name, content):
    path = getattr(folder, name)
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(RunError, match=path.name):
        folder.read_json(path)
    if name == "metrics":
        assert not folder.is_finished
    else:
        refused(folder, path)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("run", "seed", "7"),
        ("run", "seed", None),
        ("run", "seed", 1.5),
        ("run", "seed", 8),  # another seed than the run was begun with
        ("run", "config", 3),
        ("run", "backend", ["tensorflow"]),
        ("run", "checkpoint_every", "often"),
        ("data", "sha256", None),
        ("data", "options", "x"),
    ],
)
def test_a_key_is_wrong(folder, name, key, value):
    path = getattr(folder, name)
    path.write_text(json.dumps(folder.read_json(path) | {key: value}))
    refused(folder, path)


@pytest.mark.parametrize(("name", "key"), [("run", "seed"), ("run", "config"), ("data", "sha256")])
def test_a_key_is_missing(folder, name, key):
    path = getattr(folder, name)
    content = folder.read_json(path)
    del content[key]
    path.write_text(json.dumps(content))
    refused(folder, path)


@pytest.mark.parametrize("content", ["", "[]", "task: 3", "a: [", "network: {}"])
def test_the_config_is_damaged(folder, content):
    folder.config.write_text(content)
    refused(folder, folder.config)


def place(**changes):
    return json.dumps({"epoch": 3, "step": 0, "seconds": 1.0, "callbacks": {}} | changes)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"place": 3},
        {"place": "null"},
        {"place": place(epoch="3")},
        {"place": place(epoch=-1)},
        {"place": place(callbacks=[])},
        {"place": place()},
    ],
    ids=str,
)
def test_the_progress_is_another(folder, arrays):
    np.savez(folder.progress, **arrays)
    refused(folder, folder.progress)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"epoch 3"])
def test_the_progress_is_damaged(folder, content):
    folder.progress.write_bytes(content)
    refused(folder, folder.progress)


def rewritten(path, name, content):
    """Replace a member of an archive."""
    with ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members[next(member for member in members if member.endswith(name))] = content
    with ZipFile(path, "w") as archive:
        for member, value in members.items():
            archive.writestr(member, value)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (["[PAD]", "[UNK]", "bad"], "but the vocabulary has 3 tokens"),
        (None, "does not begin with"),
        ([], "damaged"),
        ({"a": 1}, "damaged"),
    ],
    ids=range(4),
)
def test_the_vocabulary_is_another(finished, tmp_path, content, message):
    path = tmp_path / "best.keras"
    shutil.copy(finished.best, path)
    if content is None:
        content = sorted(finished.load().preprocessor.tokenizer.vocabulary.tokens, reverse=True)
    with ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["vocabularies"]["vocabulary"] = content
    rewritten(path, "config.json", json.dumps(config))
    with pytest.raises(RunError, match=message):
        RunFolder(tmp_path).load()


@pytest.mark.tensorflow_only
def test_a_model_that_was_changed(finished, tmp_path):
    folder = RunFolder(shutil.copytree(finished.path, tmp_path / "run"))
    task = folder.load()
    weights = task.get_weights()
    task.set_weights([weights[0] * 2, *weights[1:]])
    task.save(folder.best)
    with pytest.raises(RunError, match=r"best\.keras is not the file that the run made"):
        folder.load()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite(finished, tmp_path, value):
    task = finished.load()
    task.trainable_variables[1].assign(keras.ops.full_like(task.trainable_variables[1], value))
    task.save(tmp_path / "best.keras")
    with pytest.raises(RunError, match=r"best\.keras is damaged: the weight .* is NaN or infinite"):
        RunFolder(tmp_path).load()
