"""The network of language models: windows, steps and prompts give the same logits."""

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
