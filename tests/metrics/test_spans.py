import random

import pytest

from rnn_zoo.errors import DataError
from rnn_zoo.metrics import span_scores, spans


def sentences(count, seed):
    rng = random.Random(seed)
    tags = ["O", "O", "B-A", "I-A", "B-B", "I-B"]
    return [rng.choices(tags, k=rng.randrange(12)) for _ in range(count)]


def noisy(tags, seed):
    rng = random.Random(seed)
    return [[rng.choice(["O", "B-A", "I-B", t, t, t]) for t in row] for row in tags]


def test_scores_are_those_of_seqeval():
    metrics = pytest.importorskip("seqeval.metrics")
    for seed in range(20):
        true = sentences(30, seed)
        predicted = noisy(true, seed)
        found = span_scores(true, predicted)
        assert found["span_precision"] == pytest.approx(metrics.precision_score(true, predicted))
        assert found["span_recall"] == pytest.approx(metrics.recall_score(true, predicted))
        assert found["span_f1"] == pytest.approx(metrics.f1_score(true, predicted))


def test_types_may_hold_hyphens():
    assert list(spans(["B-creative-work", "I-creative-work", "B-creative"])) == [
        ("creative-work", 0, 2),
        ("creative", 2, 3),
    ]


def test_nothing_to_find_and_nothing_found():
    nothing = dict.fromkeys(("span_precision", "span_recall", "span_f1"), 0.0)
    assert span_scores([["O"]], [["O"]]) == nothing
    assert span_scores([["B-A"]], [["O"]]) == nothing
    assert span_scores([], []) == nothing


def test_another_number_of_sentences():
    with pytest.raises(DataError, match="true tags of 2 sentences and predicted tags of 1"):
        span_scores([["O"], ["O"]], [["O"]])


def test_another_number_of_tags():
    with pytest.raises(DataError, match="Sentence 1 has 2 true tags and 1 predicted"):
        span_scores([["O"], ["B-A", "O"]], [["O"], ["B-A"]])
