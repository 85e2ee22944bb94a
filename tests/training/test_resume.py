"""A run that was ended goes on to the weights of one that was never ended."""

import json
import shutil

import keras
import numpy as np
import pytest
import tiny_runs
from variants import fast_first

from rnn_zoo.errors import RunError
from rnn_zoo.training import RunFolder, resume, train
from rnn_zoo.training.progress import Progress

SETTINGS = {
    "dropout": 0.3,
    "recurrent_dropout": 0.3,
    "average_epochs": 0.5,
    "decay": "cosine",
    "patience": 3,
}


class PowerCutError(Exception):
    """Ends a process in the middle of what it does."""


class Cut(keras.callbacks.Callback):
    """Ends training at a step of an epoch."""

    def __init__(self, epoch, step):
        super().__init__()
        self.at, self.epoch = (epoch, step), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise PowerCutError


def begin(path, every=3, cut=None, monkeypatch=None, **settings):
    """Train, and be cut off if so wanted."""
    if cut is not None:
        build = Progress.__init__
        cutting = Cut(*cut)

        def with_cut(self, *arguments):
            build(self, *arguments)
            self.on_train_batch_end = lambda batch, logs=None: (
                Progress.on_train_batch_end(self, batch, logs),
                cutting.on_train_batch_end(batch, logs),
            )
            self.on_epoch_begin = lambda epoch, logs=None: (
                Progress.on_epoch_begin(self, epoch, logs),
                cutting.on_epoch_begin(epoch, logs),
            )

        monkeypatch.setattr(Progress, "__init__", with_cut)
    entry = tiny_runs.entry(**SETTINGS | settings)
    try:
        train(entry, tiny_runs.splits(), path, seed=5, checkpoint_every=every, verbose=0)
    except PowerCutError:
        assert cut is not None
    finally:
        monkeypatch and monkeypatch.undo()
    return RunFolder(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return begin(tmp_path_factory.mktemp("whole") / "run")


def same(one, other):
    assert (one.path / "metrics.json").read_bytes() == (other.path / "metrics.json").read_bytes()
    assert one.history.read_bytes() == other.history.read_bytes()
    for path in ("best", "last"):
        pair = [keras.saving.load_model(getattr(folder, path)) for folder in (one, other)]
        # A .keras file does not hold the states of seed generators.
        variables = [[*model.trainable_variables, *model.optimizer.variables] for model in pair]
        for a, b in zip(*variables, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=a.path)


@pytest.mark.parametrize("cut", fast_first([(0, 1), (2, 7)], {(2, 7)}), ids=str)
def test_what_is_resumed_is_what_was_never_ended(whole, tmp_path, monkeypatch, cut):
    folder = begin(tmp_path / "run", cut=cut, monkeypatch=monkeypatch)
    assert folder.progress.is_file()
    assert not folder.metrics.exists()
    metrics = resume(folder.path, tiny_runs.splits(), verbose=0)
    assert metrics == json.loads(whole.metrics.read_text())
    same(folder, whole)
    assert {path.name for path in folder.path.iterdir()} == {
        path.name for path in whole.path.iterdir()
    }


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_it_may_be_ended_again_and_again(whole, tmp_path, monkeypatch):
    folder = begin(tmp_path / "run", every=None, cut=(1, 4), monkeypatch=monkeypatch)
    with np.load(folder.progress) as kept:
        assert json.loads(str(kept["place"]))["epoch"] == 1  # the beginning of the epoch
    shutil.copytree(folder.path, tmp_path / "copy")
    for path in (folder.path, tmp_path / "copy"):
        resume(path, tiny_runs.splits(), verbose=0)
        same(RunFolder(path), whole)


@pytest.mark.tensorflow_only
def test_ctrl_c_says_how_to_go_on(whole, tmp_path, monkeypatch):
    def press(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", press)
        with pytest.raises(RunError, match=r"Interrupted.* rnn-zoo train --resume"):
            begin(tmp_path / "run")
    resume(tmp_path / "run", tiny_runs.splits(), verbose=0)
    same(RunFolder(tmp_path / "run"), whole)


def test_what_cannot_be_resumed(whole, tmp_path, monkeypatch):
    with pytest.raises(RunError, match="has finished: there is nothing to resume"):
        resume(whole.path, tiny_runs.splits())
    with pytest.raises(RunError, match="has 3 epochs already: --epochs must be greater"):
        resume(whole.path, tiny_runs.splits(), epochs=3)
    with pytest.raises(RunError, match="there is no such folder"):
        resume(tmp_path / "none", tiny_runs.splits())
    folder = begin(tmp_path / "run", cut=(0, 4), monkeypatch=monkeypatch)
    with pytest.raises(RunError, match=r"was begun on other data than x\.csv"):
        resume(folder.path, tiny_runs.splits(labels=("yes", "no")), source="x.csv")
    config = folder.config.read_text()
    folder.config.write_text(config.replace("units: 4", "units: 5"))
    with pytest.raises(RunError, match="are not those that the run was begun with"):
        resume(folder.path, tiny_runs.splits())
    folder.config.write_text(config)
    begun = folder.read_json(folder.run)
    folder.write_json(folder.run, begun | {"backend": "other"})
    with pytest.raises(RunError, match="another backend: set KERAS_BACKEND=other"):
        resume(folder.path, tiny_runs.splits())
    folder.write_json(folder.run, begun)
    content = folder.progress.read_bytes()
    folder.progress.write_bytes(content[:1000])
    with pytest.raises(RunError, match="is damaged"):
        resume(folder.path, tiny_runs.splits())


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_a_finished_run_goes_on_for_more_epochs(tmp_path):
    settings = {"decay": None, "patience": 5}
    longer = begin(tmp_path / "longer", **settings)
    folder = begin(tmp_path / "run", epochs=2, **settings)
    assert resume(folder.path, tiny_runs.splits(), epochs=3, verbose=0) == folder.read_json(
        folder.metrics
    )
    same(folder, longer)
    assert folder.config.read_bytes() == longer.config.read_bytes()


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_a_run_that_stopped_early_gets_its_patience_again(tmp_path):
    splits = tiny_runs.splits(tell=("so",))  # nothing tells the label: it gets worse
    entry = tiny_runs.entry(epochs=50, patience=1, average_epochs=None)
    train(entry, splits, tmp_path / "run", verbose=0)
    folder = RunFolder(tmp_path / "run")
    epochs = len(tiny_runs.history(folder))
    resume(folder.path, splits, epochs=epochs + 1, verbose=0)
    assert len(tiny_runs.history(folder)) == epochs + 1


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("content", [b"", b"{"])
def test_scores_that_were_cut_off_are_computed_again(whole, tmp_path, content):
    folder = RunFolder(shutil.copytree(whole.path, tmp_path / "run"))
    folder.metrics.write_bytes(content)
    assert not folder.is_finished
    resume(folder.path, tiny_runs.splits(), verbose=0)
    same(folder, whole)
