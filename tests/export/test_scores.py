"""Files of fewer bits keep the score of a real test set."""

import os
from pathlib import Path

import pytest

from rnn_zoo.datasets import load
from rnn_zoo.export.clients.client import Model
from rnn_zoo.tasks.sources import load_task

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
pytestmark = [pytest.mark.tensorflow_only, pytest.mark.slow]


def labels_right(answers, labels):
    pairs = zip(answers, labels, strict=True)
    return [answer["label"] == label for answer, label in pairs]


def tags_right(answers, sentences):
    pairs = zip(answers, sentences, strict=True)
    return [a == b for tags, true in pairs for a, b in zip(tags, true, strict=True)]


def reviews():
    return load("synthetic_reviews").test, labels_right


def english():
    if not REAL:
        pytest.skip("RNN_ZOO_TEST_DATA is not set")
    return load(Path(REAL) / "universal_dependencies", "tagged_words").test, tags_right


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("sentiment_lstm@synthetic_reviews", reviews),
        ("tagger_bilstm_crf@ud_english_ewt", english),
    ],
)
@pytest.mark.parametrize(("quantize", "size"), [("float16", 0.55), ("int8", 0.32)])
def test_the_score_stays(name, data, quantize, size, tmp_path):
    test, right = data()
    task = load_task(name)
    files = [tmp_path / "whole.tflite", tmp_path / "small.tflite"]
    for path, how in zip(files, (None, quantize), strict=True):
        task.export(path, format="litert", quantize=how)
    assert files[1].stat().st_size <= size * files[0].stat().st_size
    before = right(task.answers(list(test.inputs)), test.targets)
    after = right(Model(files[1])(test.inputs), test.targets)
    assert len(after) >= 1000
    share = [sum(found) / len(found) for found in (before, after)]
    print(f"{name} {quantize}: {share[0]:.4f} to {share[1]:.4f}")
    assert abs(share[1] - share[0]) <= 0.005
