from collections import Counter

import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.text import split_words
from rnn_zoo.preprocessing.text_classification import TextClassificationPreprocessor, TextConfig
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import PADDING, UNKNOWN, Vocabulary


def words(text, **options):
    return [word.decode() for word in split_words(tf.constant([text]), **options)[0].numpy()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's  GREAT!!", ["it's", "great", "!", "!"]),
        ("don’t", ["don’t"]),
        ("naïve Ärger ÑANDÚ", ["naïve", "ärger", "ñandú"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("3.5 stars/4", ["3", ".", "5", "stars", "/", "4"]),
        ("snake_case", ["snake_case"]),
        ("good 😀😀", ["good", "😀", "😀"]),
        ("日本語。", ["日本語", "。"]),
        ("a\tb\nc\r\nd", ["a", "b", "c", "d"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_split_words(text, expected):
    assert words(text) == expected


def test_case_is_kept_on_request():
    assert words("A b", lowercase=False) == ["A", "b"]


def test_bytes_that_are_not_utf8_become_the_replacement_character():
    assert words(b"good \xff\xfe film") == ["good", "\ufffd", "\ufffd", "film"]
    assert words("Good\0 FILM") == ["good", "\ufffd", "film"]


def test_vocabulary_is_sorted_by_frequency_then_word():
    counts = Counter({"b": 2, "a": 2, "c": 5, "rare": 1})
    assert Vocabulary.from_counts(counts).tokens == [PADDING, UNKNOWN, "c", "a", "b", "rare"]
    assert Vocabulary.from_counts(counts, min_count=2).tokens == [PADDING, UNKNOWN, "c", "a", "b"]
    assert Vocabulary.from_counts(counts, max_size=3).tokens == [PADDING, UNKNOWN, "c"]


def test_vocabulary_refuses_a_token_that_stands_twice():
    with pytest.raises(ValueError, match=r"stand twice in the vocabulary: \['a'\]"):
        Vocabulary(["a", "b", "a"])


@pytest.mark.parametrize(("truncate", "expected"), [("end", [2, 3]), ("start", [4, 5])])
def test_long_texts_are_cut_where_the_config_says(truncate, expected):
    text = adapted(["a a a a b b b c c d"], max_length=2, truncate=truncate)
    assert text.encode_inputs(tf.constant(["a b c d"])).to_list() == [expected]
    assert text.encode_inputs(tf.constant(["a", ""])).to_list() == [[2], []]


def adapted(texts, **config):
    text = TextClassificationPreprocessor(TextConfig(**config))
    examples = [*texts, "a"], ["x"] * len(texts) + ["y"]
    text.adapt(tf.data.Dataset.from_tensor_slices(examples).batch(2))
    return text


def test_text_without_a_vocabulary_says_what_to_do():
    with pytest.raises(ValueError, match="built for token ids"):
        TextClassificationPreprocessor(TextConfig()).encode_inputs(tf.constant(["a"]))


CHINESE = ["这碗面非常好吃", "这碗面非常难吃", "我喜欢这家店"]


@pytest.mark.parametrize("tokens", ["characters", "subwords"])
def test_scripts_without_spaces_are_read_by_characters_or_subwords(tokens):
    text = adapted(CHINESE, tokens=tokens, lowercase=False)
    (ids,) = text.encode_inputs(tf.constant(["面非常好吃"])).to_list()
    vocabulary = text.tokenizer.vocabulary.tokens
    assert "".join(vocabulary[i] for i in ids).strip("▁") == "面非常好吃"
    assert len(ids) > 1
    assert "[START]" not in vocabulary


def test_scripts_without_spaces_are_hinted_at():
    with pytest.warns(UserWarning, match="without spaces .* set tokens to characters or subwords"):
        adapted(CHINESE)


def test_scripts_with_spaces_are_not_hinted_at(recwarn):
    adapted(["a good film", "ein schöner Film", "хороший фильм", "좋은 영화"])
    assert not recwarn.list


def test_texts_that_are_tokenized_already_keep_their_tokens():
    tokenizer = Tokenizer("whitespace", lowercase=False)
    text = "mr. <unk> said n.v.\nis N % up\n"
    tokenizer.fix(tokenizer.count(tf.constant([text])), 100, 1)
    ids = tokenizer.ids(tf.constant([text]))
    assert ids.row_lengths().numpy().tolist() == [10]  # with the two ends of lines
    assert tokenizer.text(ids.to_tensor()).numpy().tolist() == [text.encode()]
    assert tokenizer.normalized(tf.constant([text])) == [text]


def test_token_ids_of_a_dataset_lie_in_the_vocabulary():
    text = adapted(["a b c"])
    assert text.encode_inputs(tf.constant([[0, 2, 3]])).to_list() == [[2, 3]]
    for ids in ([[5, 2]], [[-1, 2]]):
        with pytest.raises(DataError, match="Token ids: found"), graph_errors():
            text.encode_inputs(tf.constant(ids))
