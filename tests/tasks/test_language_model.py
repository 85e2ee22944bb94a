"""Language models, from texts to scores, texts that go on, a saved model and a served one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights

from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.tasks import LanguageModel

TEXT = "abcabdabcabd" * 20
NETWORK = {"units": 16, "embedding_dim": 8}


def small_model(preprocessing=None, **network):
    keras.utils.set_random_seed(0)
    task = LanguageModel(NETWORK | network, {"window": 6} | (preprocessing or {}))
    task.compile(keras.optimizers.Adam(0.02, clipnorm=1.0))
    return task


@pytest.fixture(scope="module")
def trained():
    task = small_model(depth=2)
    task.fit(TEXT, batch_size=4, epochs=30, verbose=0)
    return task


def total_nats(task, text):
    """Of a text from its beginning, by the network alone."""
    given, said = (
        part.to_tensor().numpy() for part in task.preprocessor.encode(tf.constant([text]))
    )
    states = [np.zeros((1, size), "float32") for size in task.carry.sizes]
    outputs = task.network([given, np.zeros(given.shape, bool), *states])
    logits = keras.ops.log_softmax(outputs["logits"])[0]
    return -sum(float(logits[t, token]) for t, token in enumerate(said[0]))


def test_it_learns_what_comes_next(trained):
    assert trained.generate("abc", 9, "greedy") == "abcabdabcabd"
    assert trained.generate(["abc", "abdab", ""], 1, "greedy") == ["abca", "abdabc", "a"]
    scores = trained.evaluate(TEXT, batch_size=1, verbose=0, return_dict=True)
    assert scores["accuracy"] > 0.99


def test_scores_come_from_total_nats(trained):
    texts = ["abcabd", "cabd", "ab" * 9]
    scores = trained.evaluate(texts, batch_size=1, verbose=0, return_dict=True)
    nats = sum(total_nats(trained, text) for text in texts) / sum(len(text) + 1 for text in texts)
    assert np.log(scores["perplexity"]) == pytest.approx(nats, rel=1e-4)
    assert scores["bits_per_character"] == pytest.approx(nats / np.log(2), rel=1e-4)


def test_a_pass_does_not_depend_on_the_one_before(trained):
    first = trained.evaluate(TEXT, verbose=0)
    trained.evaluate("dddd" * 8, verbose=0)
    assert trained.evaluate(TEXT, verbose=0) == first


def test_training_reads_on_from_window_to_window(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    task = keras.saving.load_model(tmp_path / "model.keras")
    task.compile(keras.optimizers.SGD(1e-30, clipnorm=1.0))
    nats = total_nats(task, TEXT) / (len(TEXT) + 1)
    for _ in range(2):  # a pass begins from zeros, whatever the one before has left
        history = task.fit(TEXT, batch_size=1, verbose=0).history
        assert np.log(history["perplexity"]) == pytest.approx(nats, rel=1e-4)


def test_seeds_and_batches(trained):
    once = trained.generate(["ab", "c"], 20, temperature=2.0, seed=3)
    assert trained.generate(["ab", "c"], 20, temperature=2.0, seed=3) == once
    assert trained.generate(["ab", "c"], 20, temperature=2.0, seed=4) != once
    prompts = ["a", "abcab", "abd", "abcabdabcab"]
    alone = [trained.generate(prompt, 4, "greedy") for prompt in prompts]
    assert trained.generate(prompts, 4, "greedy", batch_size=3) == alone
    assert trained.generate(prompts, 4, "beam", width=1) == alone


def test_sampling_is_not_traced_twice(trained):
    search = trained.searching("sample", 5)
    traces = []
    step = search.step
    search.step = lambda: traces.append(1) or step()
    prompts = ["ab", "bc", "cd", "da"]
    for rows in (1, 4):
        trained.generate(prompts[:rows], 5)
    before = len(traces)
    assert before
    for rows in (3, 1, 4):
        trained.generate(prompts[:rows], 5)
    assert len(traces) == before


def test_a_saved_model_goes_on_alike_and_trains_on(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded.network, trained.network, atol=0)
    assert loaded.generate("ab", 20, seed=3) == trained.generate("ab", 20, seed=3)
    assert loaded.evaluate(TEXT, verbose=0) == trained.evaluate(TEXT, verbose=0)
    history = loaded.fit(TEXT, batch_size=4, validation_split=0.1, verbose=0).history
    assert history["loss"][0] < 1.0
    assert "val_bits_per_character" in history


def test_what_comes_next_is_predicted(trained):
    probabilities = trained.predict(["ab", "abca", "b"], verbose=0)
    assert probabilities.shape == (3, trained.sizes["vocabulary_size"])
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, atol=1e-5)
    tokens = trained.written.vocabulary.tokens
    assert tokens[probabilities[1].argmax()] == "b"


@pytest.mark.tensorflow_only
def test_served_continuations_and_a_server_that_streams(trained, tmp_path):
    trained.export(tmp_path / "served", decoding="greedy", max_new_tokens=6)
    served = tf.saved_model.load(tmp_path / "served").signatures
    prompts = tf.constant(["abc", "ab", ""])
    found = served["serving_default"](text=prompts)["text"].numpy()
    expected = [
        text[len(prompt) :]
        for prompt, text in zip(
            ("abc", "ab", ""), trained.generate(["abc", "ab", ""], 6, "greedy"), strict=True
        )
    ]
    assert [text.decode() for text in found] == expected
    state = served["encode"](text=prompts)
    tokens = trained.written.vocabulary.tokens
    written = ["", "", ""]
    for _ in range(6):
        state = served["step"](**state)
        token = tf.argmax(state.pop("logits"), axis=-1, output_type=tf.int32)
        state["token"] = token
        written = [text + tokens[i] for text, i in zip(written, token.numpy(), strict=True)]
    assert written == expected


@pytest.mark.tensorflow_only  # what tokens are is TensorFlow's affair on either backend
def test_words():
    task = small_model({"tokens": "words", "lowercase": True})
    task.fit(["To be, or not to be"] * 20, batch_size=2, epochs=20, verbose=0)
    assert task.generate("to be, or", 3, "greedy") == "to be, or not to be"
    assert "bits_per_character" not in task.evaluate(["to be"], verbose=0, return_dict=True)


@pytest.mark.tensorflow_only
def test_what_fit_takes():
    task = small_model()
    data = tf.data.Dataset.from_tensor_slices([TEXT, "abc"])
    task.fit(data, batch_size=2, verbose=0, validation_data=TEXT)
    task.fit([TEXT, "abc"], batch_size=2, verbose=0, validation_data=(["abd"], None, [2.0]))
    with pytest.raises(ValueError, match="texts alone"):
        task.fit(TEXT, TEXT, verbose=0)
    sized = LanguageModel(NETWORK, vocabulary_size=9)
    sized.compile("sgd")
    sized.fit(np.tile([[3, 4, 5, 6, 7, 8, 0]], (40, 1)), batch_size=2, verbose=0)


def test_weights_count_texts():
    task = small_model()
    task.fit(["abc", "d" * 40], batch_size=1, verbose=0)
    both = task.evaluate(["abc", "d"], sample_weight=[1.0, 0.0], batch_size=1, verbose=0)
    assert both[1:] == pytest.approx(task.evaluate(["abc"], batch_size=1, verbose=0)[1:], rel=1e-5)
    on_batch = task.test_on_batch(["abc", "d"], sample_weight=np.array([1.0, 0.0]))
    assert on_batch == pytest.approx(task.evaluate(["abc"], batch_size=1, verbose=0), rel=1e-5)


BAD = {
    "an unknown symbol": (lambda task: task.generate("ab☃"), DataError, "never seen: '☃'"),
    "a prompt of ids": (lambda task: task.generate([[4, 5]]), DataError, "A prompt is a text"),
    "no new tokens": (
        lambda task: task.generate("ab", 0),
        ConfigError,
        "At least 1 token has to be decoded",
    ),
    "a setting of another search": (
        lambda task: task.generate("ab", 3, "greedy", temperature=1.0),
        ConfigError,
        "no setting 'temperature'",
    ),
    "more streams than steps": (
        lambda task: task.fit("abc", batch_size=64, verbose=0),
        DataError,
        "have 4 steps, too few for a window of 6",
    ),
    "no text": (lambda task: small_model().fit([""], verbose=0), DataError, "not one token"),
    "class weights": (
        lambda task: task.fit(TEXT, class_weight={0: 1.0}, verbose=0),
        DataError,
        "tokens, which are no classes",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(trained, case):
    act, error, message = BAD[case]
    with pytest.raises(error, match=message):
        act(trained)
