"""Scores of texts: what sacrebleu says, and inputs that have no score."""

import pytest

from rnn_zoo.errors import DataError
from rnn_zoo.metrics import caption_scores, text_scores


def test_exact_is_the_share_of_equal_texts():
    assert text_scores(["a b", "c"], ["a b", "d"])["exact"] == 0.5
    assert caption_scores(["a b", "c"], [["d", "a b"], ["d"]])["exact"] == 0.5


@pytest.mark.parametrize("scores", [text_scores, caption_scores])
def test_no_texts_have_no_score(scores):
    with pytest.raises(DataError, match="no texts to score"):
        scores([], [])


@pytest.mark.parametrize(
    ("scores", "references"), [(text_scores, ["a"]), (caption_scores, [["a"]])]
)
def test_another_number_of_references(scores, references):
    with pytest.raises(DataError, match="there are 2 texts and references of 1"):
        scores(["a", "b"], references)


@pytest.mark.parametrize("references", [[], "a b"])
def test_each_caption_needs_a_list_of_references(references):
    """A string would be searched for the caption."""
    with pytest.raises(DataError, match="Text 1 needs a list of one reference or more"):
        caption_scores(["a", "a"], [["a"], references])
