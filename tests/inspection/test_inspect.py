"""What data are like, beside what plain Python counts."""

import random
import re
from collections import Counter

import numpy as np
import pytest

from rnn_zoo import registry
from rnn_zoo.datasets import Examples, Splits, load
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.inspection import Lengths, Numbers, Unknown, inspect


def labeled(count, seed):
    """Texts of few words, so that some repeat, with labels that may conflict; some are empty."""
    rng = random.Random(seed)
    texts = [
        " ".join(rng.choices(["a", "B", "b", "it's", "fun!", "Été"], k=rng.randrange(4)))
        for _ in range(count)
    ]
    return Examples(texts, [rng.choice("xyz") for _ in range(count)])


def words(text):
    return tuple(re.findall(r"[\w']+|[^\w\s]", text.lower()))


def test_texts_with_labels_beside_plain_python():
    splits = Splits(labeled(300, 1), labeled(50, 2), labeled(60, 3))
    found = inspect(splits, registry.override(registry.find("sentiment_lstm"), {"max_length": 3}))
    read = {name: [words(text) for text in part.inputs] for name, part in splits.parts.items()}
    labels = {}
    for name, part in splits.parts.items():
        for text, label in zip(read[name], part.targets, strict=True):
            labels.setdefault(text, set()).add(label)
    earlier = {}
    vocabulary = {word for text in read["train"] for word in text}
    for name, part in splits.parts.items():
        texts, of_part = read[name], found.parts[name]
        full = [text for text in texts if text]
        assert of_part.examples == len(texts)
        assert of_part.empty == len(texts) - len(full) > 0
        assert of_part.repeated == len(full) - len(set(full)) > 0
        assert of_part.conflicting == sum(len(labels[text]) > 1 for text in full) > 0
        assert of_part.shared == {
            other: sum(text in set(known) for text in full) for other, known in earlier.items()
        }
        assert of_part.labels == Counter(part.targets)
        assert of_part.distinct_labels == 3
        (lengths,) = of_part.lengths
        counts = sorted(map(len, texts))
        assert (lengths.total, lengths.shortest, lengths.longest) == (sum(counts), 0, counts[-1])
        assert lengths.cut == sum(count > 3 for count in counts) > 0
        assert (lengths.role, lengths.unit, lengths.setting, lengths.limit) == (
            "text",
            "words",
            "max_length",
            3,
        )
        unknown = Counter(word for text in texts for word in text if word not in vocabulary)
        if name != "train":
            assert [(one.unknown, one.total) for one in of_part.unknown] == [
                (unknown.total(), sum(counts))
            ]
        earlier[name] = full
    assert found.parts["train"].unknown == ()


def test_case_counts_where_the_model_reads_it():
    splits = Splits(Examples(["A joy", "a  joy", "a bore"], ["x", "x", "y"]))
    entry = registry.find("sentiment_lstm")
    assert inspect(splits, entry).parts["train"].repeated == 1
    cased = registry.override(entry, {"lowercase": False})
    assert inspect(splits, cased).parts["train"].repeated == 0


def test_unknown_words_are_what_the_vocabulary_has_no_room_for():
    train = Examples(["a a a b b c"] * 2, ["x", "y"])
    splits = Splits(train, test=Examples(["a b c d d"], ["x"]))
    entry = registry.find("sentiment_lstm")
    (unknown,) = inspect(splits, entry).parts["test"].unknown
    assert unknown == Unknown("text", "words", 5, 2, 1, {"d": 2})
    few = registry.override(entry, {"max_vocabulary": 4})  # padding, unknown, a, b
    assert inspect(splits, few).parts["test"].unknown[0].frequent == {"d": 2, "c": 1}
    rare = registry.override(entry, {"min_count": 3})
    assert inspect(splits, rare).parts["test"].unknown[0].frequent == {"d": 2, "c": 1}


@pytest.mark.parametrize(
    ("tokens", "unit", "total", "limit"),
    [
        ("characters", "characters", 6, 256),
        ("whitespace", "tokens", 2, 256),
        ("subwords", "words", 3, None),
    ],
)
def test_tokens_of_other_kinds(tokens, unit, total, limit):
    splits = Splits(Examples(["a joy!"], ["x"]), test=Examples(["b"], ["x"]))
    entry = registry.override(registry.find("sentiment_lstm"), {"tokens": tokens})
    found = inspect(splits, entry)
    (lengths,) = found.parts["train"].lengths
    assert (lengths.unit, lengths.total, lengths.limit) == (unit, total, limit)
    assert bool(found.parts["test"].unknown) == (tokens != "subwords")


