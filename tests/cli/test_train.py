import json
import re
import shutil

import keras
import pytest
import tiny_runs

from rnn_zoo import registry
from rnn_zoo.config import write_yaml
from rnn_zoo.training import RunFolder


@pytest.mark.on_jax
def test_what_training_prints(shop):
    printed = (shop / "printed.txt").read_text()
    metrics = json.loads((shop / "run" / "metrics.json").read_text())
    for part in ("validation", "test"):
        assert f"{shop / 'good.csv'} has no {part} part: 8 examples are held out." in printed
        scores = "accuracy {accuracy:.4f}, loss {loss:.4f}".format(**metrics[part])
        assert re.search(rf"^{part} +{scores}$", printed, re.MULTILINE)
    assert "64 train, 8 validation, 8 test examples" in printed
    assert "\nLabels: no 50.0 %, yes 50.0 %\n" in printed
    assert "\nLengths: 1 to 8 words, median " in printed
    assert "\nThe train part: " in printed  # what repeats
    assert f"best epoch  {metrics['best_epoch']}, everything is in {shop / 'run'}" in printed


def test_options_reach_the_run(shop):
    folder = RunFolder.open(shop / "run")
    assert folder.entry() == tiny_runs.entry()
    assert folder.read_json(folder.run)["seed"] == 3
    assert folder.read_json(folder.data)["source"] == str(shop / "good.csv")


@pytest.mark.slow
def test_resume(train, shop, invoke, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes((shop / "good.csv").read_bytes() + "é good,yes\n".encode("latin-1"))
    options = ("--input", "text", "--encoding", "latin-1", "--seed", 3, "--checkpoint-every", 5)
    assert train(data, tmp_path / "run", *options).exit_code == 0
    folder = RunFolder(tmp_path / "run")
    scores = folder.metrics.read_bytes()
    assert folder.read_json(folder.data)["options"] == {"encoding": "latin-1", "input": "text"}
    for path in (folder.metrics, folder.best, folder.last, folder.history, folder.progress):
        path.unlink()  # as if it had been ended before its first epoch was over
    moved = shutil.move(data, tmp_path / "moved.csv")
    gone = invoke("train", "--resume", folder.path)
    assert gone.exit_code == 2
    assert "data.csv: there is no such file" in gone.stderr
    other = invoke(
        "train", "--resume", folder.path, "--data", shop / "good.csv", "--target", "text"
    )
    assert other.exit_code == 2
    resumed = invoke("train", "--resume", folder.path, "--data", moved)
    assert resumed.exit_code == 0, resumed.stderr
    assert folder.metrics.read_bytes() == scores
    assert f"everything is in {folder.path}" in resumed.stdout


def test_an_entry_of_ones_own_on_named_columns_in_place_of_a_run(train, shop, tmp_path):
    entry = tiny_runs.entry().model_copy(update={"name": "mine"})
    write_yaml(entry, tmp_path / "mine.yaml")
    data = tiny_runs.write_csv(tmp_path / "data.csv", tiny_runs.reviews(40), header="note,verdict")
    data.write_text("\n".join(f"{i},{row}" for i, row in enumerate(data.read_text().splitlines())))
    folder = RunFolder(shutil.copytree(shop / "run", tmp_path / "run"))
    options = ("--input", "note", "--target", "verdict", "--epochs", 1, "--overwrite")
    assert train(data, folder.path, *options, name=tmp_path / "mine.yaml").exit_code == 0
    assert folder.entry() == registry.override(entry, {"epochs": 1})
    assert folder.load().labels == ["no", "yes"]
    assert len(tiny_runs.history(folder)) == 1


@pytest.mark.tensorflow_only
def test_export(invoke, shop, tmp_path):
    out = tmp_path / "serving" / "1"
    assert str(out) in invoke("export", shop / "run", "--out", out).stdout
    assert (out / "saved_model.pb").is_file()
    assert not list(out.parent.glob(".*"))
    (out / "saved_model.pb").write_bytes(b"old")
    assert invoke("export", shop / "run", "--out", out).exit_code == 2
    assert (out / "saved_model.pb").read_bytes() == b"old"
    assert invoke("export", shop / "run", "--out", out, "--overwrite").exit_code == 0
    assert (out / "saved_model.pb").read_bytes() != b"old"


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow exports")
@pytest.mark.on_jax
def test_export_on_another_backend_says_what_to_do(invoke, shop, tmp_path):
    result = invoke("export", shop / "run", "--out", tmp_path / "serving")
    assert result.exit_code == 2
    assert "load it with KERAS_BACKEND=tensorflow, export there" in result.stderr
    assert not list(tmp_path.iterdir())
