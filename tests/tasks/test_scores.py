"""What evaluate says, against the numbers that predict gives, worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, cross_entropy, fitted, small_classifier

BATCH = 3  # 8 examples: the last batch is smaller
IDS = np.array([["neg", "pos"].index(label) for label in LABELS])


@pytest.fixture(scope="module")
def task():
    return fitted(small_classifier(), TEXTS * 20, LABELS * 20, batch_size=8, epochs=1)


@pytest.fixture(scope="module")
def probabilities(task):
    found = task.predict(TEXTS, batch_size=BATCH, verbose=0)
    assert np.ptp(found[:, 0]) > 0.2, "the model tells nothing apart: the tests are blind"
    return found


def by_hand(probabilities, weights=None):
    correct = probabilities.argmax(-1) == IDS
    nats = cross_entropy(probabilities, IDS)
    return [np.average(nats, weights=weights), np.average(correct, weights=weights)]


def test_evaluate_is_the_mean_over_examples(task, probabilities):
    scores = task.evaluate(TEXTS, LABELS, batch_size=BATCH, verbose=0)
    np.testing.assert_allclose(scores, by_hand(probabilities), rtol=1e-5)
    named = task.evaluate(TEXTS, LABELS, batch_size=BATCH, verbose=0, return_dict=True)
    assert named == dict(zip(["loss", "accuracy"], scores, strict=True))


@pytest.mark.tensorflow_only
def test_evaluate_reads_datasets(task, probabilities):
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(5)
    scores = task.evaluate(data, batch_size=BATCH, verbose=0)
    np.testing.assert_allclose(scores, by_hand(probabilities), rtol=1e-5)


def test_weights_of_examples_weigh_loss_and_accuracy(task, probabilities):
    weights = np.array([0.0, 1.0, 3.0, 0.5, 2.0, 0.0, 1.0, 4.0])
    expected = by_hand(probabilities, weights)
    scores = task.evaluate(TEXTS, LABELS, sample_weight=weights, batch_size=8, verbose=0)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    scores = task.test_on_batch(TEXTS, LABELS, sample_weight=weights.tolist())
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_one_batch_is_read_like_many(task, probabilities):
    np.testing.assert_allclose(
        task.test_on_batch(np.array(TEXTS), np.array(LABELS)), by_hand(probabilities), rtol=1e-5
    )
    np.testing.assert_allclose(task.predict_on_batch(TEXTS), probabilities, atol=1e-6)
    with pytest.raises(ValueError, match="got 3 inputs, 2 targets"):
        task.test_on_batch(TEXTS[:3], LABELS[:2])


@pytest.mark.tensorflow_only
def test_validation_during_fit_is_evaluate():
    task = small_classifier()
    history = task.fit(
        TEXTS, LABELS, validation_data=(TEXTS[:3], LABELS[:3]), epochs=2, batch_size=8, verbose=0
    ).history
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert {len(values) for values in history.values()} == {2}
    scores = task.evaluate(TEXTS[:3], LABELS[:3], batch_size=8, verbose=0)
    last = [history["val_loss"][-1], history["val_accuracy"][-1]]
    np.testing.assert_allclose(last, scores, rtol=1e-6)