def test_tagged_words():
    train = Examples([["A", "dog"], ["a", "dog"], ["dogs"]], [["D", "N"], ["D", "V"], ["N"]])
    test = Examples([["a", "dog"]], [["D", "N"]])
    found = inspect(Splits(train, test=test), "tagger_bilstm")
    part = found.parts["train"]
    assert part.labels == {"D": 2, "N": 2, "V": 1}
    assert (part.repeated, part.conflicting) == (1, 2)
    assert part.lengths == (Lengths("words", "words", 5, 1, 2, 2, 2),)
    assert found.parts["test"].conflicting == 1
    assert found.parts["test"].shared == {"train": 1}
    assert found.parts["test"].unknown == (Unknown("words", "words", 2, 0, 0, {}),)


def test_text_pairs():
    pairs = Splits(Examples(["one", "one", "one two", ""], ["eins", "ein", "eins zwei", "null"]))
    entry = registry.override(registry.find("seq2seq_lstm"), {"max_target_length": 2})
    part = inspect(pairs, entry).parts["train"]
    source, target = part.lengths
    assert (source.role, source.total, source.setting) == ("source", 4, "max_source_length")
    assert (target.role, target.total, target.limit, target.cut) == ("target", 5, 1, 1)
    assert (part.repeated, part.empty, part.conflicting, part.labels) == (1, 1, None, {})


def test_captioned_images(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"one image")
    inputs = [tmp_path / "a", tmp_path / "b", b"another", np.zeros((2, 2, 3), "uint8")]
    captions = [["a dog", "one dog"], ["a dog"], ["a cat"], ["nothing at all"]]
    found = inspect(Splits(Examples(inputs, captions)), "caption_lstm")
    part = found.parts["train"]
    assert (part.examples, part.repeated, part.empty) == (4, 1, 0)
    assert part.lengths == (Lengths("captions", "words", 11, 2, 2, 3, 3, "max_length", 7, 0),)


def test_series():
    series = [np.arange(3.0), np.arange(4.0), np.arange(3.0), np.array([1, np.nan])]
    found = inspect(Splits(Examples(series, [1.0, 2.0, 3.0, np.inf])), "adding_lstm")
    part = found.parts["train"]
    assert part.lengths == (Lengths("series", "steps", 12, 2, 3, 4, 4),)
    assert part.numbers == Numbers(1.0, 2.0, pytest.approx(np.std([1, 2, 3])), 3.0)
    assert (part.not_finite, part.repeated, part.conflicting) == (1, 1, None)
    nothing = inspect(Splits(Examples(series[:1], [np.nan])), "adding_lstm").parts["train"]
    assert nothing.numbers is None


def test_one_long_text():
    found = inspect(Splits(Examples(["to be or not\n" * 30])).complete(), "char_lm_lstm")
    train, validation, test = found.parts.values()
    assert (train.held_out, validation.held_out, test.held_out) == (False, True, True)
    assert train.lengths[0].total + validation.lengths[0].total + test.lengths[0].total == 390
    assert train.labels == {}
    assert train.conflicting is None


def test_how_the_file_is_written_and_progress(tmp_path):
    (tmp_path / "a.csv").write_text("id;review;stars\n" + "1;fun;5\n2;dull;1\n" * 5000)
    splits = load(tmp_path / "a.csv")
    shares = []
    found = inspect(splits, "sentiment_lstm", source="a.csv", progress=shares.append)
    assert found.columns == {"text": "review", "label": "stars"}
    assert (found.source, found.schema, found.entry) == ("a.csv", "labeled_texts", "sentiment_lstm")
    assert (found.other_columns, found.delimiter, found.encoding) == (("id",), ";", "utf-8")
    assert len(shares) == 3  # chunks
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_labels_that_are_many_are_not_all_listed():
    splits = Splits(Examples([f"text {i}" for i in range(1500)], list(range(1500))))
    part = inspect(splits, "sentiment_lstm").parts["train"]
    assert part.distinct_labels == 1500
    assert len(part.labels) == 1000


def test_labels_of_an_array():
    found = inspect(Splits(Examples(["a", "a"], np.array([3, 4]))), "sentiment_lstm")
    part = found.parts["train"]
    assert (part.labels, part.conflicting) == ({3: 1, 4: 1}, 2)
    assert {type(label) for label in part.labels} == {int}


def test_what_cannot_be_read():
    with pytest.raises(DataError, match=r"The train part has no targets.*text and label"):
        inspect(Splits(Examples(["a"])), "sentiment_lstm")
    with pytest.raises(DataError, match=r"The train part: Example 0 is no text but int"):
        inspect(Splits(Examples([1], ["x"])), "sentiment_lstm")
    with pytest.raises(DataError, match=r"The train part: Token ids do not tell"):
        inspect(Splits(Examples([[5, 6]], ["x"])), "sentiment_lstm")
    with pytest.raises(ConfigError, match="no entry 'nothing'"):
        inspect(Splits(Examples(["a"], ["x"])), "nothing")
