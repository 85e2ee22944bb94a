"""A text classifier that trains in a moment, and a few texts for it."""

import keras
import numpy as np

from rnn_zoo.tasks import TextClassifier

TEXTS = [
    "a good film",
    "a bad film .",
    "good , good , good",
    "so bad",
    "not a good film",
    "fine",
    "not fine at all",
    "",
]
LABELS = ["pos", "neg", "pos", "neg", "neg", "pos", "neg", "pos"]


def small_classifier(network=None, max_length=8, truncate="end", optimizer=None, **kwargs):
    """A compiled classifier without chance: fixed initial weights, no dropout.

    All texts of up to 8 tokens are padded to one length, so that JAX compiles once.
    """
    keras.utils.set_random_seed(0)
    task = TextClassifier(
        network={"cell": "simple_rnn", "units": 3, "embedding_dim": 3, "dropout": 0.0}
        | (network or {}),
        preprocessing={"max_length": max_length, "truncate": truncate},
        **kwargs,
    )
    task.compile(optimizer or keras.optimizers.Adam(0.02, clipnorm=1.0))
    return task


def fitted(task, *args, **kwargs):
    """The task after a short training whose order of examples is that of the data."""
    task.fit(*args, **{"epochs": 2, "shuffle": False, "verbose": 0} | kwargs)
    return task


def assert_same_weights(first, second, atol=1e-6):
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


def cross_entropy(probabilities, ids):
    """What each example costs, in nats."""
    return -np.log(probabilities[np.arange(len(ids)), ids])
