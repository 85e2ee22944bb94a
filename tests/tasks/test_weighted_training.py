"""Weights of examples and of classes in training."""

import numpy as np
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, assert_same_weights, fitted, small_classifier

from rnn_zoo.errors import DataError

ONES = [1.0] * len(TEXTS)


def adapted(labels=LABELS):
    """All models here know the same words, whatever they are trained on."""
    return small_classifier().adapt([*TEXTS, "superfluous"], [*labels, labels[0]])


def test_a_weight_of_zero_removes_an_example():
    without = fitted(adapted(), TEXTS, LABELS)
    weighted = fitted(
        adapted(), ["superfluous bad", *TEXTS], ["pos", *LABELS], sample_weight=[0.0, *ONES]
    )
    assert_same_weights(weighted, without)


@pytest.mark.tensorflow_only
def test_weights_in_a_dataset_are_those_of_lists():
    weights = np.linspace(0.0, 2.0, len(TEXTS)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS, weights))
    listed = fitted(adapted(), TEXTS, LABELS, sample_weight=weights)
    assert_same_weights(fitted(adapted(), data), listed)
    one_step = adapted()
    for _ in range(2):
        one_step.train_on_batch(TEXTS, LABELS, sample_weight=weights)
    assert_same_weights(one_step, listed)


NUMBERS = [int(label == "pos") + 5 for label in LABELS]


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    ("labels", "class_weight"),
    [
        (LABELS, {"pos": 3.0, "neg": 0.5}),
        pytest.param(LABELS, {1: 3.0, 0: 0.5}, marks=pytest.mark.slow),
        pytest.param(NUMBERS, {6: 3.0, 5: 0.5}, marks=pytest.mark.slow),
        (NUMBERS, {"6": 3.0, "5": 0.5}),
    ],
)
def test_a_class_weighs_like_all_its_examples(labels, class_weight):
    weights = [3.0 if label == "pos" else 0.5 for label in LABELS]
    expected = fitted(adapted(labels), TEXTS, labels, sample_weight=weights)
    assert_same_weights(fitted(adapted(labels), TEXTS, labels, class_weight=class_weight), expected)
    one_step = adapted(labels)
    for _ in range(2):
        one_step.train_on_batch(TEXTS, labels, class_weight=class_weight)
    assert_same_weights(one_step, expected)


@pytest.mark.tensorflow_only
def test_a_class_without_a_weight_weighs_one_and_weights_multiply():
    halves = [0.5] * 4 + [1.0] * 4
    both = [w * (3.0 if label == "pos" else 1.0) for w, label in zip(halves, LABELS, strict=True)]
    assert_same_weights(
        fitted(adapted(), TEXTS, LABELS, sample_weight=halves, class_weight={"pos": 3.0}),
        fitted(adapted(), TEXTS, LABELS, sample_weight=both),
    )


@pytest.mark.parametrize("class_weight", [{"neutral": 2.0}, {2: 2.0}])
def test_a_weight_for_no_class(class_weight):
    with pytest.raises(DataError, match=r"there is no class .*; there are \['neg', 'pos'\]"):
        small_classifier().fit(TEXTS, LABELS, class_weight=class_weight, verbose=0)


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_too_few_weights(method):
    with pytest.raises(DataError, match="got 8 inputs, 8 targets, 2 sample weights"):
        getattr(adapted(), method)(TEXTS, LABELS, sample_weight=[1.0, 2.0])
