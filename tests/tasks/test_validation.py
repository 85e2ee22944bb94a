"""Held-out examples decide nothing: neither words nor labels nor weights."""

import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, assert_same_weights, fitted, small_classifier

from rnn_zoo.errors import DataError

pytestmark = pytest.mark.tensorflow_only  # Keras' trainers get the same batches on either backend

HELD_OUT = (["held out words", "a good one"], ["neg", "pos"])
Dataset = tf.data.Dataset


@pytest.fixture(scope="module")
def alone():
    return fitted(small_classifier(), TEXTS, LABELS)


def test_validation_split_cuts_off_the_end_before_adapting(alone):
    texts, labels = TEXTS + HELD_OUT[0], LABELS + HELD_OUT[1]
    task = small_classifier()
    history = task.fit(
        texts, labels, validation_split=0.2, epochs=2, shuffle=False, verbose=0
    ).history
    assert not {"held", "out", "words", "one"} & set(task.preprocessor.tokenizer.vocabulary.tokens)
    assert_same_weights(task, alone)
    loss, _ = task.evaluate(*HELD_OUT, verbose=0)
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-6)


def test_a_label_that_only_the_held_out_part_has_counts_as_an_error(alone):
    task = small_classifier()
    message = r"Label 'late' \(example 1\) is not in the label set .*'neg', 'pos'.* 1 of 2 labels"
    with pytest.warns(UserWarning, match=message):
        history = fitted_history(task, validation_data=(["fine", "good"], ["pos", "late"]))
    assert_same_weights(task, alone)
    with pytest.warns(UserWarning, match=message):
        scores = task.evaluate(["fine", "good"], ["pos", "late"], verbose=0)
    assert history["val_accuracy"][-1] == pytest.approx(scores[1])
    loss, accuracy = task.evaluate(["fine"], ["pos"], verbose=0)
    assert scores == pytest.approx([loss / 2, accuracy / 2])
    data = Dataset.from_tensor_slices((["fine", "good"], ["pos", "late"]))
    assert task.evaluate(data, verbose=0) == pytest.approx(scores)


def fitted_history(task, **settings):
    return task.fit(TEXTS, LABELS, epochs=2, shuffle=False, verbose=0, **settings).history


def test_a_label_that_training_lacks_is_an_error_in_training(alone):
    with pytest.raises(DataError, match=r"Label 'late' \(example 0\) is not in the label set"):
        alone.fit(["x"], ["late"], verbose=0)


def test_sample_weights_are_split_too(alone):
    weights = [1.0] * len(TEXTS) + [7.0, 0.0]
    task = small_classifier()
    history = task.fit(
        TEXTS + HELD_OUT[0],
        LABELS + HELD_OUT[1],
        sample_weight=weights,
        validation_split=0.2,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history
    assert_same_weights(task, alone)
    loss, _ = task.evaluate(HELD_OUT[0][:1], HELD_OUT[1][:1], verbose=0)
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: (x, y),
        lambda x, y: [x, y],
        lambda x, y: (x, y, [1.0, 1.0]),
        lambda x, y: Dataset.from_tensor_slices((x, y)),
        lambda x, y: Dataset.from_tensor_slices((x, y)).batch(2),
    ],
)
def test_forms_of_validation_data(form, alone):
    task = small_classifier()
    history = task.fit(
        TEXTS, LABELS, validation_data=form(*HELD_OUT), epochs=2, shuffle=False, verbose=0
    ).history
    assert_same_weights(task, alone)
    loss, _ = task.evaluate(*HELD_OUT, verbose=0)
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-6)


def test_validation_data_overrules_validation_split_as_in_keras(alone):
    task = fitted(small_classifier(), TEXTS, LABELS, validation_data=HELD_OUT, validation_split=0.5)
    assert_same_weights(task, alone)


def test_validation_that_cannot_be():
    task = small_classifier()
    data = Dataset.from_tensor_slices((TEXTS, LABELS))
    with pytest.raises(ValueError, match=r"Split the tf.data.Dataset with take and skip"):
        task.fit(data, validation_split=0.5)
    with pytest.raises(ValueError, match=r"validation_split=1.5 should lie between 0 and 1"):
        task.fit(TEXTS, LABELS, validation_split=1.5)
    with pytest.raises(DataError, match=r"validation_split=0.9 of 8 examples leaves one part emp"):
        task.fit(TEXTS, LABELS, validation_split=0.9)
    with pytest.raises(ValueError, match="validation_data is a tuple"):
        task.fit(TEXTS, LABELS, validation_data="test", verbose=0)
