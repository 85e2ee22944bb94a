"""Translation, from pairs of texts to generated text, a saved model and a served one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights

from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.preprocessing.vocabulary import END_ID
from rnn_zoo.tasks import Translator

READ_BY_TENSORFLOW = pytest.mark.tensorflow_only  # on either backend
SOURCES = ["a man .", "a dog .", "the man", "the dog runs ."]
TARGETS = ["ein mann .", "ein hund .", "der mann", "der hund rennt ."]
NETWORK = {"units": 16, "embedding_dim": 8, "dropout": 0.0}
SHORT = {"max_target_length": 8}


def small_translator(optimizer=None, preprocessing=None, **network):
    keras.utils.set_random_seed(0)
    task = Translator(network=NETWORK | network, preprocessing=SHORT | (preprocessing or {}))
    task.compile(optimizer or keras.optimizers.Adam(0.03, clipnorm=1.0))
    return task


def fitted(task, *data, **kwargs):
    task.fit(*data, **{"epochs": 2, "shuffle": False, "verbose": 0, "batch_size": 4} | kwargs)
    return task


@pytest.fixture(scope="module")
def trained():
    task = small_translator(attention="additive", bidirectional=True)
    return fitted(task, SOURCES * 50, TARGETS * 50, epochs=6, shuffle=True)


def test_it_learns_and_a_text_alone_is_translated_alike(trained):
    assert trained.generate(SOURCES) == TARGETS
    assert [trained.generate([source])[0] for source in SOURCES] == TARGETS


@pytest.mark.parametrize("settings", [{"width": 3}, {"width": 2, "length_penalty": 1.0}])
def test_a_beam_finds_what_was_learned(trained, settings):
    assert trained.generate(SOURCES, "beam", **settings) == TARGETS


def test_n_best_with_scores(trained):
    found = trained.generate(SOURCES, "beam", width=4, n_best=3)
    assert [len(row) for row in found] == [3] * 4
    for row, target in zip(found, TARGETS, strict=True):
        scores = [score for _, score in row]
        assert scores == sorted(scores, reverse=True)
        assert row[0][0] == target
        assert len({text for text, _ in row}) == 3


def test_a_seed_decides_a_sample(trained):
    hot = {"decoding": "sample", "temperature": 3.0}
    first = trained.generate(SOURCES * 5, seed=1, **hot)
    assert trained.generate(SOURCES * 5, seed=1, **hot) == first
    assert trained.generate(SOURCES * 5, seed=2, **hot) != first
    assert trained.generate(SOURCES, "sample", top_k=1) == TARGETS


def test_attention_over_the_tokens(trained):
    source, target, weights = trained.attention("a dog .", "ein hund .")
    assert source == ["a", "dog", ".", "[END]"]
    assert target == ["ein", "hund", ".", "[END]"]
    assert weights.shape == (4, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-5)


def test_scores_of_evaluate(trained):
    scores = trained.evaluate(SOURCES, TARGETS, verbose=0, return_dict=True)
    assert scores["exact"] == scores["accuracy"] == 1.0
    assert scores["chrf"] == pytest.approx(100.0)
    assert scores["bleu"] > 80  # short sentences have few 4-grams
    assert scores["perplexity"] == pytest.approx(np.exp(scores["loss"]), rel=1e-4)


def test_perplexity_and_loss_count_tokens_not_batches(trained):
    together = trained.evaluate(SOURCES, TARGETS[::-1], verbose=0, return_dict=True)
    each = [
        trained.evaluate([x], [y], verbose=0, return_dict=True)
        for x, y in zip(SOURCES, TARGETS[::-1], strict=True)
    ]
    counts = np.array([len(target.split()) + 1 for target in TARGETS[::-1]])
    nats = np.log([scores["perplexity"] for scores in each])
    assert np.log(together["perplexity"]) == pytest.approx((nats * counts).sum() / counts.sum())


def test_a_saved_model_translates_alike_and_trains_on(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded, trained, atol=0)
    assert loaded.generate(SOURCES, "beam", width=2) == TARGETS
    assert np.isfinite(fitted(loaded, SOURCES, TARGETS).history.history["loss"]).all()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_an_export_right_after_loading_in_any_precision(tmp_path, dtype):
    task = Translator(NETWORK | {"attention": "multiplicative"}, SHORT, dtype=dtype)
    task.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
    fitted(task, SOURCES, TARGETS).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.export(tmp_path / "served", decoding="beam", width=2)
    served = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    found = served(text=tf.constant(SOURCES))["text"].numpy()
    assert [text.decode() for text in found] == loaded.generate(SOURCES, "beam", width=2)


def test_calling_needs_the_target(trained):
    (source, target), _ = trained.preprocessor.encode(tf.constant(SOURCES), tf.constant(TARGETS))
    logits = trained([source.to_tensor().numpy(), target.to_tensor().numpy()])
    assert logits.shape[:2] == (4, 5)
    with pytest.raises(ValueError, match=r"call it on \[source, target\] as its network takes"):
        trained(SOURCES)


def test_evaluate_some_steps_of_endless_data(trained):
    data = tf.data.Dataset.from_tensor_slices((SOURCES, TARGETS)).repeat()
    scores = trained.evaluate(data, steps=2, batch_size=2, verbose=0, return_dict=True)
    assert scores["exact"] == 1.0


@pytest.mark.tensorflow_only
def test_served_beams_and_a_server_that_streams(trained, tmp_path):
    trained.export(tmp_path / "served", decoding="beam", width=3)
    served = tf.saved_model.load(tmp_path / "served").signatures
    texts = tf.constant(SOURCES)
    found = served["serving_default"](text=texts)["text"].numpy()
    assert [text.decode() for text in found] == TARGETS
    state = served["encode"](text=texts)
    assert {"decoder_1_h", "decoder_1_c"} <= set(state)
    written = [[] for _ in SOURCES]
    tokens = trained.preprocessor.target.vocabulary.tokens
    for _ in range(6):
        state = served["step"](**state)
        token = tf.argmax(state.pop("logits"), axis=-1, output_type=tf.int32)
        state["token"] = token
        for row, i in zip(written, token.numpy(), strict=True):
            row.append(tokens[i])
    assert [" ".join(row[: row.index("[END]")]) for row in written] == TARGETS


@pytest.mark.tensorflow_only  # what tokens are is TensorFlow's affair on either backend
def test_characters_and_a_source_read_backwards():
    settings = {"tokens": "characters", "reverse_source": True, "max_target_length": 20}
    task = fitted(
        small_translator(preprocessing=settings), SOURCES * 50, TARGETS * 50, epochs=6, shuffle=True
    )
    assert task.generate(SOURCES) == TARGETS
    ids = task.preprocessor.encode_inputs(tf.constant(["ab"]))
    forward = task.preprocessor.source.vocabulary.ids(tf.constant(["b", "a"])).numpy().tolist()
    assert ids.to_list() == [[*forward, 3]]
    assert "bleu" not in task.evaluate(SOURCES, TARGETS, verbose=0, return_dict=True)


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_pieces_of_words(tmp_path):
    settings = {"tokens": "subwords", "max_vocabulary": 24, "max_target_length": 16}
    task = fitted(
        small_translator(preprocessing=settings),
        SOURCES * 50,
        TARGETS * 50,
        epochs=12,
        shuffle=True,
    )
    assert task.generate(SOURCES) == TARGETS
    written = task.written
    assert len(written.vocabulary) <= 24 < len(set(" ".join(TARGETS))) + 14
    new = tf.constant(["Ein Mund rennt"])  # of pieces and characters that are known
    assert written.text(written.ids(new).to_tensor()).numpy()[0].decode() == "ein mund rennt"
    assert written.ids(tf.constant(["%"])).to_list()[0][-1] == 1
    task.save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras").export(tmp_path / "served")
    served = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    found = served(text=tf.constant([*SOURCES, ""]))["text"].numpy()
    assert [text.decode() for text in found][:4] == TARGETS
    assert task.evaluate(SOURCES, TARGETS, verbose=0, return_dict=True)["exact"] == 1.0


def test_token_ids():
    task = Translator(NETWORK, SHORT, source_vocabulary_size=9, target_vocabulary_size=8)
    task.compile(keras.optimizers.SGD(0.1))
    x, y = np.array([[4, 5, 0], [6, 7, 8]]), np.array([[4, 0], [5, 6]])
    fitted(task, x, y)
    assert task.predict(x, verbose=0).shape == (2, 8)
    assert sorted(task.evaluate(x, y, verbose=0, return_dict=True)) == [
        "accuracy",
        "loss",
        "perplexity",
    ]


def test_a_translator_of_token_ids_is_saved_and_loaded(tmp_path):
    task = Translator(NETWORK, SHORT, source_vocabulary_size=9, target_vocabulary_size=8)
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    ids = np.array([[4, 5, 0], [6, 7, 8]])
    np.testing.assert_array_equal(loaded.predict(ids, verbose=0), task.predict(ids, verbose=0))


@pytest.mark.parametrize(
    ("how", "settings"), [("greedy", {}), ("sample", {}), ("beam", {"width": 2})]
)
def test_nothing_is_traced_twice(trained, how, settings):
    search = trained.searching(how, **settings)
    traces = []
    step = search.step
    search.step = lambda: traces.append(1) or step()
    for rows in (1, 4):  # JAX traces once for each number of rows, TensorFlow for any
        trained.generate(SOURCES[:rows], how, **settings)
    before = len(traces)
    for rows in (3, 1, 4):
        trained.generate(SOURCES[:rows], how, **settings)
    assert len(traces) == before


def test_a_batch_is_filled_up_with_what_ends_when_its_last_row_does(trained, monkeypatch):
    search, seen = trained.searching("greedy"), []
    predict = search.predict_on_batch
    monkeypatch.setattr(search, "predict_on_batch", lambda x: seen.append(x) or predict(x))
    assert len(trained.generate(SOURCES[:3])) == 3
    (batch,) = seen
    assert len(batch) == 4  # few shapes
    np.testing.assert_array_equal(batch[3], batch[2])


@pytest.mark.tensorflow_only  # where a search that is called runs step by step in Python
@pytest.mark.parametrize(("how", "settings"), [("greedy", {}), ("beam", {"width": 2})])
def test_a_source_is_read_once_and_a_token_takes_one_step(trained, monkeypatch, how, settings):
    calls = []
    encoder, decoder = trained.network.encoder, trained.network.decoder
    read, step = encoder.call, decoder.step
    monkeypatch.setattr(encoder, "call", lambda *a, **k: calls.append("read") or read(*a, **k))
    monkeypatch.setattr(decoder, "step", lambda *a: calls.append("step") or step(*a))
    sources = trained.preprocessor.encode_inputs(tf.constant(SOURCES))
    found = trained.searching(how, **settings)(sources.to_tensor(), training=False)
    tokens = keras.ops.convert_to_numpy(found["tokens"])[:, 0]
    longest = (tokens != END_ID).sum(axis=1).max() + 1  # the end is a token too
    assert calls == ["read"] + ["step"] * longest


BAD_SETTINGS = {
    "a beam width of 0": ({"decoding": "beam", "width": 0}, "`width` must be at least 1"),
    "no width": ({"decoding": "beam"}, "`width` must be at least 1"),
    "half a width": ({"decoding": "beam", "width": 2.5}, "`width` must be a whole number"),
    "n_best": ({"decoding": "beam", "width": 2, "n_best": 3}, "`n_best` must lie in 1 to width"),
    "temperature": ({"decoding": "sample", "temperature": 0}, "`temperature` must be positive"),
    "unknown setting": ({"decoding": "greedy", "width": 2}, "no setting 'width'; it has none"),
    "unknown search": ({"decoding": "beams"}, "one of greedy, sample, beam, got 'beams'"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_bad_settings(trained, case):
    settings, message = BAD_SETTINGS[case]
    with pytest.raises(ConfigError, match=message):
        trained.generate(SOURCES, **settings)


def test_what_needs_attention():
    task = small_translator().adapt(SOURCES, TARGETS)
    with pytest.raises(ConfigError, match="has no attention"):
        task.attention("a", "b")
    with pytest.raises(ConfigError, match="needs attention, and this model has none"):
        task.generate(SOURCES, "beam", width=2, coverage_penalty=0.2)


BAD_PAIRS = {
    "a source without a target": (SOURCES, [*TARGETS[:3], None], "Example 3 has a source, but no"),
    "fewer targets": (SOURCES, TARGETS[:2], "got 4 inputs, 2 targets"),
    "no texts": (SOURCES, [1.5] * 4, "Example 0 is no text"),
    "empty targets": (SOURCES, [""] * 4, "not one target with a token"),
    "nothing": ([], [], "The data are empty"),
}


@READ_BY_TENSORFLOW
@pytest.mark.parametrize("case", BAD_PAIRS)
def test_bad_pairs(case):
    x, y, message = BAD_PAIRS[case]
    with pytest.raises(DataError, match=message):
        small_translator().fit(x, y, verbose=0)
