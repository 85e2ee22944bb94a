"""What a fitted classifier says of texts, in whatever company they come."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, fitted, small_classifier

MIXED = [*TEXTS, "film " * 11 + "bad", "good", "unseen words only", "😀 film !"]


@pytest.fixture(scope="module")
def task():
    return fitted(small_classifier(max_length=12), TEXTS * 30, LABELS * 30, epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def probabilities(task):
    return task.predict(MIXED, verbose=0)


def test_logits_are_of_the_probabilities(task, probabilities):
    logits = np.asarray(task(task.tensors(MIXED)[0]), "float64")
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(probabilities, softmax, atol=1e-6)
    assert np.ptp(probabilities[:, 0]) > 0.2, "the model tells nothing apart: the tests are blind"


@pytest.mark.parametrize("batch_size", [1, 5])
def test_order_and_company_change_nothing(task, probabilities, batch_size):
    order = np.random.default_rng(0).permutation(len(MIXED))
    shuffled = task.predict([MIXED[i] for i in order], batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(shuffled, probabilities[order], atol=1e-6)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("batch_size", [None, 4])
def test_datasets_of_examples_of_batches_and_of_pairs(task, probabilities, batch_size):
    texts = tf.data.Dataset.from_tensor_slices(MIXED)
    pairs = texts.map(lambda text: (text, 0))
    for data in (texts, texts.batch(5), pairs, pairs.batch(5)):
        np.testing.assert_allclose(
            task.predict(data, batch_size=batch_size, verbose=0), probabilities, atol=1e-6
        )
    first = task.predict(texts.repeat(), batch_size=3, steps=2, verbose=0)
    np.testing.assert_allclose(first, probabilities[:6], atol=1e-6)


def test_classify_names_the_most_probable_label(task, probabilities):
    answers = task.classify(MIXED)
    assert [label for label, _ in answers] == [
        ["neg", "pos"][row.argmax()] for row in probabilities
    ]
    np.testing.assert_allclose([p for _, p in answers], probabilities.max(-1), atol=1e-6)


def test_a_text_without_words_is_decided_by_the_bias_of_the_decision(task):
    # No step is real, so the state is zero and the logits are their bias.
    logits = keras.ops.convert_to_numpy(task.network.get_layer("logits").bias)
    for empty in ("", " \n\t "):
        found = np.asarray(task(task.tensors([empty])[0]))
        np.testing.assert_allclose(found, logits[None], atol=1e-6)
    assert task.predict(["", ""], verbose=0).shape == (2, 2)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(("truncate", "kept"), [("end", "good bad film"), ("start", "fine so at")])
def test_long_texts_are_cut_where_the_settings_say(truncate, kept):
    task = small_classifier(max_length=3, truncate=truncate)
    fitted(task, TEXTS * 20, LABELS * 20, epochs=1, batch_size=8)
    whole, cut, other = task.predict(["good bad film fine so at", kept, "not all ."], verbose=0)
    np.testing.assert_allclose(whole, cut, atol=1e-6)
    assert abs(whole - other).max() > 1e-3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("a good film", r"write \[text\]"),
        ([], "The data are empty"),
        (["a", None], "Example 1 is no text"),
    ],
)
def test_what_cannot_be_predicted(task, given, message):
    with pytest.raises(ValueError, match=message):
        task.predict(given, verbose=0)
