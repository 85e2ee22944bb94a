"""The classifying network: padding, gradients, precision, depth."""

import keras
import numpy as np
import pytest
from autodiff import op_by_op, value_and_gradients
from keras import ops

from rnn_zoo.models import ClassifierConfig, classifier

WORDS, CLASSES = 20, 3
CONFIGS = [
    {"cell": "simple_rnn", "pooling": "last"},
    {"cell": "lstm", "pooling": "max"},
    {"cell": "gru", "pooling": "mean"},
    {"cell": "lstm", "pooling": "last", "bidirectional": True},
    {"cell": "gru", "pooling": "max", "bidirectional": True},
]


def network(dtype="float64", **settings):
    keras.utils.set_random_seed(0)
    config = ClassifierConfig(units=3, embedding_dim=4, depth=2, **settings)
    return classifier(config, WORDS, CLASSES, dtype=dtype)


@pytest.mark.parametrize("settings", CONFIGS, ids=str)
def test_padding_changes_neither_logits_nor_gradients(settings):
    model = network(**settings)
    tokens = np.random.default_rng(0).integers(1, WORDS, size=(2, 4))
    weights = np.random.default_rng(1).normal(size=(2, CLASSES))

    def run(before, after):
        padded = np.pad(tokens, [(0, 0), (before, after)])

        def loss():
            logits = model(padded, training=False)
            return ops.sum(logits * weights), [logits]

        _, (logits,), gradients = value_and_gradients(loss, [], model.trainable_variables)
        return [logits, *gradients]

    alone = run(0, 0)
    assert all(np.abs(array).max() > 0 for array in alone)
    for before, after in ((0, 3), (2, 0), (1, 2)):
        for found, expected in zip(run(before, after), alone, strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.slow_on_jax
def test_a_text_without_tokens_has_logits():
    with op_by_op():
        logits = np.asarray(network(pooling="max")(np.zeros((2, 3), "int32")))
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_under_mixed_precision(policy):
    model = network(dtype=policy)
    with op_by_op():
        logits = model(np.array([[3, 4, 0]]))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert f"mixed_{model.get_layer('recurrent_1').compute_dtype}" == policy


def test_dropout_drops_whole_features_of_the_embedding_and_only_while_training():
    model = network(dropout=0.5)
    inner = keras.Model(model.inputs, model.get_layer("dropout_1").output)
    tokens = np.full((4, 5), 7)
    with op_by_op():
        trained = np.asarray(inner(tokens, training=True))
        served = np.asarray(inner(tokens, training=False))
    assert (trained == trained[:, :1]).all()  # one mask for all words of a text
    assert 0 < np.mean(trained == 0) < 1
    np.testing.assert_array_equal(served, np.broadcast_to(served[:1, :1], served.shape))
    assert served.all()
