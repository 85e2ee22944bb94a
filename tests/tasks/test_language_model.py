"""Language models, from texts to scores, texts that go on, a saved model and a served one."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights

from rnn_zoo.decoding import Beam, Sample
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
    inputs, targets = (
        part.to_tensor().numpy() for part in task.preprocessor.encode(tf.constant([text]))
    )
    states = [np.zeros((1, size), "float32") for size in task.stateful.carry.sizes]
    outputs = task.network([inputs, np.zeros(inputs.shape, bool), *states])
    logits = keras.ops.log_softmax(outputs["logits"])[0]
    return -sum(float(logits[t, token]) for t, token in enumerate(targets[0]))


def test_it_learns_what_comes_next(trained):
    assert trained.generate("abc", "greedy", max_new_tokens=9) == "abcabdabcabd"
    one = trained.generate(["abc", "abdab", ""], "greedy", max_new_tokens=1)
    assert one == ["abca", "abdabc", "a"]
    assert trained.generate("", "greedy", max_new_tokens=1) == "a"
    scores = trained.evaluate(TEXT, batch_size=1, verbose=0, return_dict=True)
    assert scores["accuracy"] > 0.99


def test_scores_come_from_total_nats(trained):
    texts = ["abcabd", "cabd", "ab" * 9]
    scores = trained.evaluate(texts, batch_size=1, verbose=0, return_dict=True)
    nats = sum(total_nats(trained, text) for text in texts) / sum(len(text) + 1 for text in texts)
    assert np.log(scores["perplexity"]) == pytest.approx(nats, rel=1e-4)
    assert scores["bits_per_character"] == pytest.approx(nats / np.log(2), rel=1e-4)


def test_it_is_called_on_tokens_and_resets():
    task = small_model().adapt([TEXT])
    (tokens, resets), *_ = task.tensors(["abc"])
    assert task((tokens, resets)).shape == (*tokens.shape, task.sizes["vocabulary_size"])
    for wrong in (tokens, [tokens]):
        with pytest.raises(ValueError, match=r"takes \[tokens, resets\], as model.tensors"):
            task(wrong)


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
    once, again, other = (
        trained.generate(["ab", "c"], Sample(2.0), max_new_tokens=20, seed=seed)
        for seed in (3, 3, 4)
    )
    assert once == again != other
    first, second = (
        trained.generate(["ab"] * 16, Sample(2.0), max_new_tokens=20) for _ in range(2)
    )
    assert first != second  # seeds by chance
    same = trained.generate(["ab"] * 4, Sample(2.0), max_new_tokens=20, seed=3, batch_size=2)
    assert len(set(same)) == 4  # each batch has draws of its own
    prompts = ["a", "abcab", "abd", "abcabdabcab"]
    alone = [trained.generate(prompt, "greedy", max_new_tokens=4) for prompt in prompts]
    assert trained.generate(prompts, "greedy", max_new_tokens=4, batch_size=3) == alone
    assert trained.generate(prompts, Beam(1), max_new_tokens=4) == alone


def test_a_seed_decides_in_any_thread(trained):
    def sample(seed):
        return trained.generate(["ab", "c"], Sample(2.0), max_new_tokens=20, seed=seed)

    seeds = [*range(8)] * 3
    alone = [sample(seed) for seed in seeds]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(sample, seeds)) == alone


def test_the_n_best_continuations(trained):
    found = trained.generate("abc", Beam(4, n_best=2), max_new_tokens=3)
    assert found[0][0] == "abcabd"
    assert len({text for text, _ in found}) == 2
    assert found[0][1] > found[1][1]
    several = trained.generate(["abc"], Beam(4, n_best=1), max_new_tokens=3)
    assert [[text for text, _ in row] for row in several] == [["abcabd"]]
    # A text of one token: a, b, c, d or its end, and no other.
    few = trained.generate("abc", Beam(9, n_best=9), max_new_tokens=1)
    assert sorted(text for text, _ in few) == ["abc", "abca", "abcb", "abcc", "abcd"]
    assert sum(np.exp(score) for _, score in few) == pytest.approx(1, abs=1e-4)


def test_sampling_is_not_traced_twice(trained):
    search = trained.decoder_for(max_new_tokens=5)
    traces = []
    start = search.start
    search.start = lambda encoded: traces.append(1) or start(encoded)
    prompts = ["ab", "bc", "cd", "da"]
    for rows in (1, 4):
        trained.generate(prompts[:rows], max_new_tokens=5)
    before = len(traces)
    assert before
    for rows in (3, 1, 4):
        trained.generate(prompts[:rows], "sample", max_new_tokens=5, seed=rows)
    assert len(traces) == before
    assert trained.decoder_for("sample", 5) is trained.decoder_for(Sample(), 5) is search


def test_a_saved_model_goes_on_alike_and_trains_on(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded.network, trained.network, atol=0)
    once, again = (task.generate("ab", seed=3) for task in (loaded, trained))
    assert once == again
    assert loaded.evaluate(TEXT, verbose=0) == trained.evaluate(TEXT, verbose=0)
    history = loaded.fit(TEXT, batch_size=4, validation_split=0.1, verbose=0).history
    assert history["loss"][0] < 1.0
    assert "val_bits_per_character" in history


def test_what_comes_next_is_predicted(trained):
    probabilities = trained.predict(["ab", "abca", "b"], verbose=0)
    assert probabilities.shape == (3, trained.sizes["vocabulary_size"])
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, atol=1e-5)
    tokens = trained.target_tokenizer.vocabulary.tokens
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
            ("abc", "ab", ""),
            trained.generate(["abc", "ab", ""], "greedy", max_new_tokens=6),
            strict=True,
        )
    ]
    assert [text.decode() for text in found] == expected
    state = served["encode"](text=prompts)
    tokens = trained.target_tokenizer.vocabulary.tokens
    written = ["", "", ""]
    for _ in range(6):
        state = served["step"](**state)
        token = tf.argmax(state.pop("logits"), axis=-1, output_type=tf.int32)
        state["token"] = token
        written = [text + tokens[i] for text, i in zip(written, token.numpy(), strict=True)]
    assert written == expected


@pytest.mark.tensorflow_only
def test_served_samples_vary_and_served_beams_come_with_their_scores(trained, tmp_path):
    keras.utils.set_random_seed(0)  # a served model has its own chance, whatever was set here
    trained.export(tmp_path / "sampled", decoding=Sample(2.0), max_new_tokens=20)
    served = [tf.saved_model.load(tmp_path / "sampled").signatures for _ in range(2)]
    texts = [
        tuple(signatures["serving_default"](text=tf.constant(["ab"] * 16))["text"].numpy())
        for signatures in served
        for _ in range(2)
    ]
    assert len(set(texts)) == 4
    beam = Beam(9, n_best=7)
    trained.export(tmp_path / "beams", decoding=beam, max_new_tokens=1)
    serve = tf.saved_model.load(tmp_path / "beams").signatures["serving_default"]
    found = serve(text=tf.constant(["abc", "ab"]))
    assert found["text"].shape == found["score"].shape == (2, 7)
    (expected,) = trained.generate(["abc"], beam, max_new_tokens=1)
    assert ["abc" + text.decode() for text in found["text"][0].numpy()[:5]] == [
        text for text, _ in expected
    ]
    np.testing.assert_allclose(found["score"][0, :5], [score for _, score in expected], rtol=1e-5)
    assert (found["score"].numpy()[:, 5:] == -np.inf).all()


@pytest.mark.tensorflow_only  # what tokens are is TensorFlow's affair on either backend
def test_words():
    task = small_model({"tokens": "words", "lowercase": True})
    task.fit(["To be, or not to be"] * 20, batch_size=2, epochs=20, verbose=0)
    assert task.generate("to be, or", "greedy", max_new_tokens=3) == "to be, or not to be"
    assert "bits_per_character" not in task.evaluate(["to be"], verbose=0, return_dict=True)


@pytest.mark.tensorflow_only
def test_what_fit_takes():
    task = small_model()
    data = tf.data.Dataset.from_tensor_slices([TEXT, "abc"])
    task.fit(data, batch_size=2, verbose=0, validation_data=TEXT)
    task.fit(data, batch_size=2, verbose=0, validation_data=["abc", "abd"])
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
        lambda task: task.generate("ab", max_new_tokens=0),
        ConfigError,
        "number of tokens should be a whole number from 1 to 100000, got 0",
    ),
    "a number of tokens that is none": (
        lambda task: task.generate("ab", max_new_tokens=5.0),
        ConfigError,
        "number of tokens should be a whole number",
    ),
    "a seed without chance": (
        lambda task: task.generate("ab", "greedy", seed=1),
        ConfigError,
        "greedy decoding draws nothing at random",
    ),
    "a seed out of range": (
        lambda task: task.generate("ab", seed=-1),
        ConfigError,
        "seed should be a whole number from 0",
    ),
    "the old order": (lambda task: task.generate("ab", 5), ConfigError, "got 5"),
    "more streams than steps": (
        lambda task: task.fit("abc", batch_size=64, verbose=0),
        DataError,
        "have 4 steps, too few for a window of 6",
    ),
    "no text": (lambda task: small_model().fit([""], verbose=0), DataError, "not one token"),
    "class weights": (
        lambda task: task.fit(TEXT, class_weight={0: 1.0}, verbose=0),
        DataError,
        "tokens that a language model predicts have no classes",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(trained, case):
    act, error, message = BAD[case]
    with pytest.raises(error, match=message):
        act(trained)


@pytest.mark.tensorflow_only
def test_texts_that_never_end_are_refused(trained):
    texts = tf.data.Dataset.from_tensor_slices([TEXT]).repeat()
    with pytest.raises(ValueError, match="reads all texts before it cuts them: they must end"):
        trained.fit(texts, steps_per_epoch=1, verbose=0)


FEW = ["abc", "abd"]
BAD_DATASETS = {
    "a weight that is no number": ((FEW, [1.0, np.nan]), "Sample weights: found nan"),
    "weights that are strings": ((FEW, ["a", "b"]), "learns from texts alone"),
    "weights of another rank": ((FEW, np.ones((2, 3))), r"an example; its shape is \(None, 3\)"),
    "complex weights": ((FEW, np.ones(2, complex)), "the dataset has complex128"),
    "a third column": ((FEW, [1.0, 1.0], [1.0, 1.0]), r"or tuples \(text, sample_weight\)"),
    "an id out of range": (([[4, 5], [4, 99]],), "Token ids: found 99, but they lie between 0"),
    "an id below zero": (([[4, 5], [4, -1]],), "Token ids: found -1, but they lie between 0"),
}


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("case", BAD_DATASETS)
def test_a_dataset_is_checked_as_a_list_is(trained, case):
    columns, message = BAD_DATASETS[case]
    data = tf.data.Dataset.from_tensor_slices(columns)
    for use in (trained.fit, trained.evaluate):
        with pytest.raises(DataError, match=message):
            use(data.batch(2), verbose=0)


@pytest.mark.tensorflow_only
def test_weights_of_a_dataset_are_those_of_a_list(trained):
    weights = [1.0, 3.0]
    data = tf.data.Dataset.from_tensor_slices((FEW, weights))
    expected = trained.evaluate(FEW, sample_weight=weights, batch_size=1, verbose=0)
    assert trained.evaluate(data, batch_size=1, verbose=0) == pytest.approx(expected)


def test_a_network_that_replaces_another():
    task, other = small_model(), small_model()
    for model in (task, other):
        model.adapt(TEXT)
    other.network.set_weights([w + 1 for w in other.network.get_weights()])
    expected = other.evaluate(TEXT, batch_size=1, verbose=0)
    before = task.evaluate(TEXT, batch_size=1, verbose=0)
    task.network = other.network
    assert task.evaluate(TEXT, batch_size=1, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert before != pytest.approx(expected, rel=1e-3)
    assert task.count_params() == other.count_params()
