"""Translation, from pairs of texts to generated text, a saved model and a served one."""

from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights

from rnn_zoo import decoding
from rnn_zoo.decoding import Beam, Greedy, Sample
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
    return fitted(task, SOURCES * 50, TARGETS * 50, epochs=10, shuffle=True)


def test_it_learns_and_a_text_alone_is_translated_alike(trained):
    assert trained.generate(SOURCES) == TARGETS
    assert [trained.generate([source])[0] for source in SOURCES] == TARGETS


def test_a_bare_text_gives_its_translation_alone(trained):
    expected = trained.generate(SOURCES[:1])[0]
    assert trained.generate(SOURCES[0]) == trained.generate(SOURCES[0].encode()) == expected
    several = Beam(2, n_best=2)
    assert trained.generate(SOURCES[0], several) == trained.generate(SOURCES[:1], several)[0]


@pytest.mark.parametrize("beam", ["beam", Beam(width=2, length_penalty=1.0)])
def test_a_beam_finds_what_was_learned(trained, beam):
    assert trained.generate(SOURCES, beam) == TARGETS


def test_n_best_with_scores(trained):
    found = trained.generate(SOURCES, Beam(width=4, n_best=3))
    assert [len(row) for row in found] == [3] * 4
    for row, target in zip(found, TARGETS, strict=True):
        scores = [score for _, score in row]
        assert scores == sorted(scores, reverse=True)
        assert row[0][0] == target
        assert len({text for text, _ in row}) == 3


