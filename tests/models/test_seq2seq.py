"""Stepping and teacher forcing give the same logits, whatever the decoder."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.config import validate
from rnn_zoo.decoding import Beam, decode
from rnn_zoo.errors import ConfigError
from rnn_zoo.models import Decoder
from rnn_zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig

SOURCES, TARGETS = 9, 7
NETWORKS = {
    "vanilla": {"cell": "simple_rnn"},
    "lstm, two layers": {"depth": 2},
    "gru, from both ends": {"cell": "gru", "bidirectional": True},
    "additive": {"attention": "additive", "bidirectional": True, "depth": 2},
    "multiplicative": {"attention": "multiplicative"},
    "residual": {"depth": 2, "residual": True, "bidirectional": True},
    "attention, residual": {
        "attention": "additive",
        "depth": 3,
        "residual": True,
        "initial_state": "learned",
    },
    "tied": {"tied_embeddings": True},
    "tied, attention": {"tied_embeddings": True, "attention": "multiplicative"},
}
ON_JAX = ("gru, from both ends", "additive", "attention, residual", "tied, attention")
"""JAX compiles for seconds what TensorFlow runs at once."""
EACH_NETWORK = pytest.mark.parametrize(
    "settings",
    [
        pytest.param(settings, id=name, marks=() if name in ON_JAX else pytest.mark.tensorflow_only)
        for name, settings in NETWORKS.items()
    ],
)


def network(settings, dtype="float64"):
    config = Seq2SeqConfig(**{"units": 6, "embedding_dim": 4, "dropout": 0.0} | settings)
    made = Seq2Seq(config, SOURCES, TARGETS, dtype=dtype)
    rng = np.random.default_rng(5)
    for weight in made.trainable_weights:
        weight.assign(rng.normal(scale=0.7, size=weight.shape))
    return made


@pytest.fixture
def sequences():
    rng = np.random.default_rng(6)
    source = rng.integers(1, SOURCES, (3, 5))
    source[1, 3:] = 0
    return source, rng.integers(1, TARGETS, (3, 4))


@EACH_NETWORK
def test_stepping_is_teacher_forcing(settings, sequences):
    source, target = sequences
    made = network(settings)
    expected = np.asarray(made([source, target]))
    state = made.initial_state(made.encoder(source))
    for t in range(target.shape[1]):
        logits, state = made.step(ops.convert_to_tensor(target[:, t]), state)
        np.testing.assert_allclose(np.asarray(logits), expected[:, t], rtol=0, atol=1e-10)
    if settings.get("attention"):
        weights = np.asarray(made.alignment([source, target]))
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-10)
        assert not weights[1, :, 3:].any()
        real = source != 0
        got = np.asarray(made.decoder.coverage(state))
        np.testing.assert_allclose(got[real], weights.sum(axis=1)[real], atol=1e-10)
        np.testing.assert_array_equal(got[~real], 1.0)


@pytest.mark.parametrize("name", ["tied, attention", "lstm, two layers"])
def test_logits_at_the_steps_of_a_target_mask_alone(name, sequences):
    source, target = sequences
    made = network(NETWORKS[name])
    target_mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0]], bool)
    expected = np.asarray(made([source, target]))[target_mask]
    found = made.at_targets([source, target, target_mask])
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=1e-12)


@EACH_NETWORK
def test_padding_of_the_source_on_either_side_changes_nothing(settings, sequences):
    source, target = sequences
    made = network(settings)

    def run(before, after):
        padded = np.pad(source, [(0, 0), (before, after)])

        def value():
            logits = made([padded, target])
            return ops.sum(ops.square(logits)), [logits]

        _, (logits,), gradients = value_and_gradients(value, [], made.trainable_variables)
        return logits, gradients

    (logits, gradients), *others = run(0, 0), run(0, 3), run(2, 1)
    for found, found_gradients in others:
        np.testing.assert_allclose(found, logits, rtol=0, atol=1e-10)
        for a, b in zip(found_gradients, gradients, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


@EACH_NETWORK
def test_every_weight_has_a_gradient_with_dropout(settings, sequences):
    made = network(settings | {"dropout": 0.3, "recurrent_dropout": 0.2}, dtype="float32")

    def value():
        return ops.sum(ops.square(made(list(sequences), training=True))), []

    _, _, gradients = value_and_gradients(value, [], made.trainable_variables)
    for weight, gradient in zip(made.trainable_variables, gradients, strict=True):
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, weight.path


@pytest.mark.parametrize("name", ["lstm, two layers", "additive"])
def test_searches_run_over_its_state(name, sequences):
    source, _ = sequences
    made = network(NETWORKS[name], dtype="float32")
    start = ops.full((3,), 2, "int32")
    state = made.initial_state(made.encoder(source))
    options = {"max_length": 6, "end_id": 3}
    first = decode(made.step, state, start, "greedy", **options)
    beams = decode(made.step, state, start, Beam(1), **options)
    np.testing.assert_array_equal(np.asarray(first.tokens), np.asarray(beams.tokens))
    wide = decode(made.step, state, start, Beam(4, n_best=2), **options)
    assert (np.asarray(wide.scores)[:, :1] >= np.asarray(first.scores) - 1e-5).all()
    if name == "additive":
        covered = decode(
            made.step,
            state,
            start,
            Beam(4, coverage_penalty=0.5),
            coverage=made.decoder.coverage,
            **options,
        )
        assert (np.asarray(covered.scores) <= np.asarray(wide.scores)[:, :1] + 1e-5).all()


def test_a_decoder_begins_with_the_mask_that_keras_attaches_to_a_memory():
    decoder = Decoder(TARGETS, units=4, embedding_dim=4, attention="additive")
    memory = keras.layers.Embedding(SOURCES, 4, mask_zero=True)(np.array([[3, 1, 0], [5, 0, 0]]))
    states = [ops.zeros((2, 4))] * 2
    decoder(np.array([[2], [2]]), states, memory)
    state = decoder.initial_state(states, memory)
    np.testing.assert_array_equal(state["memory_mask"], [[1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(state["coverage"], [[0, 0, 1], [0, 1, 1]])


def test_a_network_is_deterministic_and_its_weights_can_be_saved(tmp_path, sequences):
    made = network(NETWORKS["additive"], dtype="float32")
    made.save_weights(tmp_path / "all.weights.h5")
    other = Seq2Seq(
        Seq2SeqConfig(units=6, embedding_dim=4, dropout=0.0, **NETWORKS["additive"]),
        SOURCES,
        TARGETS,
    )
    other.load_weights(tmp_path / "all.weights.h5")
    np.testing.assert_array_equal(np.asarray(other(sequences)), np.asarray(made(sequences)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bidirectional": True, "units": 5}, "5 is odd"),
        ({"bidirectional": True, "units": 8, "cell": "mlstm"}, "set bidirectional to false"),
        ({"attention": "dot"}, "should be 'additive' or 'multiplicative', got 'dot'"),
    ],
)
def test_settings_that_do_not_fit(settings, message):
    with pytest.raises(ConfigError, match=message):
        validate(Seq2SeqConfig, settings, "network")


def test_the_float32_logits_of_mixed_precision(sequences):
    made = network(NETWORKS["additive"], dtype=keras.DTypePolicy("mixed_bfloat16"))
    assert keras.backend.standardize_dtype(made(list(sequences)).dtype) == "float32"


def test_a_decoder_takes_the_mask_that_keras_attached_to_its_memory(sequences):
    source, target = sequences
    embedding = keras.layers.Embedding(SOURCES, 5, mask_zero=True)
    decoder = Decoder(TARGETS, units=4, embedding_dim=3, attention="additive")
    with_mask = decoder(target, memory=embedding(source))
    given = decoder(target, memory=np.asarray(embedding(source)), memory_mask=source != 0)
    np.testing.assert_array_equal(np.asarray(with_mask["logits"]), np.asarray(given["logits"]))
    assert not np.asarray(with_mask["weights"])[1, :, 3:].any()
