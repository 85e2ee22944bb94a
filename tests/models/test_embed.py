"""Vectors of tokens, of which the last ones are not trained."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.errors import ConfigError
from rnn_zoo.models.embed import EmbeddingSettings, embed, set_vectors
from rnn_zoo.vectors import WordVectors

SIZE, DIM, FIXED = 7, 3, 2
TOKENS = [f"word{i}" for i in range(SIZE)]
MATRIX = np.random.default_rng(0).normal(size=(SIZE, DIM))
IDS = np.array([[0, 4, 5], [6, 4, 1]])


def network(fixed_words=FIXED, **settings):
    tokens = keras.Input((None,), dtype="int32")
    settings = EmbeddingSettings(embedding_dim=DIM, fixed_words=fixed_words, **settings)
    model = keras.Model(tokens, embed(tokens, SIZE, settings, dtype="float64"))
    set_vectors(model, WordVectors(TOKENS, MATRIX), TOKENS, fixed_words)
    return model


@pytest.mark.parametrize("fixed_words", [0, 1, FIXED, SIZE - 1])
def test_each_token_has_its_vector(fixed_words):
    found = ops.convert_to_numpy(network(fixed_words)(IDS))
    np.testing.assert_allclose(found, MATRIX[IDS], rtol=1e-6)  # vectors are read as float32


def test_gradients_reach_the_words_of_the_training_data_alone():
    model = network()
    weights = np.random.default_rng(1).normal(size=(*IDS.shape, DIM))

    def loss():
        return ops.sum(model(IDS) * weights), []

    _, _, (gradient,) = value_and_gradients(loss, [], model.trainable_variables)
    expected = np.zeros((SIZE, DIM))
    np.add.at(expected, IDS, weights)
    np.testing.assert_allclose(gradient, expected[:-FIXED], rtol=1e-12)
    assert network(train_embedding=False).trainable_variables == []


def test_more_fixed_words_than_tokens():
    with pytest.raises(ConfigError, match="fixed_words=7, but there are 7 token ids"):
        network(SIZE)
