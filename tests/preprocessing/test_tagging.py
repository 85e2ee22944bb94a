import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.tagging import TaggingPreprocessor, WordsConfig

WORDS = [["Ada", "Byron", "wrote"], ["in", "London"], ["yes"]]
TAGS = [["B-PER", "I-PER", "O"], ["O", "B-LOC"], ["O"]]
NUMBERS = [[3, 0, 1], [0, 2], [0]]
Dataset = tf.data.Dataset


def padded(rows, filler=""):
    return [[*row, *[filler] * (4 - len(row))] for row in rows]


def batches(*columns):
    return Dataset.from_tensors(tuple(map(tf.ragged.constant, columns)))


@pytest.fixture(scope="module")
def preprocessor():
    adapted = TaggingPreprocessor(WordsConfig(min_count=1), characters=False)
    adapted.adapt(batches(WORDS, TAGS))
    return adapted


@pytest.fixture(scope="module")
def of_numbers():
    adapted = TaggingPreprocessor(WordsConfig(min_count=1), characters=False)
    adapted.adapt(batches(WORDS, NUMBERS))
    return adapted


def lists(parts):
    return [part.to_list() for part in parts]


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        (tf.constant(padded(WORDS)), tf.constant(padded(TAGS))),
        (np.array(padded(WORDS)), np.array(padded(TAGS))),
        (np.array(padded(WORDS), object), TAGS),
        (tf.ragged.constant(WORDS), tf.constant(padded(TAGS))),
    ],
)
def test_empty_words_at_the_end_are_padding(preprocessor, words, tags):
    expected = lists(preprocessor.encode(tf.ragged.constant(WORDS), tf.ragged.constant(TAGS)))
    inputs = preprocessor.read_inputs(words)
    targets = preprocessor.read_targets(tags, inputs)
    assert lists(preprocessor.encode(inputs, targets)) == expected
    if not isinstance(words, np.ndarray):  # in the graph of a dataset too
        in_graph = Dataset.from_tensors((words, tags)).map(preprocessor.encode)
        assert lists(next(iter(in_graph))) == expected


def test_numbers_that_pad_tags_are_no_tags(of_numbers):
    expected = lists(of_numbers.encode(tf.ragged.constant(WORDS), tf.ragged.constant(NUMBERS)))
    data = Dataset.from_tensors((padded(WORDS), padded(NUMBERS, 0)))
    assert lists(next(iter(data.map(of_numbers.encode)))) == expected


def test_as_many_characters_of_a_word_are_read():
    config = WordsConfig(min_count=1, max_word_length=3)
    adapted = TaggingPreprocessor(config, characters=True)
    adapted.adapt(batches(WORDS, TAGS))
    _, characters = adapted.encode_inputs(tf.ragged.constant([["Byron", "in"]]))
    assert characters.to_list() == [[[ord(c) + 1 for c in "Byr"], [ord(c) + 1 for c in "in"]]]


def test_empty_words_do_not_become_words_or_tags():
    adapted = TaggingPreprocessor(WordsConfig(min_count=1), characters=False)
    adapted.adapt(Dataset.from_tensors((padded(WORDS), padded(TAGS))))
    assert "" not in adapted.label_set.labels
    assert "" not in adapted.tokenizer.vocabulary.tokens


def test_an_empty_word_between_others_stays(preprocessor):
    words = preprocessor.read_inputs(tf.constant([["in", "", "London", ""]]))
    assert words.row_lengths().numpy().tolist() == [3]


def test_tags_beyond_the_words_are_an_error(preprocessor):
    words, tags = tf.constant([["in", ""]]), tf.constant([["O", "B-LOC"]])
    data = Dataset.from_tensors((words, tags)).map(preprocessor.encode)
    with pytest.raises(DataError, match=r"Words and tags .* differ in number"), graph_errors():
        list(data)
    with pytest.raises(DataError, match="Example 0 has 1 words and 2 tags"):
        preprocessor.read_targets(tags, preprocessor.read_inputs(words))


WEIGHTS = [[1.0, 1.0, 0.5], [0.25, 1.0], [0.125]]
FORMS = {
    "lists": WEIGHTS,
    "ragged": tf.ragged.constant(WEIGHTS),
    "padded": np.array(padded(WEIGHTS, 7.0)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_weight_for_each_word(preprocessor, form):
    words, tags = tf.ragged.constant(WORDS), tf.ragged.constant(TAGS)
    weights = preprocessor.read_weights(FORMS[form], tags)
    assert preprocessor.encode_examples(words, tags, weights)[2].to_list() == WEIGHTS
    if form != "lists":
        raw = FORMS[form] if form == "ragged" else tf.constant(FORMS[form])
        assert preprocessor.encode_examples(words, tags, raw)[2].to_list() == WEIGHTS


def test_a_weight_for_each_sentence(preprocessor):
    words, tags = tf.ragged.constant(WORDS), tf.ragged.constant(TAGS)
    weights = preprocessor.read_weights([1.0, 0.5, 0.25], tags)
    found = preprocessor.encode_examples(words, tags, weights)[2].to_list()
    assert found == [[1.0, 1.0, 1.0], [0.5, 0.5], [0.25]]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1.0, 1.0], [1.0, 1.0], [1.0]], "example 0 are not 3 finite numbers, one a step"),
        ([[1.0, 1.0, np.nan], [1.0, 1.0], [1.0]], "example 0 are not 3 finite numbers"),
        ([1.0, np.inf, 1.0], "sample weight of example 1 is inf"),
        ([["a"] * 3, ["b"] * 2, ["c"]], "not 3 finite numbers"),
    ],
)
def test_weights_that_are_none(preprocessor, weights, message):
    with pytest.raises(DataError, match=message):
        preprocessor.read_weights(weights, tf.ragged.constant(TAGS))


def test_weights_in_a_graph_are_checked(preprocessor):
    words, tags = tf.ragged.constant(WORDS), tf.ragged.constant(TAGS)
    for weights, message in (
        (tf.constant([1.0, np.nan, 1.0]), "Sample weights: found nan"),
        (tf.ragged.constant([[1.0], [1.0], [1.0]]), "as many as its steps"),
    ):
        with pytest.raises(DataError, match=message), graph_errors():
            preprocessor.encode_examples(words, tags, weights)
