"""A data set of TFDS, by its name and with no code, from training to what is served."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
import tiny_runs

from rnn_zoo.training import RunFolder

REAL = os.environ.get("RNN_ZOO_TEST_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow_only,
    pytest.mark.skipif(not REAL, reason="RNN_ZOO_TEST_DATA is not set"),
]


def test_movie_rationales(invoke, tmp_path):
    seed = Path(REAL) / "seed_tfds.py"
    subprocess.run([sys.executable, seed, tmp_path / "tfds", "movie_rationales"], check=True)
    data = ["--data", "movie_rationales", "--data-dir", tmp_path / "tfds"]
    small = tiny_runs.TINY | {"epochs": 1, "units": 8, "max_length": 64, "batch_size": 32}
    settings = [f"--set={key}={value}" for key, value in small.items()]
    trained = invoke("train", "sentiment_gru", *data, "--out", tmp_path / "run", *settings)
    assert trained.exit_code == 0, trained.stderr
    assert "1600 train, 200 validation, 199 test examples" in trained.stdout
    folder = RunFolder.open(tmp_path / "run")
    test = folder.read_json(folder.metrics)["test"]
    evaluated = invoke("evaluate", folder.path, *data)
    assert evaluated.stdout.splitlines()[-1] == (
        "199 examples (test part): accuracy {accuracy:.4f}, loss {loss:.4f}".format(**test)
    )
    assert invoke("export", folder.path, "--out", tmp_path / "serving").exit_code == 0
    serve = tf.saved_model.load(tmp_path / "serving").signatures["serving_default"]
    answer = serve(text=tf.constant(["a joyless , idiotic bore"]))
    ((label, probability),) = folder.load().classify(["a joyless , idiotic bore"])
    assert answer["label"].numpy().tolist() == [label.encode()]
    assert label in ("NEG", "POS")
    assert float(tf.reduce_max(answer["probabilities"])) == pytest.approx(probability, abs=1e-5)
