"""The life of a task: without a vocabulary, with one, and after a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, assert_same_weights, fitted, small_classifier

from rnn_zoo.errors import DataError


@pytest.mark.parametrize(
    "use",
    [
        lambda task: task.predict(TEXTS),
        lambda task: task.evaluate(TEXTS, LABELS),
        lambda task: task.classify(TEXTS),
        lambda task: task.train_on_batch(TEXTS, LABELS),
        lambda task: task.test_on_batch(TEXTS, LABELS),
        lambda task: task.predict_on_batch(TEXTS),
        lambda task: task.save("never_written.keras"),
        lambda task: task.export("never_written"),
        lambda task: task(TEXTS),
        lambda task: task(np.array([[1, 2]])),
        lambda task: task(tf.constant(TEXTS)),
    ],
)
def test_before_the_first_fit_nothing_works_and_says_why(use):
    with pytest.raises(ValueError, match="call adapt or fit first"):
        use(small_classifier())


@pytest.mark.parametrize("sizes", [{}, {"vocabulary_size": 9, "num_classes": 2}])
def test_adapting_twice_is_refused(sizes):
    task = small_classifier(**sizes)
    if not sizes:
        task.adapt(TEXTS, LABELS)
    with pytest.raises(ValueError, match="has its vocabulary and labels already"):
        task.adapt(TEXTS, LABELS)


def test_the_network_is_an_ordinary_model_of_its_own():
    task = small_classifier().adapt(TEXTS, LABELS)
    tokens = np.array([[2, 3, 0], [4, 1, 2]])
    np.testing.assert_allclose(task.network(tokens), task(tokens), rtol=0, atol=1e-6)
    assert task(keras.Input([None], dtype="int32")).shape == (None, 2)


@pytest.mark.parametrize(
    "raw", ["good", TEXTS, np.array(TEXTS), tf.constant(TEXTS), tf.ragged.constant([[1], [1, 2]])]
)
def test_a_task_is_called_on_tensors(raw):
    task = small_classifier().adapt(TEXTS, LABELS)
    with pytest.raises(DataError, match="called on its network's inputs, tensors of numbers, not"):
        task(raw)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    task = fitted(small_classifier(), TEXTS, LABELS)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    task.save(path)
    return task, path


def test_a_loaded_model_is_the_same_and_stays_fixed(saved):
    task, path = saved
    loaded = keras.saving.load_model(path)
    assert loaded.get_config() == task.get_config()
    assert loaded.labels == task.labels == ["neg", "pos"]
    vocabulary = task.preprocessor.tokenizer.vocabulary.tokens
    assert loaded.preprocessor.tokenizer.vocabulary.tokens == vocabulary
    np.testing.assert_array_equal(loaded.predict(TEXTS, verbose=0), task.predict(TEXTS, verbose=0))
    with pytest.raises(ValueError, match="has its vocabulary and labels already"):
        loaded.adapt(TEXTS, LABELS)
    for data in (
        (TEXTS, ["neutral"] * 8),
        (tf.data.Dataset.from_tensor_slices((TEXTS, ["neutral"] * 8)),),
    ):
        with pytest.raises(
            DataError, match=r"Label 'neutral' .*not in the label set \['neg', 'pos"
        ):
            loaded.fit(*data, verbose=0)
    assert_same_weights(loaded, task, atol=0)


def test_a_loaded_model_trains_on_as_if_it_had_never_been_saved(saved):
    _, path = saved
    new = [*TEXTS, "words never seen"], [*LABELS, "neg"]
    loaded = fitted(keras.saving.load_model(path), *new)
    in_one_go = fitted(fitted(small_classifier(), TEXTS, LABELS), *new)
    assert int(loaded.optimizer.iterations) == 4
    assert_same_weights(loaded, in_one_go)  # only if Adam's moments were kept
    assert loaded.sizes == in_one_go.sizes
