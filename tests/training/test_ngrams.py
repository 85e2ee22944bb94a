from collections import Counter

import pytest

from rnn_zoo.training.ngrams import ngram_baseline

# All four hold the same words; "not good", "not bad", "so good", "so bad" tell.
TEXTS = ["not bad so good", "so good not bad", "not good so bad", "so bad not good"] * 16
LABELS = ["yes", "yes", "no", "no"] * 16
TEST = (["Not bad, so good!", "so bad; not good"] * 8, ["yes", "no"] * 8)


def ngrams(text, max_n):
    words = "".join(letter for letter in text.lower() if letter not in ",;!").split()
    return [tuple(words[i : i + n]) for n in range(1, max_n + 1) for i in range(len(words) - n + 1)]


def direct_count(max_n):
    """Each n-gram votes for the label that it is seen with more often; no majority says "no"."""
    votes = Counter()
    for text, label in zip(TEXTS, LABELS, strict=True):
        votes.update(dict.fromkeys(ngrams(text, max_n), 1 if label == "yes" else -1))
    predicted = [
        "yes" if sum(votes[n] for n in ngrams(text, max_n)) > 0 else "no" for text in TEST[0]
    ]
    return sum(map(str.__eq__, predicted, TEST[1])) / len(predicted)


@pytest.mark.parametrize(("max_n", "accuracy"), [(1, 0.5), (2, 1.0)])
def test_words_cannot_tell_and_bigrams_can(max_n, accuracy):
    assert direct_count(max_n) == accuracy
    assert ngram_baseline((TEXTS, LABELS), TEST, max_n=max_n) == accuracy


def test_integer_labels_of_more_than_two_classes():
    words = ["good", "bad", "odd"] * 60, [2, 0, 1] * 60
    assert ngram_baseline(words, (["odd", "good", "bad", "bad"], [1, 2, 0, 1])) == 0.75
