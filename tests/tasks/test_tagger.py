"""Tagging, from words in every form to tags."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights
from variants import fast_first

from rnn_zoo.errors import DataError
from rnn_zoo.tasks import Tagger

WORDS = [["EU", "rejects", "German", "call"], ["no", "EU", "call"], ["German"], ["no"] * 6]
TAGS = [["B-ORG", "O", "B-MISC", "O"], ["O", "B-ORG", "O"], ["B-MISC"], ["O"] * 6]
NETWORK = {"units": 4, "embedding_dim": 4, "dropout": 0.0, "character_dim": 3, "character_units": 4}


def small_tagger(optimizer=None, **network):
    keras.utils.set_random_seed(0)
    task = Tagger(network=NETWORK | network, preprocessing={"min_count": 1})
    task.compile(optimizer or keras.optimizers.Adam(0.05, clipnorm=1.0))
    return task


def fitted(task, *data, **kwargs):
    task.fit(*data, **{"epochs": 2, "shuffle": False, "verbose": 0, "batch_size": 2} | kwargs)
    return task


ragged_words, ragged_tags = tf.ragged.constant(WORDS), tf.ragged.constant(TAGS)
Dataset = tf.data.Dataset
FORMS = {
    "strings": ([" ".join(words) for words in WORDS], TAGS),
    "tuples": (tuple(map(tuple, WORDS)), tuple(map(tuple, TAGS))),
    "bytes": ([[w.encode() for w in words] for words in WORDS], TAGS),
    "arrays": ([np.array(words) for words in WORDS], [np.array(tags) for tags in TAGS]),
    "ragged tensors": (ragged_words, ragged_tags.numpy()),
    "string tensor": (tf.constant([" ".join(words) for words in WORDS]), TAGS),
    "dataset of examples": (Dataset.from_tensor_slices((ragged_words, ragged_tags)),),
    "unbatched dataset": (
        Dataset.from_tensor_slices((ragged_words, ragged_tags)).batch(3).unbatch(),
    ),
}
NETWORKS = {
    "plain": {},
    "crf": {"crf": True},
    "convolutional": {"characters": "convolutional", "bidirectional": True},
    "recurrent and crf": {"characters": "recurrent", "crf": True, "depth": 2},
}


@pytest.fixture(scope="module")
def task():
    """A tagger after a short training, not to be changed."""
    return fitted(small_tagger(), WORDS, TAGS)


def with_characters(*data):
    return fitted(small_tagger(keras.optimizers.SGD(0.5), characters="convolutional"), *data)


@pytest.fixture(scope="module")
def from_lists():
    return with_characters(WORDS, TAGS)


READ_BY_TENSORFLOW = pytest.mark.tensorflow_only  # on either backend


@READ_BY_TENSORFLOW
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_same_examples(form, from_lists):
    expected, found = from_lists, with_characters(*FORMS[form])
    assert found.labels == expected.labels == ["B-MISC", "B-ORG", "O"]
    assert_same_weights(found, expected)


@pytest.fixture(scope="module", params=fast_first(NETWORKS, {"plain", "recurrent and crf"}))
def learned(request):
    """A tagger of each network that knows the examples."""
    return fitted(small_tagger(**NETWORKS[request.param]), WORDS, TAGS, epochs=40)


def test_it_learns_and_a_sentence_alone_gets_the_same_tags(learned):
    assert learned.tag(WORDS) == TAGS
    assert [learned.tag([words])[0] for words in WORDS] == TAGS


def test_padding_changes_neither_loss_nor_accuracy(learned):
    long = [WORDS[0], ["no"] * 40], [TAGS[0], ["O", "B-ORG"] * 20]  # half of them wrong
    alone = [
        learned.evaluate([w], [t], verbose=0, return_dict=True) for w, t in zip(*long, strict=True)
    ]
    counts = np.array([len(tags) for tags in long[1]])
    together = learned.evaluate(*long, verbose=0, return_dict=True)
    for name in ("loss", "accuracy"):
        each = np.array([scores[name] for scores in alone])
        np.testing.assert_allclose(together[name], (each * counts).sum() / counts.sum(), rtol=1e-5)


def test_a_sentence_without_words():
    task = fitted(small_tagger(crf=True, characters="recurrent"), [*WORDS, []], [*TAGS, []])
    assert task.tag([[], ["EU"], ""])[::2] == [[], []]
    assert np.isfinite(task.evaluate([[], ["EU"]], [[], ["O"]], verbose=0)).all()


@READ_BY_TENSORFLOW
def test_no_sentence_is_cut(task):
    assert len(task.tag([["no"] * 1000])[0]) == 1000


def test_evaluate_scores_spans_of_bio_tags_and_only_those():
    task = fitted(small_tagger(), WORDS, TAGS, epochs=40)
    scores = task.evaluate(WORDS, TAGS, verbose=0, return_dict=True)
    assert scores["span_f1"] == scores["span_precision"] == scores["span_recall"] == 1.0
    assert len(task.evaluate(WORDS, TAGS, verbose=0)) == len(scores)
    history = task.fit(WORDS, TAGS, validation_data=(WORDS, TAGS), verbose=0).history
    assert sorted(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    other = [[tag.replace("-", "") for tag in tags] for tags in TAGS]
    plain = fitted(small_tagger(), WORDS, other)
    assert sorted(plain.evaluate(WORDS, other, verbose=0, return_dict=True)) == [
        "accuracy",
        "loss",
    ]


@READ_BY_TENSORFLOW
def test_spans_are_scored_on_a_dataset_too(task):
    data = Dataset.from_tensor_slices((ragged_words, ragged_tags))
    assert task.evaluate(data, verbose=0, return_dict=True) == pytest.approx(
        task.evaluate(WORDS, TAGS, verbose=0, return_dict=True)
    )


def test_sample_and_class_weights():
    data = {"epochs": 1, "batch_size": 4}
    sgd = keras.optimizers.SGD
    first = fitted(small_tagger(sgd(0.5)), WORDS, TAGS, sample_weight=[1, 0, 0, 0], **data)
    only = small_tagger(sgd(0.5)).adapt(WORDS, TAGS)
    only.fit(WORDS[:1], TAGS[:1], verbose=0)
    assert_same_weights(first, only)
    by_class = fitted(small_tagger(sgd(0.5)), WORDS, TAGS, class_weight={"O": 0.0}, **data)
    assert (np.abs(by_class.get_weights()[-1] - first.get_weights()[-1]) > 1e-4).any()


def test_word_ids_with_padding_on_either_side():
    ids = np.array([[2, 3, 4, 0], [5, 2, 0, 0]])
    tags = np.array([[0, 1, 2, 0], [2, 1, 0, 0]])
    left = np.array([[0, 2, 3, 4], [0, 0, 5, 2]]), np.array([[0, 0, 1, 2], [0, 0, 2, 1]])
    made = []
    for x, y in ((ids, tags), left, ([[2, 3, 4], [5, 2]], [[0, 1, 2], [2, 1]])):
        keras.utils.set_random_seed(0)
        task = Tagger(network=NETWORK, vocabulary_size=9, num_tags=3)
        task.compile(keras.optimizers.SGD(0.5))
        made.append(fitted(task, x, y))
    assert_same_weights(made[0], made[1])
    assert_same_weights(made[0], made[2])
    assert [len(tags) for tags in made[0].tag(ids)] == [3, 2]


BAD = {
    "one bare string": ("EU rejects", TAGS, "One bare string was given"),
    "no sentence": ([3.5, *WORDS[1:]], TAGS, "Example 0 is no sentence but 3.5"),
    "no word": ([["EU", None], *WORDS[1:]], TAGS, "Example 0 is no sentence"),
    "fewer tags than words": (
        WORDS,
        [TAGS[0], TAGS[1][:2], *TAGS[2:]],
        "Example 1 has 3 words and 2 tags: a word has one tag",
    ),
    "fewer sentences of tags": (WORDS, TAGS[:2], "got 4 inputs, 2 targets"),
    "tags in one string": (WORDS, [" ".join(tags) for tags in TAGS], "Example 0 has no list of"),
    "NaN": (WORDS, [["O", float("nan"), "O", "O"], *TAGS[1:]], "Tags of example 0.*missing"),
    "strings and numbers": (WORDS, [*TAGS[:3], [0] * 6], "mix strings and numbers"),
    "one tag only": (WORDS, [["O"] * len(words) for words in WORDS], "one class only, 'O'"),
    "no words": ([[], []], [[], []], "not one tagged word"),
    "nothing": ([], [], "The data are empty"),
}


@READ_BY_TENSORFLOW
@pytest.mark.parametrize("case", BAD)
def test_bad_examples(case):
    words, tags, message = BAD[case]
    with pytest.raises(DataError, match=message):
        small_tagger().fit(words, tags, verbose=0)


@READ_BY_TENSORFLOW
def test_a_dataset_whose_words_and_tags_differ_in_number(task):
    data = Dataset.from_tensor_slices(
        (tf.ragged.constant([["no"]]), tf.ragged.constant([["O"] * 2]))
    )
    with pytest.raises(DataError, match="Words and tags of an example differ in number"):
        task.evaluate(data, verbose=0)


@READ_BY_TENSORFLOW
def test_word_ids_where_characters_are_read(from_lists):
    with pytest.raises(DataError, match="reads the characters of words: start without sizes"):
        from_lists.tag([[2, 3]])


@READ_BY_TENSORFLOW
def test_words_that_look_like_special_tokens():
    words, tags = [["[PAD]", "[UNK]", "EU"], ["no"]], [["O", "O", "B-ORG"], ["O"]]
    keras.utils.set_random_seed(0)
    task = Tagger(network=NETWORK, preprocessing={"min_count": 1, "lowercase": False})
    task.compile()
    assert [len(found) for found in fitted(task, words, tags).tag(words)] == [3, 1]


@READ_BY_TENSORFLOW
def test_a_string_is_divided_alike_everywhere(task):
    text = "EU\u00a0rejects German"
    assert len(task.tag([text])[0]) == len(task.tag(tf.constant([text]))[0]) == 2
    assert [len(row) for row in task.tag(tf.constant([["EU", "a"], ["b", "c"]]))] == [2, 2]


@READ_BY_TENSORFLOW
def test_each_word_may_have_a_weight(task):
    weights = [[1.0, 0.0, 2.0, 0.5], [0.0, 1.0, 4.0], [3.0], [0.25] * 6]
    padded = np.array([row + [0.0] * (6 - len(row)) for row in weights])
    hits = [
        float(tag == true) * weight
        for row in zip(task.tag(WORDS), TAGS, weights, strict=True)
        for tag, true, weight in zip(*row, strict=True)
    ]
    accuracy = sum(hits) / sum(map(sum, weights))
    assert 0 < accuracy < 1
    ragged = tf.ragged.constant(weights)
    for form in (weights, padded, ragged):
        scores = task.evaluate(WORDS, TAGS, sample_weight=form, verbose=0, return_dict=True)
        assert scores["accuracy"] == pytest.approx(accuracy)
    data = Dataset.from_tensor_slices((ragged_words, ragged_tags, ragged))
    assert task.evaluate(data, verbose=0, return_dict=True) == pytest.approx(scores)


@READ_BY_TENSORFLOW
@pytest.mark.parametrize(
    "weights", [[[1] * 4, [1] * 2, [1], [1] * 6], np.ones((4, 4)), [[np.nan] * 4, *TAGS[1:]]]
)
def test_weights_of_words_are_as_many_finite_numbers(task, weights):
    with pytest.raises(DataError, match=r"weights of example \d are not \d finite numbers, one"):
        task.evaluate(WORDS, TAGS, sample_weight=weights, verbose=0)


def test_without_compiled_metrics():
    task = Tagger(network=NETWORK, preprocessing={"min_count": 1})
    task.compile(weighted_metrics=None)
    assert len(fitted(task, WORDS, TAGS).evaluate(WORDS, TAGS, verbose=0)) == 4


def test_one_batch_run_eagerly():
    task = small_tagger(characters="convolutional").adapt(WORDS, TAGS)
    task.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    assert np.isfinite(task.train_on_batch(WORDS, TAGS)).all()


@pytest.mark.parametrize("network", [{}, {"crf": True}])
def test_a_tag_that_training_lacks_counts_as_an_error(network):
    task = fitted(small_tagger(**network), WORDS, TAGS)
    known = task.evaluate(WORDS, TAGS, verbose=0, return_dict=True)
    tags = [["B-NEW", *TAGS[0][1:]], *TAGS[1:]]
    was_right = task.tag(WORDS[:1])[0][0] == TAGS[0][0]
    with pytest.warns(UserWarning, match=r"Label 'B-NEW' \(example 0\) is not in the label set"):
        scores = task.evaluate(WORDS, tags, verbose=0, return_dict=True)
    count = sum(map(len, WORDS))
    assert scores["accuracy"] == pytest.approx(known["accuracy"] - was_right / count)
    assert np.isfinite(scores["loss"])
    assert scores["loss"] < known["loss"] + 1e-6  # nothing is paid for a tag that is not known
