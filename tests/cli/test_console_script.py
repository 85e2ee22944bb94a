"""The installed command, in processes of its own: what a shell sees."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_runs

from rnn_zoo.tasks.model_file import load_model

SCRIPT = Path(sys.executable).with_name("rnn-zoo")
pytestmark = pytest.mark.tensorflow_only  # one backend is enough for what a process prints


def shell(*arguments, **options):
    # Nothing that a developer may have set quietens TensorFlow.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    return subprocess.Popen(
        [SCRIPT, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        **options,
    )


def test_an_error_is_one_line_and_nothing_else(tmp_path):
    process = shell("evaluate", tmp_path, "--data", "synthetic_reviews")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == b""
    assert err.decode() == f"Error: {tmp_path} is not a run folder: it has no config.yaml.\n"


def test_predict_in_a_pipe(shop):
    texts = [b"good", b"\xff bad", b"", b"good bad " * 50]
    process = shell("predict", shop / "run")
    out, err = process.communicate(b"\n".join(texts) + b"\n", timeout=60)
    assert process.returncode == 0
    assert err == b""
    assert [line.split(b"\t", 2)[2] for line in out.splitlines()] == texts
    assert [line.split(b"\t")[0] for line in out.splitlines()[:2]] == [b"yes", b"no"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="Linux changes another's limits")
def test_a_disk_that_fills_up_while_training(shop, tmp_path):
    out = tmp_path / "run"
    settings = [f"--set={key}={value}" for key, value in (tiny_runs.TINY | {"units": 64}).items()]
    options = ["--epochs", 1000, "--set=patience=1000", "--out", out]
    process = shell("train", "sentiment_lstm", "--data", shop / "good.csv", *settings, *options)
    try:
        deadline = time.monotonic() + 120
        while not (out / "best.keras").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 2
    (line,) = err.decode().splitlines()
    assert "could not be written: File too large. Make room there, or choose another" in line
    assert load_model(out / "best.keras").labels == ["no", "yes"]
    assert not list(out.glob(".*"))