def test_a_seed_decides_a_sample(trained):
    first, again, other = (
        trained.generate(SOURCES * 5, Sample(temperature=3.0), seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert trained.generate(SOURCES, Sample(top_k=1)) == TARGETS


@dataclass(frozen=True)
class BeginWith(decoding.Strategy):
    """A first token, then the most probable ones."""

    token: int

    def search(self, step, state, start, *, max_length, **options):
        """One sequence for each row."""
        _, state = step(start, state)
        first = keras.ops.full_like(start, self.token)
        rest = Greedy().search(step, state, first, max_length=max_length - 1, **options)
        tokens = keras.ops.concatenate([first[:, None, None], rest.tokens], axis=-1)
        return decoding.Decoded(tokens, rest.lengths + 1, rest.scores)


def test_a_strategy_of_a_users_own_generates(trained):
    (der,) = trained.target_tokenizer.vocabulary.ids(tf.constant(["der"])).numpy()
    texts = trained.generate(SOURCES, BeginWith(int(der)))
    assert all(text.startswith("der ") for text in texts)
    assert texts[2:] == TARGETS[2:]  # they begin so anyway


@pytest.mark.tensorflow_only
def test_a_strategy_of_a_users_own_is_exported(trained, tmp_path):
    strategy = BeginWith(5)
    trained.export(tmp_path / "served", decoding=strategy)
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    texts = [text.decode() for text in serve(text=tf.constant(SOURCES))["text"].numpy()]
    assert texts == trained.generate(SOURCES, strategy)


def test_fewer_tokens(trained):
    assert trained.generate(SOURCES, max_new_tokens=1) == [text.split()[0] for text in TARGETS]


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
    assert loaded.generate(SOURCES, Beam(2)) == TARGETS
    assert np.isfinite(fitted(loaded, SOURCES, TARGETS).history.history["loss"]).all()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_an_export_right_after_loading_in_any_precision(tmp_path, dtype):
    task = Translator(NETWORK | {"attention": "multiplicative"}, SHORT, dtype=dtype)
    task.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
    fitted(task, SOURCES, TARGETS).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.export(tmp_path / "served", decoding=Beam(2))
    served = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    found = served(text=tf.constant(SOURCES))["text"].numpy()
    assert [text.decode() for text in found] == loaded.generate(SOURCES, Beam(2))


def test_calling_needs_the_target(trained):
    (source, target), _ = trained.preprocessor.encode(tf.constant(SOURCES), tf.constant(TARGETS))
    logits = trained(
        [keras.ops.convert_to_tensor(part.to_tensor().numpy()) for part in (source, target)]
    )
    assert logits.shape[:2] == (4, 5)
    with pytest.raises(ValueError, match=r"takes \[source, target\], as model.tensors\(x, y\)"):
        trained(source.to_tensor().numpy())
    with pytest.raises(ValueError, match="reads the targets too: pass y"):
        trained.tensors(SOURCES)


def test_evaluate_some_steps_of_endless_data(trained):
    data = tf.data.Dataset.from_tensor_slices((SOURCES, TARGETS)).repeat()
    scores = trained.evaluate(data, steps=2, batch_size=2, verbose=0, return_dict=True)
    assert scores["exact"] == 1.0


@pytest.mark.tensorflow_only
def test_served_beams_and_a_server_that_streams(trained, tmp_path):
    trained.export(tmp_path / "served", decoding=Beam(width=3))
    served = tf.saved_model.load(tmp_path / "served").signatures
    texts = tf.constant(SOURCES)
    found = served["serving_default"](text=texts)["text"].numpy()
    assert [text.decode() for text in found] == TARGETS
    state = served["encode"](text=texts)
    assert {"decoder_1_h", "decoder_1_c"} <= set(state)
    texts_so_far = [[] for _ in SOURCES]
    tokens = trained.preprocessor.target.vocabulary.tokens
    for _ in range(6):
        state = served["step"](**state)
        token = tf.argmax(state.pop("logits"), axis=-1, output_type=tf.int32)
        state["token"] = token
        for row, i in zip(texts_so_far, token.numpy(), strict=True):
            row.append(tokens[i])
    assert [" ".join(row[: row.index("[END]")]) for row in texts_so_far] == TARGETS


@pytest.mark.slow
@pytest.mark.tensorflow_only  # what tokens are is TensorFlow's affair on either backend
def test_characters():
    settings = {"tokens": "characters", "max_target_length": 20}
    task = small_translator(preprocessing=settings, attention="additive", bidirectional=True)
    fitted(task, SOURCES * 50, TARGETS * 50, epochs=6, shuffle=True)
    assert task.generate(SOURCES) == TARGETS
    ids = task.preprocessor.encode_inputs(tf.constant(["ab"]))
    letters = task.preprocessor.source.vocabulary.ids(tf.constant(["a", "b"])).numpy().tolist()
    assert ids.to_list() == [[*letters, 3]]
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
    tokenizer = task.target_tokenizer
    assert len(tokenizer.vocabulary) <= 24 < len(set(" ".join(TARGETS))) + 14
    new = tf.constant(["Ein Mund rennt"])  # of pieces and characters that are known
    assert tokenizer.text(tokenizer.ids(new).to_tensor()).numpy()[0].decode() == "ein mund rennt"
    assert tokenizer.ids(tf.constant(["%"])).to_list()[0][-1] == 1
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


@pytest.mark.parametrize("strategy", [Greedy(), Sample(), Beam(2)], ids=str)
def test_nothing_is_traced_twice(trained, strategy):
    search = trained.decoder_for(strategy)
    traces = []
    start = search.start
    search.start = lambda encoded: traces.append(1) or start(encoded)
    for rows in (1, 4):  # JAX traces once for each number of rows, TensorFlow for any
        trained.generate(SOURCES[:rows], strategy)
    before = len(traces)
    for rows in (3, 1, 4):
        trained.generate(SOURCES[:rows], replace(strategy))
    assert len(traces) == before


def test_a_batch_is_filled_up_with_what_ends_when_its_last_row_does(trained, monkeypatch):
    function, seen = trained._inference.function(trained.decoder_for("greedy")), []

    def watched(_):
        return lambda batch: seen.append(batch) or function(batch)

    monkeypatch.setattr(trained._inference, "function", watched)
    assert len(trained.generate(SOURCES[:3])) == 3
    (batch,) = seen
    assert len(batch) == 4  # few shapes
    np.testing.assert_array_equal(batch[3], batch[2])


@pytest.mark.tensorflow_only  # where a search that is called runs step by step in Python
@pytest.mark.parametrize("strategy", [Greedy(), Beam(2)], ids=str)
def test_a_source_is_read_once_and_a_token_takes_one_step(trained, monkeypatch, strategy):
    calls = []
    encoder, decoder = trained.network.encoder, trained.network.decoder
    read, step = encoder.call, decoder.step
    monkeypatch.setattr(encoder, "call", lambda *a, **k: calls.append("read") or read(*a, **k))
    monkeypatch.setattr(decoder, "step", lambda *a: calls.append("step") or step(*a))
    sources = trained.preprocessor.encode_inputs(tf.constant(SOURCES))
    found = trained.decoder_for(strategy)(sources.to_tensor(), training=False)
    tokens = keras.ops.convert_to_numpy(found["tokens"])[:, 0]
    longest = (tokens != END_ID).sum(axis=1).max() + 1  # the end is a token too
    assert calls == ["read"] + ["step"] * longest


BAD_SETTINGS = {
    "no such strategy": (
        {"decoding": "beams"},
        "no decoding strategy 'beams'.*Did you mean 'beam'",
    ),
    "a class": ({"decoding": Beam}, "got the class Beam"),
    "rows of no batch": ({"batch_size": 0}, "batch_size should be a whole number above 0, got 0"),
    "no tokens": ({"max_new_tokens": 0}, "number of tokens should be a whole number from 1"),
    "a seed of a search": ({"decoding": "beam", "seed": 1}, "beam decoding draws nothing"),
    "a seed by default": ({"seed": 1}, "greedy decoding draws nothing"),
    "a negative seed": ({"decoding": "sample", "seed": -1}, "seed should be a whole number from 0"),
    "too much": ({"decoding": Beam(1000), "max_new_tokens": 9999}, "are too many"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_bad_settings(trained, case):
    settings, message = BAD_SETTINGS[case]
    with pytest.raises(ConfigError, match=message):
        trained.generate(SOURCES, **settings)


def test_a_strategy_has_to_be_hashable(trained):
    with pytest.raises(ConfigError, match="BeginWith cannot be hashed: make the strategy a frozen"):
        trained.generate(SOURCES, BeginWith([5]))


def test_what_needs_attention():
    task = small_translator().adapt(SOURCES, TARGETS)
    with pytest.raises(ConfigError, match="has no attention"):
        task.attention("a", "b")
    with pytest.raises(ConfigError, match="needs attention, and this model has none"):
        task.generate(SOURCES, Beam(coverage_penalty=0.2))


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
