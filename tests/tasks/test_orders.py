"""Streams that give their examples in another order at every pass, or give them only once."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, small_classifier

from rnn_zoo.pipeline import EpochOrder, read_examples
from rnn_zoo.tasks import ImageCaptioner, LanguageModel, SequenceRegressor, Tagger, Translator

pytestmark = pytest.mark.tensorflow_only  # the forms are read by TensorFlow on either backend

COUNT, BATCH = 8, 4
LETTERS = "abcdefgh"


class Rolling(keras.utils.PyDataset):
    """Batches of examples that stand elsewhere after every pass."""

    def __init__(self, columns):
        super().__init__()
        self.columns = columns
        self.rows = np.arange(COUNT)

    def __len__(self):
        return COUNT // BATCH

    def __getitem__(self, i):
        here = self.rows[BATCH * i : BATCH * (i + 1)]
        return tuple([column[row] for row in here] for column in self.columns)

    def on_epoch_end(self):
        self.rows = np.roll(self.rows, 3)


def shuffled(columns):
    tensors = tuple(
        tf.ragged.constant(column) if isinstance(column[0], list) else column for column in columns
    )
    return tf.data.Dataset.from_tensor_slices(tensors).shuffle(COUNT)


FORMS = {
    "examples": shuffled,
    "batches": lambda columns: shuffled(columns).batch(BATCH),
    "PyDataset": Rolling,
    "generator": lambda columns: (Rolling(columns)[i] for i in range(COUNT // BATCH)),
}
TEXT_NETWORK = {"units": 8, "embedding_dim": 8, "dropout": 0.0}


# Batches are read like examples, and a generator like a PyDataset, once it is cached.
EACH_FORM = pytest.mark.parametrize(
    "form",
    [
        pytest.param(form, marks=pytest.mark.slow if form in ("batches", "generator") else ())
        for form in FORMS
    ],
)


def with_large_weights(task, seed, std=1.0):
    """A compiled task that, untrained, says something else of most inputs."""
    task.compile(keras.optimizers.SGD(0.1))
    rng = np.random.default_rng(seed)
    shapes = [part.shape for part in task.network.get_weights()]
    task.network.set_weights([rng.normal(scale=std, size=shape) for shape in shapes])
    return task


def translation():
    sources = [f"{a} {b}" for a, b in zip(LETTERS, LETTERS[::-1], strict=True)]
    task = Translator(TEXT_NETWORK, {"max_target_length": 4})
    task = with_large_weights(task.adapt(sources, [2 * letter for letter in LETTERS]), 2, std=2.0)
    return task, (sources, task.generate(sources))


def captioning():
    images = np.random.default_rng(1).integers(0, 256, (COUNT, 6, 6, 1)).astype("uint8")
    network = TEXT_NETWORK | {"filters": [4], "pooling": "flatten"}
    task = ImageCaptioner(network, {"shape": [6, 6, 1], "max_length": 4})
    task = with_large_weights(task.adapt(images, list(LETTERS)), 5)
    return task, (images, task.generate(images))


def tagging():
    words = [[a, b, a] for a, b in zip(LETTERS, LETTERS[1:] + "a", strict=True)]
    task = Tagger(TEXT_NETWORK, {"min_count": 1})
    task = with_large_weights(task.adapt(words, [["B-X", "B-Y", "O"]] * COUNT), 5, std=2.0)
    return task, (words, task.tag(words))


def regression():
    series = np.random.default_rng(2).normal(size=(COUNT, 3, 1)).astype("float32")
    task = SequenceRegressor({"units": 2}).adapt(series, series[:, -1])
    return with_large_weights(task, 0), (series, series[:, -1])


def language_model():
    task = LanguageModel({"units": 8, "embedding_dim": 8}, {"window": 4}).adapt([LETTERS])
    return with_large_weights(task, 0), (list(LETTERS),)


MAKERS = (translation, captioning, tagging, regression, language_model)
BEST = {
    "translation": {"exact": 1.0},
    "captioning": {"exact": 1.0},
    "tagging": {"span_f1": 1.0},
    "regression": {"mse_of_last_value": 0.0},
}


@pytest.fixture(scope="module")
def made():
    """Each task with examples that it answers without a fault, made when they are asked for."""
    tasks = {}

    def task_and_examples(name):
        if name not in tasks:
            keras.utils.set_random_seed(0)
            tasks[name] = {maker.__name__: maker for maker in MAKERS}[name]()
        return tasks[name]

    return task_and_examples


@EACH_FORM
@pytest.mark.parametrize("name", BEST)
def test_what_is_scored_does_not_depend_on_the_order(made, name, form):
    task, columns = made(name)
    expected = task.evaluate(*columns, batch_size=BATCH, verbose=0, return_dict=True)
    assert expected.items() >= BEST[name].items()
    size = {"batch_size": BATCH} if form == "examples" else {}
    scores = task.evaluate(FORMS[form](columns), verbose=0, return_dict=True, **size)
    # Keras weighs batches alike, and they differ: the loss is left out.
    del scores["loss"], expected["loss"]
    assert scores == pytest.approx(expected, rel=1e-4)


@EACH_FORM
@pytest.mark.parametrize("name", ["translation", "captioning", "language_model"])
def test_each_input_gets_the_text_that_is_its_own(made, name, form):
    task, (inputs, *_) = made(name)
    expected = task.generate(inputs, "greedy", max_new_tokens=4)
    assert len({text[1:] for text in expected}) > COUNT // 2, "the test is blind"
    written = task.generate(FORMS[form]((inputs,)), "greedy", max_new_tokens=4)
    assert sorted(written) == sorted(expected)


@pytest.mark.parametrize("form", ["examples", "batches"])
def test_an_image_is_trained_on_with_its_own_caption(made, form):
    task, (images, _) = made("captioning")
    data = FORMS[form]((images, list(LETTERS)))
    batches = task._batches(read_examples(task.preprocessor, data), None, EpochOrder())

    def one_pass():
        pairs = []
        for (x, _), after, _ in batches:
            texts = task.target_tokenizer.text(after).numpy()
            pairs += [(row.numpy().tobytes(), text) for row, text in zip(x, texts, strict=True)]
        return pairs

    passes = [one_pass() for _ in range(3)]
    expected = {
        (image.tobytes(), letter.encode()) for image, letter in zip(images, LETTERS, strict=True)
    }
    assert [set(pairs) for pairs in passes] == [expected] * 3
    if form == "batches":
        assert passes[0] != passes[1] or passes[1] != passes[2], "the dataset shuffles no longer"


def test_examples_are_held_in_memory_only_where_they_are_read_again(made):
    task, columns = made("tagging")
    assert task.has_corpus_metrics(read_examples(task.preprocessor, *columns))
    parts_of_speech = Tagger(TEXT_NETWORK, {"min_count": 1})
    parts_of_speech.adapt(columns[0], [["noun", "verb", "noun"]] * COUNT)
    assert not parts_of_speech.has_corpus_metrics(read_examples(task.preprocessor, *columns))
    read = []

    def examples():
        for i in range(1000):
            read.append(i)
            yield TEXTS[:1], LABELS[:1]

    class Stop(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    signature = tf.TensorSpec([1], tf.string), tf.TensorSpec([1], tf.string)
    data = tf.data.Dataset.from_generator(examples, output_signature=signature)
    classifier = small_classifier().adapt(TEXTS, LABELS)
    classifier.evaluate(TEXTS[:1], LABELS[:1], verbose=0)  # traces
    with pytest.raises(KeyboardInterrupt):
        classifier.evaluate(data, verbose=0, callbacks=[Stop()])
    assert len(read) < 1000
