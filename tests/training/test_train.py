import sys

import keras
import pytest
import tiny_runs

from rnn_zoo import registry
from rnn_zoo.datasets import Splits
from rnn_zoo.errors import DataError, RunError
from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.training import RunFolder, evaluate, train
from rnn_zoo.training.train import adapted_task


def test_the_same_seed_gives_the_same_metrics(finished, tmp_path):
    for name, seed in (("same", 7), ("other", 8)):
        train(tiny_runs.entry(), tiny_runs.splits(), tmp_path / name, seed=seed, verbose=0)
    metrics = finished.metrics.read_bytes()
    assert (tmp_path / "same" / "metrics.json").read_bytes() == metrics
    assert (tmp_path / "other" / "metrics.json").read_bytes() != metrics


@pytest.mark.parametrize("averaged", [{"average_epochs": None}, {"average_epochs": 0.5}])
def test_best_is_the_best_epoch_and_last_the_last(tmp_path, averaged):
    # Nothing tells the label, so the model learns its training part by heart and gets worse.
    splits = tiny_runs.splits(tell=("so",))
    entry = tiny_runs.entry(epochs=50, patience=1, **averaged)
    metrics = train(entry, splits, tmp_path / "run", verbose=0)
    folder = RunFolder(tmp_path / "run")
    rows = tiny_runs.history(folder)
    losses = [row["val_loss"] for row in rows]
    best = losses.index(min(losses))
    assert len(rows) == best + 1 + entry.recipe.patience
    assert metrics["best_epoch"] == best + 1
    for path, row in ((folder.best, rows[best]), (folder.last, rows[-1])):
        scores = evaluate(load_model(path), splits.validation, entry.recipe.batch_size)
        expected = {name: row[f"val_{name}"] for name in ("loss", "accuracy")}
        assert scores == pytest.approx(expected, rel=1e-5)
    if averaged["average_epochs"]:  # half an epoch is 4 of its 8 steps
        assert folder.load().optimizer.ema_momentum == pytest.approx(1 - 1 / 4)
    assert metrics == folder.read_json(folder.metrics)
    for name in ("validation", "test"):
        scores = evaluate(folder.load(), splits.parts[name], entry.recipe.batch_size)
        assert metrics[name] == pytest.approx(scores, rel=1e-6)


@pytest.mark.tensorflow_only
def test_the_learning_rate_falls_from_epoch_to_epoch(tmp_path):
    entry = tiny_runs.entry(epochs=4, patience=4, decay="linear")
    train(entry, tiny_runs.splits(), tmp_path / "run", verbose=0)
    rates = [row["learning_rate"] for row in tiny_runs.history(RunFolder(tmp_path / "run"))]
    expected = [entry.optimizer.learning_rate * factor for factor in (1, 3 / 4, 1 / 2, 1 / 4)]
    assert rates == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("batch_size", [8, 64])
def test_a_loss_that_is_not_a_number(tmp_path, batch_size, monkeypatch):
    # With one batch an epoch it is validation that sees it first, and its accuracy is a number.
    build = registry.build

    def broken(entry):
        task = build(entry)
        task.optimizer.learning_rate = float("inf")
        return task

    monkeypatch.setattr(sys.modules["rnn_zoo.training.train"], "build", broken)
    entry = tiny_runs.entry(batch_size=batch_size)
    with pytest.raises(RunError, match="became NaN or infinite: lower the learning rate"):
        train(entry, tiny_runs.splits(), tmp_path / "run", verbose=0)
    folder = RunFolder(tmp_path / "run")
    for path in (folder.best, folder.last, folder.metrics, folder.export):
        assert not path.exists()


def test_a_monitor_that_is_not_there(tmp_path):
    with pytest.raises(RunError) as caught:
        train(tiny_runs.entry(monitor="val_f1"), tiny_runs.splits(), tmp_path / "run", verbose=0)
    assert str(caught.value) == (
        "monitor: there is no metric 'val_f1'; there are accuracy, loss, val_accuracy, val_loss."
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.on_jax
def test_the_training_step_is_compiled_as_keras_would():
    """On JAX a step that is not compiled takes many times as long."""
    task = adapted_task(tiny_runs.entry(), tiny_runs.splits(), seed=0)
    assert task.jit_compile == (keras.backend.backend() == "jax")


@pytest.mark.tensorflow_only
def test_labels_that_training_lacks_do_not_stop_it(tmp_path):
    train_part, validation, test = tiny_runs.splits().parts.values()
    for part in (validation, test):
        part.targets[3] = "neither"
    task = adapted_task(tiny_runs.entry(), Splits(train_part, validation, test), seed=0)
    assert task.labels == ["no", "yes"]


@pytest.mark.tensorflow_only
def test_a_part_that_cannot_be_read_is_named(tmp_path):
    train_part, validation, test = tiny_runs.splits().parts.values()
    test.targets[3] = None
    with pytest.raises(DataError, match=r"The test part: Label of example 3 is missing"):
        train(tiny_runs.entry(), Splits(train_part, validation, test), tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()
