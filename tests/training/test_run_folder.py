import json
import shutil
import socket
from importlib.metadata import version
from zipfile import ZipFile

import keras
import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf
import tiny_runs
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rnn_zoo import registry
from rnn_zoo.datasets import fingerprint
from rnn_zoo.errors import RunError
from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.training import RunFolder


def test_the_resolved_config_is_the_entry_with_its_overrides(finished, monkeypatch):
    assert finished.entry() == tiny_runs.entry()
    # As in a process that does not have an entry of this name.
    monkeypatch.delitem(registry._entries, "sentiment_lstm")
    assert registry.register(finished.config) == "sentiment_lstm"
    assert registry.find("sentiment_lstm") == tiny_runs.entry()
    assert registry.get("sentiment_lstm").network_config.units == tiny_runs.TINY["units"]


def test_where_the_data_came_from(finished):
    assert finished.read_json(finished.data) == {
        "source": "tiny",
        "options": {},
        **fingerprint(tiny_runs.splits()),
    }


def test_what_it_ran_on(finished):
    found = finished.read_json(finished.run)
    assert (found["entry"], found["seed"]) == ("sentiment_lstm", 7)
    assert found["backend"] == keras.backend.backend()
    for package in ("keras", "tensorflow", "numpy", "rnn_zoo", keras.backend.backend()):
        assert found["versions"][package] == version(package)
    assert found["seconds"] > 0


def test_history_has_a_row_an_epoch(finished):
    rows = tiny_runs.history(finished)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    for name in ("loss", "accuracy"):
        assert all(np.isfinite([row[name], row[f"val_{name}"]]).all() for row in rows)
    assert rows[-1]["loss"] < rows[0]["loss"]  # it has learned


def test_metrics_are_json_that_every_parser_reads(finished):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    found = json.loads(finished.metrics.read_text(), parse_constant=refuse)
    assert set(found) == {"best_epoch", "validation", "test", "baseline"}
    assert set(found["test"]) == set(found["validation"]) == {"accuracy", "loss"}


def test_the_curves_are_a_picture(finished):
    pixels = matplotlib.image.imread(finished.curves)
    height, width, _ = pixels.shape
    assert 300 < height < width < 2000
    assert pixels[..., :3].std() > 0.01


def test_the_tensorboard_log_tells_what_history_tells(finished):
    rows = tiny_runs.history(finished)
    for part, prefix in (("train", ""), ("validation", "val_")):
        log = EventAccumulator(str(finished.tensorboard / part)).Reload()
        for name in ("loss", "accuracy"):
            points = log.Tensors(f"epoch_{name}")
            assert [point.step for point in points] == [0, 1, 2]
            np.testing.assert_allclose(
                [tf.make_ndarray(point.tensor_proto) for point in points],
                [row[prefix + name] for row in rows],
                rtol=1e-6,
            )


def test_no_file_is_named_after_the_machine(finished):
    names = [path.name for path in finished.tensorboard.rglob("*.v2")]
    assert len(names) == 2
    for name in names:
        assert "tfevents" in name
        assert socket.gethostname() not in name


@pytest.mark.tensorflow_only
def test_the_export_serves_the_best_model(finished):
    texts = tiny_runs.splits().test.inputs
    served = tf.saved_model.load(finished.export).signatures["serving_default"]
    np.testing.assert_allclose(
        served(text=tf.constant(texts))["probabilities"],
        finished.load().predict(texts, verbose=0),
        atol=1e-5,
    )


def test_both_models_load_and_nothing_else_lies_around(finished):
    for path in (finished.best, finished.last):
        assert load_model(path).labels == ["no", "yes"]
    export = {"export", "onnx"} if keras.backend.backend() == "tensorflow" else set()
    assert {path.name for path in finished.path.iterdir()} == export | {
        *("config.yaml", "data.json", "run.json", "metrics.json", "history.csv"),
        *("curves.png", "tensorboard", "best.keras", "last.keras", "progress.npz"),
    }


def test_open(finished, tmp_path):
    assert RunFolder.open(finished.path).best == finished.best
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path / "none", "there is no such folder. rnn-zoo train makes run folders"),
        (tmp_path / "file", "there is no such folder"),
        (finished.tensorboard, "is not a run folder: it has no config.yaml"),
        (tmp_path, "is not a run folder: it has no best.keras"),
    ):
        with pytest.raises(RunError, match=message):
            RunFolder.open(path)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def remove_weights(path):
    with ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if "weights" not in name}
    with ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)


def be_another_model(path):
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "is damaged or no model file: it is not a whole .keras archive"),
        (empty, "is damaged or no model file: it is not a whole .keras archive"),
        (flip, "is damaged or no model file: Bad CRC-32"),
        (remove_weights, "is damaged or no model file: "),
        (be_another_model, "holds a Sequential, not a model of the zoo"),
    ],
)
def test_a_damaged_model(finished, tmp_path, damage, message):
    path = tmp_path / "best.keras"
    shutil.copy(finished.best, path)
    damage(path)
    with pytest.raises(RunError) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path} {message}")
    assert "\n" not in str(caught.value)


def test_a_run_replaces_a_run_only_when_asked(tmp_path):
    first = RunFolder.create(tmp_path / "run", tiny_runs.entry())
    first.data.write_text("{}")
    first.metrics.write_text("old")
    (first.path / ".draft.best.keras").write_text("left by a process that was killed")
    with pytest.raises(RunError, match=r"exists: choose another folder, or add --overwrite"):
        RunFolder.create(first.path, tiny_runs.entry(units=8))
    assert first.metrics.read_text() == "old"
    second = RunFolder.create(first.path, tiny_runs.entry(units=8), overwrite=True)
    assert [path.name for path in second.path.iterdir()] == ["config.yaml"]
    assert second.entry() == tiny_runs.entry(units=8)


def test_what_a_killed_process_began_is_replaced(tmp_path):
    (tmp_path / ".lock").touch()
    (tmp_path / "config.yaml").write_text("half a conf")
    folder = RunFolder.create(tmp_path, tiny_runs.entry(), overwrite=True)
    assert folder.entry() == tiny_runs.entry()


def test_an_empty_folder_is_free(tmp_path):
    assert RunFolder.create(tmp_path, tiny_runs.entry()).config.is_file()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["thesis.txt"], "holds thesis.txt"),
        (["config.yaml"], "was not made by this command"),  # many programs have one
        (["config.yaml", "data.json", "thesis.txt"], "holds thesis.txt"),
    ],
)
def test_what_others_made_is_never_removed(tmp_path, names, message):
    for name in names:
        (tmp_path / name).write_text("mine")
    with pytest.raises(RunError, match=message):
        RunFolder.create(tmp_path, tiny_runs.entry(), overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_file_is_never_removed(tmp_path):
    path = tmp_path / "run"
    path.write_text("mine")
    with pytest.raises(RunError, match="was not made by this command"):
        RunFolder.create(path, tiny_runs.entry(), overwrite=True)
    assert path.read_text() == "mine"
