"""Logits are computed where there are targets, and nothing else changes."""

import keras
import numpy as np
import pytest
from small_classifier import assert_same_weights
from variants import fast_first

from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.tasks import ImageCaptioner, LanguageModel, Translator

pytestmark = pytest.mark.tensorflow_only  # JAX needs to know how many there are

WRITTEN = ["ein mann", "ein hund rennt .", "der mann .", "hund"]
WORDS = sum(len(text.split()) for text in WRITTEN)
NETWORK = {"units": 8, "embedding_dim": 8, "dropout": 0.5}
TASKS = {
    "translator": (
        lambda: Translator(NETWORK, {"max_target_length": 12}),
        (["a man", "a dog runs .", "the man", "dog"], WRITTEN),
        WORDS + 4,  # each target ends with a token
    ),
    "attentive translator": (
        lambda: Translator(NETWORK | {"attention": "additive"}, {"max_target_length": 12}),
        (["a man", "a dog runs .", "the man", "dog"], WRITTEN),
        WORDS + 4,
    ),
    "captioner": (
        lambda: ImageCaptioner(NETWORK | {"filters": [4]}, {"shape": [8, 8, 1]}),
        (list(np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 1))), WRITTEN),
        WORDS + 4,
    ),
    "language model": (
        lambda: LanguageModel(NETWORK, {"window": 100}),
        (WRITTEN,),
        sum(map(len, WRITTEN)) + 4,  # characters, in a window that is longer than all
    ),
}


@pytest.fixture(params=fast_first(TASKS, {"translator", "language model"}))
def task(request):
    """A maker of equal tasks, examples, and how many targets these hold."""
    make, data, targets = TASKS[request.param]

    def compiled(**settings):
        keras.utils.set_random_seed(0)
        task = make().adapt(*data)
        task.compile(keras.optimizers.SGD(0.1), **settings)
        return task

    return compiled, data, targets


def one_epoch(task, data):
    history = task.fit(*data, batch_size=4, shuffle=False, verbose=0)
    scores = task.evaluate(*data, batch_size=4, verbose=0, return_dict=True)
    return {name: values[0] for name, values in history.history.items()} | scores


@pytest.fixture
def logits(monkeypatch):
    """The shape of the logits of every step, without the vocabulary."""
    import tensorflow as tf

    seen = []
    call = SmoothedCrossEntropy.call

    def recorded(self, y_true, y_pred):
        tf.py_function(lambda shape: seen.append(tuple(shape.numpy())), [tf.shape(y_pred)[:-1]], [])
        return call(self, y_true, y_pred)

    monkeypatch.setattr(SmoothedCrossEntropy, "call", recorded)
    return seen


def test_as_many_logits_as_targets(task, logits):
    compiled, data, targets = task
    one_epoch(compiled(), data)
    assert logits == [(targets,)] * 2


@pytest.mark.parametrize("task", ["language model"], indirect=True)
def test_a_saved_model_computes_no_more(task, logits, tmp_path):
    compiled, data, targets = task
    compiled().save(tmp_path / "task.keras")
    one_epoch(keras.saving.load_model(tmp_path / "task.keras"), data)
    assert logits == [(targets,)] * 2


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("task", ["translator"], indirect=True)
def test_a_batch_that_weighs_nothing(task, eagerly):
    compiled, data, _ = task
    task = compiled(run_eagerly=eagerly)
    weights = {"sample_weight": [0.0] * 4}
    scores = task.fit(*data, **weights, batch_size=4, shuffle=False, verbose=0).history
    assert scores["loss"] == [0.0]


def test_it_learns_the_same_as_with_all_logits(task):
    compiled, data, _ = task
    alone = compiled()
    # Equal to the task's own; of a loss that it does not know it assumes nothing.
    everywhere = compiled(
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
    )
    assert one_epoch(alone, data) == pytest.approx(one_epoch(everywhere, data), rel=1e-5)
    assert_same_weights(alone, everywhere)


@pytest.mark.parametrize("kind", ["metrics", "weighted_metrics", "loss"])
@pytest.mark.parametrize("task", ["translator"], indirect=True)
def test_what_the_task_does_not_know_sees_every_step(task, kind):
    compiled, data, _ = task
    seen = set()

    def ones_own(y_true, y_pred):
        seen.add((len(y_true.shape), len(y_pred.shape)))
        return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)

    one_epoch(
        compiled(run_eagerly=True, **{kind: ones_own if kind == "loss" else [ones_own]}), data
    )
    assert seen == {(2, 3)}
