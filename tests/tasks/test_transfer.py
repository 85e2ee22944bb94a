"""What a task takes over from a trained one: words, recurrent layers, and all but the head."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnn_zoo
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.models.frozen import freeze, frozen_layers
from rnn_zoo.tasks import LanguageModel, Tagger, TextClassifier

pytestmark = pytest.mark.tensorflow_only  # networks are tested on both backends

TEXTS, LABELS = ["a good film", "a bad film", "good", "bad"], ["yes", "no", "yes", "no"]
OTHER = (["a nice film", "an awful plot", "good nice", "awful bad"], ["joy", "rage", "joy", "fear"])
SMALL = {"units": 6, "embedding_dim": 5, "dropout": 0.0}
OPTIMIZER = {"optimizer": "sgd"}


def classifier(texts=TEXTS, labels=LABELS, **network):
    keras.utils.set_random_seed(0)
    task = TextClassifier(SMALL | network)
    task.compile("sgd")
    return task.adapt(texts, labels)


def language_model(tied, **network):
    task = LanguageModel(
        SMALL | {"tied_embeddings": tied} | network, {"tokens": "words", "lowercase": True}
    )
    task.compile("sgd")
    return task.adapt(TEXTS)


def vectors_of(task, *words):
    ids = task.preprocessor.tokenizers["vocabulary"].vocabulary.ids(tf.constant(words)).numpy()
    return np.asarray(task.network.get_layer("embedding").embeddings)[ids]


def recurrent_output(task, text):
    layer = keras.Model(task.network.input, task.network.get_layer("recurrent_1").output)
    return np.asarray(layer(task.tensors([text])[0]))


def test_words_are_added_and_the_rest_is_kept(capsys):
    task = classifier()
    known, before = vectors_of(task, "good", "bad"), task.predict(TEXTS, verbose=0)
    assert task.adapt(["nice", "awful bad"], ["yes", "no"], extend=True) is task
    assert capsys.readouterr().out == (
        "Taken over: the vectors of 6 of 8 tokens, recurrent_1, logits.\n"
    )
    assert task.labels == ["no", "yes"]
    np.testing.assert_array_equal(vectors_of(task, "good", "bad"), known)
    np.testing.assert_allclose(task.predict(TEXTS, verbose=0), before, atol=1e-6)
    assert np.abs(np.subtract(*task.predict(["nice", "never"], verbose=0))).max() > 1e-6
    history = task.fit(["nice", "awful"] * 8, ["yes", "no"] * 8, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]


def test_what_is_frozen_stays_so_but_for_a_new_head():
    task = classifier()
    freeze(task.network, ["embedding", "logits"])
    task.adapt(["nice"] * 2, ["yes", "no"], extend=True)
    assert frozen_layers(task.network) == ["embedding", "logits"]
    task.adapt(*OTHER, extend=True)
    assert frozen_layers(task.network) == ["embedding"]
    with pytest.raises(ConfigError, match="no layer 'head' to freeze; there are embedding, recurr"):
        freeze(task.network, ["head"])


def test_other_labels_put_on_a_new_head(capsys):
    task = classifier()
    state = recurrent_output(task, "good film")
    task.adapt(*OTHER, extend=True)
    assert capsys.readouterr().out == (
        "Taken over: the vectors of 6 of 10 tokens, recurrent_1. New: logits. Left behind: "
        "logits.\n"
    )
    assert task.labels == ["fear", "joy", "rage"]
    np.testing.assert_allclose(recurrent_output(task, "good film"), state, atol=1e-6)
    assert task.predict(TEXTS, verbose=0).shape == (4, 3)
    task.fit(*OTHER, verbose=0)


def test_as_many_other_labels_are_others_too(capsys):
    task = classifier()
    task.adapt(TEXTS, ["b", "a", "b", "a"], extend=True)
    assert "New: logits." in capsys.readouterr().out
    assert task.labels == ["a", "b"]


def test_the_vocabulary_has_a_size_at_the_most():
    task = TextClassifier(SMALL, {"max_vocabulary": 7}).adapt(TEXTS, LABELS)
    task.adapt(["new words nobody knows"], ["yes"], extend=True)
    assert task.sizes["vocabulary_size"] == 7


def test_words_of_vectors_stay_fixed(tmp_path, monkeypatch):
    monkeypatch.setattr("rnn_zoo.vectors.cache.keras_home", lambda: str(tmp_path))
    path = tmp_path / "v.txt"
    path.write_text("good 1 0\nbad 0 1\nsuperb 1 1\nawful 2 2\n")
    task = rnn_zoo.get("sentiment_lstm", vectors=path, add_vector_words=True, units=4)
    task.adapt(TEXTS, LABELS)
    before = task.predict(["superb awful"], verbose=0)
    task.adapt(["awful news"], ["no"], extend=True)
    assert task.network_config.fixed_words == 1  # awful is a word of the training data now
    assert task.preprocessor.tokenizer.vocabulary.tokens[-3:] == ["awful", "news", "superb"]
    np.testing.assert_allclose(task.predict(["superb awful"], verbose=0), before, atol=1e-6)


def test_the_first_fit_of_trained_weights_may_learn_other_labels(capsys):
    for labels, head in ((LABELS, ["no", "yes"]), (OTHER[1], ["fear", "joy", "rage"])):
        task = classifier()
        task.is_pretrained = True
        words = task.sizes["vocabulary_size"]
        capsys.readouterr()
        task.fit(OTHER[0], labels, verbose=0)
        assert task.labels == head
        assert task.sizes["vocabulary_size"] == words
        assert ("New: logits" in capsys.readouterr().out) == (labels != LABELS)
        with pytest.raises(DataError, match="not in the label set"):
            task.fit(OTHER[0], ["another"] * 4, verbose=0)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_language_model_begins_a_classifier(tied, bidirectional, capsys):
    model = language_model(tied)
    task = TextClassifier(SMALL | {"bidirectional": bidirectional})
    task.compile("sgd")
    assert task.start_from(model) is task
    capsys.readouterr()
    task.adapt(["a good plot", "bad"], LABELS[:2])
    rest = "" if tied else " Left behind: logits of tokens."
    assert capsys.readouterr().out == (
        "Taken over: the vectors of 6 of 7 tokens, recurrent_1"
        + (
            " (forward). New: recurrent_1 (backward), logits."
            if bidirectional
            else ". New: logits."
        )
        + rest
        + "\n"
    )
    # The states after a text, from zeros: what the language model predicts the next word from.
    ids = model.preprocessor.tokenizer.ids(np.array(["a bad film"])).to_tensor()
    expected, *_ = model.network.decoder.scans[0](
        np.asarray(model.network.decoder.embedding(ids)) * (5**0.5 if tied else 1)
    )
    state = recurrent_output(task, "a bad film")[:, : SMALL["units"]]
    np.testing.assert_allclose(state, np.asarray(expected)[:, -1], atol=1e-6)
    task.fit(TEXTS, LABELS, verbose=0)


def test_what_does_not_fit_is_new(capsys):
    task = TextClassifier(SMALL | {"units": 7, "depth": 2})
    task.start_from(language_model(True)).adapt(TEXTS, LABELS)
    assert capsys.readouterr().out == (
        "Taken over: the vectors of 6 of 6 tokens. New: recurrent_1, recurrent_2, logits. Left "
        "behind: recurrent_1.\n"
    )


def test_weights_of_another_entry(tmp_path, capsys):
    keras.utils.set_random_seed(0)
    model = rnn_zoo.get("word_lm_lstm", units=6, embedding_dim=5, depth=1, min_count=1)
    model.adapt(TEXTS).save(tmp_path / "lm.keras")
    task = rnn_zoo.get("sentiment_gru", weights=tmp_path / "lm.keras", dropout=0.0)
    settings = task.network_config
    assert (settings.cell, settings.units, settings.embedding_dim) == ("lstm", 6, 5)
    task.fit(TEXTS, LABELS, verbose=0)
    assert "Taken over: the vectors of 6 of 6 tokens, recurrent_1. New" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"holds weights of word_lm_lstm, a LanguageModel, not"):
        rnn_zoo.get("seq2seq_lstm", weights=tmp_path / "lm.keras")


def test_weights_of_the_same_entry_take_other_labels(tmp_path):
    task = rnn_zoo.get("sentiment_lstm", units=6, embedding_dim=5, dropout=0.0).adapt(TEXTS, LABELS)
    task.save(tmp_path / "a.keras")
    for use in ("fit", "adapt"):
        again = rnn_zoo.get("sentiment_lstm", weights=tmp_path / "a.keras")
        np.testing.assert_array_equal(
            again.predict(TEXTS, verbose=0), task.predict(TEXTS, verbose=0)
        )
        getattr(again, use)(*OTHER)
        assert again.labels == ["fear", "joy", "rage"]


@pytest.mark.slow
def test_a_classifier_begins_a_tagger(capsys):
    task = Tagger(SMALL, {"min_count": 1}).start_from(classifier())
    task.adapt([["a", "good", "plot"]], [["x", "y", "y"]])  # as many tags as there were classes
    assert "recurrent_1. New: logits." in capsys.readouterr().out
    assert task.tag([["good"]])


def test_what_cannot_be_taken_over():
    trained, new = classifier(), TextClassifier(SMALL)
    of_ids = TextClassifier(SMALL, vocabulary_size=9, num_classes=2)
    with pytest.raises(ConfigError, match="has its weights already: start from a new one"):
        trained.start_from(classifier())
    for other in (
        new,
        of_ids,
        rnn_zoo.get("seq2seq_gru", source_vocabulary_size=9, target_vocabulary_size=9),
    ):
        with pytest.raises(ConfigError, match="of a trained language model, classifier or tagger"):
            TextClassifier(SMALL).start_from(other)
    with pytest.raises(ConfigError, match="A LanguageModel takes over no vocabulary"):
        LanguageModel(SMALL).start_from(trained)
    with pytest.raises(ConfigError, match="A LanguageModel takes over no vocabulary"):
        language_model(False).adapt(TEXTS, extend=True)
    with pytest.raises(ConfigError, match="was built for token ids: it has no words to extend"):
        of_ids.adapt(TEXTS, LABELS, extend=True)
    characters = LanguageModel(SMALL, {"tokens": "characters"}).adapt(TEXTS)
    with pytest.raises(
        ConfigError, match=r"reads characters \(lowercase=\w+\), and this one words"
    ):
        TextClassifier(SMALL).start_from(characters)
    with pytest.raises(ConfigError, match="embedding_dim"):
        TextClassifier(SMALL | {"embedding_dim": 4}).start_from(trained).adapt(TEXTS, LABELS)
