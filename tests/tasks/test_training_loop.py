"""What Keras' users pass to fit besides the data."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import (
    LABELS,
    TEXTS,
    assert_same_weights,
    cross_entropy,
    fitted,
    small_classifier,
)

pytestmark = pytest.mark.tensorflow_only  # passed on to Keras' trainers on either backend


class Epochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []
        self.steps = 0

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, sorted(logs)))

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1


def test_callbacks_and_initial_epoch():
    epochs = Epochs()
    task = small_classifier()
    history = task.fit(
        TEXTS, LABELS, batch_size=3, initial_epoch=2, epochs=4, callbacks=[epochs], verbose=0
    )
    assert epochs.seen == [(2, ["accuracy", "loss"]), (3, ["accuracy", "loss"])]
    assert epochs.steps == 2 * 3
    assert epochs.model is task
    assert history.epoch == [2, 3]


@pytest.mark.parametrize("endless", [False, True])
def test_steps_per_epoch(endless):
    epochs = Epochs()
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
    task = small_classifier().adapt(data)
    task.fit(
        data.repeat() if endless else data,
        batch_size=2,
        steps_per_epoch=2,
        epochs=2,
        callbacks=[epochs],
        verbose=0,
    )
    assert epochs.steps == 4
    assert int(task.optimizer.iterations) == 4


@pytest.mark.parametrize("batched", [False, True])
def test_every_example_is_trained_on_once_an_epoch(batched):
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
    size = {} if batched else {"batch_size": 3}
    task = fitted(small_classifier(), data.batch(3) if batched else data, **size)
    assert int(task.optimizer.iterations) == 2 * 3


def test_steps_on_batches_are_fit():
    stepwise = small_classifier().adapt(TEXTS, LABELS)
    for _ in range(2):
        loss, accuracy = stepwise.train_on_batch(TEXTS, LABELS)
        stepwise.reset_metrics()
    whole = small_classifier()
    history = whole.fit(TEXTS, LABELS, epochs=2, shuffle=False, verbose=0).history
    assert_same_weights(stepwise, whole)
    np.testing.assert_allclose(
        [loss, accuracy], [history["loss"][-1], history["accuracy"][-1]], rtol=1e-6
    )
    named = stepwise.train_on_batch(TEXTS, LABELS, return_dict=True)
    assert sorted(named) == ["accuracy", "loss"]


def test_shuffling_is_the_default_and_its_seed_decides():
    def trained(seed):
        task = small_classifier().adapt(TEXTS, LABELS)
        keras.utils.set_random_seed(seed)
        task.fit(TEXTS, LABELS, batch_size=2, epochs=3, verbose=0)
        return task

    first, same, other = trained(1), trained(1), trained(2)
    assert_same_weights(first, same)
    with pytest.raises(AssertionError):
        assert_same_weights(first, other)


def test_a_user_may_compile_another_loss_and_other_metrics():
    task = small_classifier()
    task.compile(
        "sgd",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
        metrics=["sparse_categorical_accuracy"],
        weighted_metrics=[],
    )
    task.adapt(TEXTS, LABELS)
    scores = task.evaluate(TEXTS, LABELS, verbose=0, return_dict=True)
    assert sorted(scores) == ["loss", "sparse_categorical_accuracy"]
    ids = [["neg", "pos"].index(label) for label in LABELS]
    total = cross_entropy(task.predict(TEXTS, verbose=0), ids).sum()
    assert scores["loss"] == pytest.approx(total, rel=1e-5)
