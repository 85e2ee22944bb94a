"""Means over steps do not depend on how the steps were batched and padded."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from rnn_zoo.layers import CRFAccuracy
from rnn_zoo.metrics import BitsPerCharacter, Perplexity, TokenAccuracy

CLASSES = 3
METRICS = [TokenAccuracy, Perplexity, BitsPerCharacter]


def sequences(rng, count=7):
    """Logits and true classes of sequences of many lengths."""
    lengths = rng.integers(1, 9, count)
    return [(rng.normal(size=(n, CLASSES)), rng.integers(0, CLASSES, n)) for n in lengths]


def expected(metric, pairs):
    """The same from all steps in one row, in NumPy."""
    logits = np.concatenate([logits for logits, _ in pairs])
    true = np.concatenate([true for _, true in pairs])
    if metric is TokenAccuracy:
        return (logits.argmax(axis=-1) == true).mean()
    nats = np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(true)), true]
    return np.exp(nats.mean()) if metric is Perplexity else nats.mean() / np.log(2)


def update(metric, pairs, width):
    """Score a batch that is padded to a width, or to its longest sequence."""
    width = max(width, *(len(true) for _, true in pairs))
    logits = np.zeros((len(pairs), width, CLASSES))
    true, weights = np.zeros((2, len(pairs), width))
    for i, (one, classes) in enumerate(pairs):
        logits[i, : len(one)], true[i, : len(one)], weights[i, : len(one)] = one, classes, 1
    metric.update_state(true.astype("int32"), logits, weights)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), size=st.integers(1, 7), width=st.integers(1, 20))
def test_batches_and_padding_change_nothing(metric, seed, size, width):
    pairs = sequences(np.random.default_rng(seed))
    found = metric()
    for at in range(0, len(pairs), size):
        update(found, pairs[at : at + size], width)
    assert float(found.result()) == pytest.approx(expected(metric, pairs), rel=1e-5)
    again = metric.from_config(found.get_config())
    for logits, true in pairs:
        again.update_state(true, logits)
    assert float(again.result()) == pytest.approx(expected(metric, pairs), rel=1e-5)


def test_the_accuracy_of_best_paths_counts_each_step_once():
    short, long = np.zeros((1, 1, 2, 2)), np.zeros((1, 9, 2, 2))
    short[..., 1] = long[..., 1] = 1.0  # the best tag is always 1
    metric = CRFAccuracy()
    metric.update_state(np.array([[0]]), short, np.array([[1.0]]))
    metric.update_state(np.ones((1, 9), "int32"), long, np.array([[1.0] * 3 + [0.0] * 6]))
    assert float(metric.result()) == pytest.approx(3 / 4)


@pytest.mark.parametrize("weights", [[0.0, 1.0], [[0.0], [1.0]], [[0.0, 0.0], [1.0, 1.0]]])
def test_weights_of_sequences_and_of_steps(weights):
    logits = np.eye(2)[[[0, 0], [1, 0]]]
    metric = TokenAccuracy()
    metric.update_state(np.array([[1, 1], [1, 1]]), logits, np.array(weights))
    assert float(metric.result()) == 0.5


def test_steps_that_keras_masks_do_not_count():
    masked = keras.layers.Masking()(ops.convert_to_tensor([[[1.0, 0.0], [0.0, 0.0]]]))
    metric = TokenAccuracy()
    metric.update_state(np.array([[0, 1]]), masked)
    assert float(metric.result()) == 1.0
