"""Classifiers and taggers whose words begin with vectors from a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from variants import fast_first

import rnn_zoo
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.vectors import cache

pytestmark = pytest.mark.tensorflow_only  # networks are tested on both backends

TEXTS, LABELS = ["Good film", "bad Film", "good", "bad zyx"], ["yes", "no", "yes", "no"]
WORDS = ["bad", "Superb", "good", "superb", "film", "awful"]
MATRIX = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
CLASSIFIER = {"units": 4, "dropout": 0.0, "learning_rate": 0.1}
TAGGER = CLASSIFIER | {"min_count": 1}


@pytest.fixture(autouse=True)
def keras_home(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "keras_home", lambda: str(tmp_path / "keras"))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "vectors.txt"
    rows = zip(WORDS, MATRIX, strict=True)
    path.write_text("\n".join(" ".join([word, *map(str, row)]) for word, row in rows))
    return path


def made(task, path, **settings):
    """An adapted model of a task, and examples for it."""
    if task == "classifier":
        model = rnn_zoo.get("sentiment_lstm", vectors=path, **CLASSIFIER | settings)
        return model.adapt(TEXTS, LABELS), (TEXTS, LABELS)
    words = [text.split() for text in TEXTS]
    tags = [[label] * len(text) for text, label in zip(words, LABELS, strict=True)]
    model = rnn_zoo.get("tagger_lstm", vectors=path, **TAGGER | settings)
    return model.adapt(words, tags), (words, tags)


def vectors_of(model, *words):
    """The vectors that the network looks up, of a word each."""
    lookup = model.network.get_layer("dropout_1").input
    ids = model.tensors([[word] for word in words] if "tag" in model.name else list(words))[0]
    return np.asarray(keras.Model(model.network.inputs, lookup)(ids))[:, 0, : MATRIX.shape[1]]


@pytest.mark.parametrize("task", fast_first(["classifier", "tagger"], ["tagger"]))
@pytest.mark.parametrize("more", fast_first([False, True], [True]))
def test_words_have_their_vectors(task, path, more, capsys):
    model, _ = made(task, path, add_vector_words=more)
    assert capsys.readouterr().out == (
        f"{path}: 3 of 4 words have a vector (75.0 %), which are 85.7 % of the text.\n"
    )
    found = vectors_of(model, "good", "FILM", "bad")
    np.testing.assert_array_equal(found, MATRIX[[2, 4, 0]])
    assert model.sizes["vocabulary_size"] == 6 + 2 * more  # padding, unknown and 4 words
    never, zyx, superb, awful = vectors_of(model, "never", "zyx", "Superb", "awful")
    if more:
        np.testing.assert_array_equal([superb, awful], MATRIX[[3, 5]])
    else:
        np.testing.assert_array_equal([superb, awful], [never, never])
    assert 0.1 < np.std(zyx) / np.std(MATRIX) < 3
    assert np.abs(zyx - never).max() > 0.01


@pytest.mark.parametrize("trained", fast_first([False, True], [True]))
@pytest.mark.parametrize("task", fast_first(["classifier", "tagger"], ["tagger"]))
def test_what_is_trained(task, path, trained):
    model, examples = made(task, path, add_vector_words=True, train_embedding=trained)
    words = ["good", "zyx", "superb", "awful"]
    before = vectors_of(model, *words)
    history = model.fit(*examples, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    moved = np.abs(vectors_of(model, *words) - before).max(-1) > 1e-3
    assert moved.tolist() == [trained, trained, False, False]


@pytest.mark.parametrize("task", fast_first(["classifier", "tagger"], ["tagger"]))
def test_a_saved_model_holds_its_vectors_and_no_path(task, path, tmp_path):
    model, (inputs, _) = made(task, path, add_vector_words=True)
    assert model.get_config()["preprocessing"]["vectors"] is None
    model.save(tmp_path / "model.keras")
    path.unlink()
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.network_config.embedding_dim == 5
    inputs = [*inputs, ["awful", "never"] if task == "tagger" else "awful never"]
    for found, expected in zip(
        loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    again = loaded.get_config()
    assert again == model.get_config()
    assert str(path.parent) not in str(again)


@pytest.mark.slow
def test_exported(path, tmp_path):
    model, _ = made("classifier", path, add_vector_words=True)
    model.export(tmp_path / "served")
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    served = serve(text=tf.constant(["awful never good"]))["probabilities"]
    np.testing.assert_allclose(served, model.predict(["awful never good"], verbose=0), atol=1e-6)


def test_fixed_words_have_no_state_in_the_optimizer(path):
    model, _ = made("classifier", path, add_vector_words=True)
    rows = [variable.shape[0] for variable in model.optimizer.variables if len(variable.shape)]
    assert model.network.get_layer("embedding").input_dim == 6
    assert model.network.get_layer("fixed_embedding").input_dim == 2
    assert 8 not in rows


def test_quiet(path, capsys, monkeypatch):
    monkeypatch.setattr(keras.config, "is_interactive_logging_enabled", lambda: False)
    made("classifier", path)
    assert capsys.readouterr().out == ""


def test_no_word_is_known(path):
    model = rnn_zoo.get("sentiment_lstm", vectors=str(path))
    with pytest.raises(DataError, match=r"none of the 2 words .* 'bad', 'Superb', 'good' and so"):
        model.adapt(["ein mann", "mann"], [0, 1])
    assert model.network is None


def test_settings_that_do_not_fit(path):
    with pytest.raises(ConfigError, match="vectors are those of words: set tokens to words"):
        rnn_zoo.get("sentiment_lstm", vectors=path, tokens="characters")
    with pytest.raises(ConfigError, match="add_vector_words adds the words of vectors: name a"):
        rnn_zoo.get("sentiment_lstm", add_vector_words=True)
    with pytest.raises(ConfigError, match="vectors are those of words: leave out the sizes"):
        rnn_zoo.get("sentiment_lstm", vectors=path, vocabulary_size=9, num_classes=2)
    with pytest.raises(ConfigError, match="vectors: should be a valid string, got 3"):
        rnn_zoo.get("sentiment_lstm", vectors=3)
    with pytest.raises(ConfigError, match="fixed_words"):
        rnn_zoo.get("sentiment_lstm", fixed_words=9, vocabulary_size=9, num_classes=2)
