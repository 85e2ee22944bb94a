"""What the synthetic reviews promise, read off their texts."""

import hashlib
import json
import re
import sys
from collections import Counter
from itertools import chain, combinations

import pytest

from rnn_zoo.datasets.synthetic_reviews import opinion_words, synthetic_reviews
from rnn_zoo.training.ngrams import ngram_baseline

grammar = sys.modules[synthetic_reviews.__module__]
SPLITS = {"train": 8000, "validation": 1000, "test": 1000}
# Golden: other texts would make every score that was ever reported worthless. Made by `digest`.
SHA256 = {
    "train": "e08b0779e2e688dc15e8f58d6db4a0fc32c975b3bdd5e7701cb854207e264671",
    "validation": "1637acbb2b070a3d256b4756770b2d2794a8a00cc1e7c3452f73cae3858f1366",
    "test": "ac57ca15ccc529146e712ecd7575452303fe07c664ef836fc11945395b1a738f",
}
PAIRS = list(combinations(SPLITS, 2))


def digest(split):
    return hashlib.sha256(json.dumps(synthetic_reviews(split)).encode()).hexdigest()


def words(text):
    return re.findall(r"\w+", text.lower())


def vocabulary(split):
    return set(chain.from_iterable(map(words, synthetic_reviews(split)[0])))


@pytest.mark.parametrize("split", SPLITS)
def test_every_machine_makes_the_same_reviews(split):
    assert digest(split) == SHA256[split]
    assert synthetic_reviews(split, seed=1)[0] != synthetic_reviews(split)[0]


@pytest.mark.parametrize("split", SPLITS)
def test_size_and_balance(split):
    texts, labels = synthetic_reviews(split)
    assert len(texts) == len(set(texts)) == SPLITS[split]
    assert Counter(labels) == dict.fromkeys(("negative", "positive"), SPLITS[split] // 2)
    assert all(re.fullmatch(r"[A-Z][\w ,;:.!?]+[.!?]", text) for text in texts)


def test_the_docstring_gives_the_sizes():
    assert "8,000 reviews" in synthetic_reviews.__doc__
    assert "1,000 each" in synthetic_reviews.__doc__
    assert "synthetic" in synthetic_reviews.__doc__


def test_no_such_split():
    with pytest.raises(ValueError, match="has no split 'dev'; it has train, validation, test"):
        synthetic_reviews("dev")


def test_there_are_at_least_40_templates_and_none_in_two_splits():
    by_split = {
        split: [template for family in grammar.TEMPLATES.values() for template in family[split]]
        for split in SPLITS
    }
    templates = list(chain.from_iterable(by_split.values()))
    assert len(templates) == len(set(templates))
    assert len(by_split["train"]) >= 40
    # A template's fixed words and slots, each alternative of it written out.
    written = {split: set(chain(*map(alternatives, by_split[split]))) for split in SPLITS}
    assert all(written[a].isdisjoint(written[b]) for a, b in PAIRS)


def alternatives(template):
    slot = re.search(r"{([^{}]*\|[^{}]*)}", template)
    if slot is None:
        return [template]
    start, end = template[: slot.start()], template[slot.end() :]
    return chain(*(alternatives(start + word + end) for word in slot[1].split("|")))


@pytest.mark.parametrize("pair", PAIRS)
def test_no_text_in_two_splits(pair):
    first, second = (set(synthetic_reviews(split)[0]) for split in pair)
    assert first.isdisjoint(second)


@pytest.mark.parametrize("pair", PAIRS)
def test_no_sentence_pattern_in_two_splits(pair):
    # Without looking at the templates: texts with their words of choice blanked out.
    first, second = ({pattern(text) for text in synthetic_reviews(split)[0]} for split in pair)
    assert len(first) > 100
    assert first.isdisjoint(second)


def pattern(text):
    """The text without what a template leaves open: topic, opinions, fillers and remarks."""
    for remark in chain(*(topic.remarks for topic in grammar.TOPICS)):
        text = text.replace(remark, "").strip()
    text = text.lower()
    for opening in grammar.OPENINGS:
        text = text.removeprefix(opening).strip()
    blanks = {word: "OPINION" for held_out in (True, False) for word in opinion_words(held_out)}
    for topic in grammar.TOPICS:
        blanks |= dict.fromkeys(topic.parts, "PART") | dict.fromkeys(topic.wholes, "WHOLE")
    for name, choices in grammar.FILLERS.items():
        blanks |= dict.fromkeys((choice.lower() for choice in choices), name.upper())
    blanks["an"] = "a"
    longest_first = sorted(blanks, key=len, reverse=True)
    return re.sub(rf"\b({'|'.join(longest_first)})\b", lambda found: blanks[found[0]], text)


def test_a_third_of_the_opinion_words_is_in_the_test_split_alone():
    held_out, known = set(opinion_words(True)), set(opinion_words(False))
    assert 2 * len(held_out) == len(known) > 50
    assert held_out.isdisjoint(known)
    assert held_out | known <= vocabulary("test")
    assert known <= vocabulary("train")
    assert held_out.isdisjoint(vocabulary("train") | vocabulary("validation"))


def test_beside_an_unknown_opinion_stands_a_known_one():
    held_out, known = set(opinion_words(True)), set(opinion_words(False))
    texts = [set(words(text)) for text in synthetic_reviews("test")[0]]
    unknown = [text for text in texts if text & held_out]
    assert len(unknown) > 300
    assert all(text & known for text in unknown)
    assert all(len(text & held_out) == 1 for text in unknown)


def test_a_misspelling_is_unique():
    templates = chain(*(family["train"] for family in grammar.TEMPLATES.values()))
    right = vocabulary("test") | set(chain(*map(words, templates)))
    found = Counter(chain(*map(words, synthetic_reviews("train")[0])))
    misspelled = {word: count for word, count in found.items() if word not in right}
    assert len(misspelled) > 500
    assert set(misspelled.values()) == {1}


@pytest.mark.parametrize("split", SPLITS)
def test_a_word_is_as_frequent_with_either_label(split):
    texts, labels = synthetic_reviews(split)
    total, positive = Counter(), Counter()
    for text, label in zip(texts, labels, strict=True):
        total.update(found := set(words(text)))
        if label == "positive":
            positive.update(found)
    # Standard scores of a fair coin: over some 200 words they stay below 4, and are 1 in the mean.
    scores = [
        (positive[word] - count / 2) / (count / 4) ** 0.5
        for word, count in total.items()
        if count >= 10
    ]
    assert len(scores) > 150
    assert max(map(abs, scores)) < 4
    assert (sum(score**2 for score in scores) / len(scores)) ** 0.5 < 1.1


@pytest.mark.slow
@pytest.mark.parametrize(("max_n", "most"), [(1, 0.75), (2, 0.85)])
def test_counting_cannot_tell(max_n, most):
    accuracy = ngram_baseline(synthetic_reviews("train"), synthetic_reviews("test"), max_n=max_n)
    assert 0.45 < accuracy <= most
