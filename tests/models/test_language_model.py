"""The network of language models: windows, steps and prompts give the same logits."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.models import LanguageModelConfig, NextToken

VOCABULARY, ROWS, TIME = 9, 2, 12


def network(cell="lstm", **settings):
    config = LanguageModelConfig(cell=cell, units=5, depth=2, embedding_dim=3, **settings)
    model = NextToken(config, VOCABULARY, dtype="float64")
    rng = np.random.default_rng(3)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.5, size=weight.shape))
    return model


LEARNED = {"residual": True, "initial_state": "learned"}


def tokens(time=TIME):
    return np.random.default_rng(0).integers(3, VOCABULARY, (ROWS, time)).astype("int32")


def zeros(model):
    return [np.zeros((ROWS, tensor.shape[-1])) for tensor in model.inputs[2:]]


@pytest.mark.parametrize(
    ("cell", "window", "settings"),
    [("simple_rnn", 1, {}), ("lstm", 5, LEARNED), ("gru", TIME, {})],
)
def test_windows_that_carry_the_state_are_one_long_pass(cell, window, settings):
    model, ids = network(cell, **settings), tokens()
    resets = np.zeros(ids.shape, bool)
    resets[:, 0] = resets[1, 7] = True
    whole = model([ids, resets, *zeros(model)])["logits"]
    parts, states = (
        [],
        [np.ones_like(state) for state in zeros(model)],
    )  # the first reset wipes them
    for start in range(0, TIME, window):
        cut = slice(start, start + window)
        outputs = model([ids[:, cut], resets[:, cut], *states])
        parts.append(outputs["logits"])
        states = [ops.convert_to_numpy(state) for state in outputs["states"]]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"tied_embeddings": True}, LEARNED])
def test_steps_after_a_prompt_are_one_long_pass(settings):
    model, ids = network(**settings), tokens()
    resets = np.zeros(ids.shape, bool)
    resets[:, 0] = True
    whole = model([ids, resets, *zeros(model)])["logits"]
    prompt = ids[:, :8].copy()
    prompt[1, 5:] = 0  # padding on the right
    encoded = model.encoder(prompt)
    state = model.initial_state(encoded)
    token = encoded["start"]
    for t in range(3):
        logits, state = model.step(token, state)
        for row, length in enumerate((8, 5)):
            np.testing.assert_allclose(logits[row], whole[row, length - 1 + t], atol=1e-12)
        token = np.array([ids[0, 8 + t], ids[1, 5 + t]])


def test_the_gradient_of_a_window_is_that_of_the_network_unrolled_over_it():
    model, ids = network(), tokens(6)
    resets = np.zeros(ids.shape, bool)
    before = model([ids[:, :3], resets[:, :3], *zeros(model)])["states"]
    before = [ops.convert_to_numpy(state) for state in before]
    variables = model.trainable_variables

    def window():
        logits = model([ids[:, 3:], resets[:, 3:], *before])["logits"]
        return ops.sum(ops.log_softmax(logits)[..., 4]), []

    def unrolled():
        state = model.initial_state({"states": [ops.convert_to_tensor(s) for s in before]})
        total = 0.0
        for t in range(3, 6):
            logits, state = model.step(ids[:, t], state)
            total = total + ops.sum(ops.log_softmax(logits)[..., 4])
        return total, []

    found, expected = (value_and_gradients(f, [], variables)[2] for f in (window, unrolled))
    for variable, one, other in zip(variables, found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10, err_msg=variable.path)


def markov_chain():
    """Tokens of which each has four successors: ln 4 nats are left."""
    rng = np.random.default_rng(0)
    successors = rng.integers(3, 100, (100, 4))
    ids = np.empty((128, 21), "int32")
    ids[:, 0] = rng.integers(3, 100, 128)
    for t in range(20):
        ids[:, t + 1] = successors[ids[:, t], rng.integers(0, 4, 128)]
    return ids[:, :-1], ids[:, 1:]


@pytest.mark.slow
@pytest.mark.tensorflow_only  # the backend makes no difference to how fast it learns
@pytest.mark.parametrize(
    "units",
    [
        pytest.param(32, id="units are features"),
        pytest.param(48, id="more units than features", marks=pytest.mark.slow),
    ],
)
def test_tied_embeddings_learn_as_fast_as_untied_ones(units):
    """With vectors too small for the layers, the loss stays where word frequencies bring it, 4.4.

    Measured, tied and untied: 2.97 and 2.90 with 32 units, 1.67 and 2.20 with 48.
    """
    x, y = markov_chain()
    losses = {}
    for tied in (False, True):
        keras.utils.set_random_seed(0)
        config = LanguageModelConfig(
            units=units, depth=2, embedding_dim=32, tied_embeddings=tied, dropout=0.0
        )
        decoder = NextToken(config, 100).decoder
        inputs = keras.Input((None,), dtype="int32")
        model = keras.Model(inputs, decoder(inputs)["logits"])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(5e-3, clipnorm=1.0), loss)
        assert abs(model.evaluate(x, y, verbose=0) - np.log(100)) < 0.05
        history = model.fit(x, y, batch_size=16, epochs=13, shuffle=False, verbose=0).history
        losses[tied] = history["loss"][-1]
    assert losses[False] < 3.5
    assert losses[True] < 1.1 * losses[False]
