import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_zoo.datasets import load
from rnn_zoo.training import RunFolder

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow_only]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of `rnn-zoo demo`, and what it printed."""
    home = tmp_path_factory.mktemp("demo")
    # JAX, which Keras imports where it is installed, sets it, and so what TensorFlow prints.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [Path(sys.executable).with_name("rnn-zoo"), "demo", "--out", "run"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return RunFolder.open(home / "run"), result.stdout


def test_three_sections_that_call_the_data_synthetic(demo):
    _, printed = demo
    sections = [line for line in printed.splitlines() if re.match(r"\d\. ", line)]
    assert [section[0] for section in sections] == ["1", "2", "3"]
    assert "synthetic reviews" in sections[0]
    assert "neither Keras nor rnn_zoo" in sections[2]


def test_the_network_is_better_than_counting(demo):
    folder, printed = demo
    accuracy = {
        name.strip(): float(value)
        for name, value in re.findall(r"^   (\w.*?)  +(0\.\d{3}|1\.000)$", printed, re.MULTILINE)
    }
    lstm = accuracy.pop("sentiment_lstm")
    assert list(accuracy) == ["counts of words", "counts of words and bigrams"]
    assert lstm == pytest.approx(folder.read_json(folder.metrics)["test"]["accuracy"], abs=6e-4)
    assert lstm >= 0.95
    assert accuracy["counts of words"] <= 0.75
    assert accuracy["counts of words and bigrams"] <= 0.85


def test_served_answers_are_those_of_the_model_beside_the_true_labels(demo):
    folder, printed = demo
    rows = re.findall(r"^   (\w+) +(\w+) +(\d\.\d{3}) +(.+)$", printed, re.MULTILINE)
    assert len(rows) == 8
    test = load("synthetic_reviews").test
    truth = dict(zip(test.inputs, test.targets, strict=True))
    predicted = folder.load().classify([text for *_, text in rows])
    for (true, served, probability, text), (label, expected) in zip(rows, predicted, strict=True):
        assert (true, served) == (truth[text], label)
        assert float(probability) == pytest.approx(expected, abs=6e-4)
