"""Logits are computed where there are targets, and nothing else changes."""

import keras
import numpy as np
import pytest
from small_classifier import assert_same_weights
from task_cases import CASES, embedded
from variants import fast_first

import rnn_zoo
from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.registry import find

pytestmark = pytest.mark.tensorflow_only  # JAX needs to know how many there are

ENTRIES = {case.fullest for case in CASES.values() if case.targets_alone}
# With attention, without, and without an encoder; the rest waits for make test-slow.
TRANSLATOR, LANGUAGE_MODEL = "seq2seq_gru", CASES["language_model"].fullest


@pytest.fixture(params=fast_first([*sorted(ENTRIES), TRANSLATOR], {TRANSLATOR, LANGUAGE_MODEL}))
def task(request):
    """A maker of equal tasks, examples of many lengths, and how many targets these hold."""
    entry = find(request.param)
    data = [
        column and [x[: i + 4] if isinstance(x, str) else x for i, x in enumerate(column[:4])]
        for column in embedded(entry)
    ]
    # Windows are longer than all texts together; the loss below is not smoothed.
    own = {"label_smoothing": 0.0} if data[1] else {"window": 100}
    settings = CASES[entry.task].tiny | {"dropout": 0.5} | own

    def compiled(**more):
        keras.utils.set_random_seed(0)
        task = rnn_zoo.get(request.param, **settings).adapt(*data)
        task.compile(keras.optimizers.SGD(0.1), **more)
        return task

    _, _, weights = compiled().tensors(*data)
    return compiled, data, np.count_nonzero(weights)


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


@pytest.mark.parametrize("task", [LANGUAGE_MODEL], indirect=True)
def test_a_saved_model_computes_no_more(task, logits, tmp_path):
    compiled, data, targets = task
    compiled().save(tmp_path / "task.keras")
    one_epoch(keras.saving.load_model(tmp_path / "task.keras"), data)
    assert logits == [(targets,)] * 2


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("task", [TRANSLATOR], indirect=True)
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
@pytest.mark.parametrize("task", [TRANSLATOR], indirect=True)
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
