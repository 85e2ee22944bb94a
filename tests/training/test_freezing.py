import numpy as np
import pytest
import tiny_runs

from rnn_zoo import registry
from rnn_zoo.errors import ConfigError
from rnn_zoo.training import RunFolder, train
from rnn_zoo.training.train import adapted_task


def weights(task):
    return {
        layer.name: [np.asarray(weight) for weight in layer.weights]
        for layer in task.network.layers
        if layer.weights
    }


def changed(before, after):
    return [
        name
        for name in before
        if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))
    ]


@pytest.mark.parametrize("trainable", [["logits"], ["embedding", "recurrent_1"]])
def test_only_the_named_layers_learn(tmp_path, trainable):
    splits = tiny_runs.splits()
    entry = tiny_runs.entry(epochs=2, trainable=trainable)
    before = weights(adapted_task(entry, splits, seed=3))
    train(entry, splits, tmp_path / "run", seed=3, verbose=0)
    task = RunFolder(tmp_path / "run").load()
    assert changed(before, weights(task)) == trainable
    task.fit(splits.train.inputs, splits.train.targets, verbose=0)  # and still after loading
    assert changed(before, weights(task)) == trainable


def test_a_trained_start_learns_with_its_head_alone(tmp_path):
    splits = tiny_runs.splits()
    train(tiny_runs.entry(epochs=1), splits, tmp_path / "first", verbose=0)
    entry, start = registry.trained(
        tiny_runs.entry(), tmp_path / "first", {"recipe.trainable": ["logits"], "epochs": 1}
    )
    before = weights(start)
    train(entry, splits, tmp_path / "second", start=start, verbose=0)
    assert changed(before, weights(RunFolder(tmp_path / "second").load())) == ["logits"]


@pytest.mark.parametrize(("names", "got"), [(["head"], "head"), ([], "none")])
def test_layers_that_are_not_there(tmp_path, names, got):
    entry = tiny_runs.entry(trainable=names)
    with pytest.raises(ConfigError) as caught:
        train(entry, tiny_runs.splits(), tmp_path / "run", verbose=0)
    assert str(caught.value) == (
        f"recipe.trainable names layers of the network, got {got}. They are embedding, "
        "recurrent_1, logits."
    )
    assert not (tmp_path / "run").exists()
