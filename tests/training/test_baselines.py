import numpy as np
import pytest
import tiny_runs

from rnn_zoo import registry
from rnn_zoo.datasets import Baseline, Examples
from rnn_zoo.training import train
from rnn_zoo.training.baselines import baseline, comparison


def score(entry, train, test):
    return baseline(registry.get(entry), Examples(*train), Examples(*test))


def test_the_most_frequent_label():
    found = score("sentiment_rnn", (["a", "b", "c"], [1, 0, 1]), (["d", "e", "f"], [0, 0, 1]))
    assert found == Baseline("always '1'", "accuracy", pytest.approx(1 / 3))


def test_the_most_frequent_tag_of_a_word():
    train = [["we", "can", "fish"], ["the", "can"]], [["P", "V", "N"], ["D", "N"]]
    train = train[0] + [["can", "the"]], train[1] + [["V", "D"]]
    # "can" is V twice of three times; "sea" is unknown, and D, N and V stand twice, D comes last.
    found = score("tagger_rnn", train, ([["the", "can", "can"]], [["D", "N", "V"]]))
    assert found.metric == "accuracy"
    assert found.value == pytest.approx(2 / 3)
    unknown = score("tagger_rnn", (train[0], train[1]), ([["sea"]], [["V"]]))
    assert unknown.value == 1.0  # "V" stands most often


@pytest.mark.parametrize(
    ("series", "targets", "answer", "mse"),
    [
        ([[1.0, 2.0], [4.0]], [2.2, 3.8], "the last value of the series", 0.04),
        ([[9.0], [8.0]], [1.0, 3.0], "the mean of the training targets", 1.0),
        # Two features, of which neither is the one target.
        ([np.ones((3, 2)), np.ones((3, 2))], [1.0, 3.0], "the mean of the training targets", 1.0),
    ],
)
def test_the_mean_or_the_last_value(series, targets, answer, mse):
    found = score("adding_rnn", (series, targets), (series, targets))
    assert (found.answer, found.metric) == (answer, "mse")
    assert found.value == pytest.approx(mse)


def test_the_caption_that_fits_all_images():
    images = list(np.zeros((3, 64, 64, 3), "uint8"))
    captions = [["A red boat.", "a boat on a lake"], ["a red boat."], ["two trees"]]
    found = score("caption_rnn", (images, captions), (images, captions))
    assert found.answer == "always 'a red boat .'"
    assert found.metric == "bleu1"
    # 4 + 4 + 0 of 12 words are right, and the texts are longer than the nearest references.
    assert found.value == pytest.approx(100 * 8 / 12)


def test_other_examples_have_none():
    assert score("seq2seq_rnn", (["a"], ["b"]), (["a"], ["b"])) is None


@pytest.mark.parametrize(
    ("metric", "value", "model", "warns"),
    [
        ("accuracy", 0.5, 0.6, False),
        ("accuracy", 0.5, 0.5, True),
        ("mse", 0.1, 0.05, False),
        ("mse", 0.1, 0.2, True),
        ("bleu1", 51.0, 47.0, True),
    ],
)
def test_a_model_that_is_no_better_is_warned_of(metric, value, model, warns):
    text = comparison(Baseline("x", metric, value), {metric: model})
    assert text.startswith(f"Baseline, x: {metric} ")
    assert ("no better" in text) == warns


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_what_a_run_prints_without_a_terminal(tmp_path, capsys):
    metrics = train(
        tiny_runs.entry(epochs=2, average_epochs=1.0), tiny_runs.splits(), tmp_path / "run"
    )
    printed = capsys.readouterr().out
    assert metrics["baseline"] == {"answer": "always 'no'", "metric": "accuracy", "value": 0.5}
    assert "Baseline, always 'no': accuracy 0.5 on the test part." in printed
    assert "Weights are averaged (average_epochs=1)" in printed
    assert "\x1b" not in printed
    assert "\x08" not in printed
    assert len(printed.splitlines()) < 10
