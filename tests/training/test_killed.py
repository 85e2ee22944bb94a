"""Runs that are killed at any moment, in processes of their own."""

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tiny_runs

from rnn_zoo.training import RunFolder

KILLS = 20
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
SETTINGS = {"dropout": 0.3, "recurrent_dropout": 0.3, "average_epochs": 0.5, "epochs": 12}


def start(*arguments):
    command = [sys.executable, "-c", "from rnn_zoo.cli import main; main()", "train"]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        env=os.environ | ONE_THREAD,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_twenty_killed_runs_end_where_one_that_was_not_ends(tmp_path):
    data = tiny_runs.write_csv(tmp_path / "data.csv", tiny_runs.reviews(200))
    settings = tiny_runs.TINY | SETTINGS
    options = [f"--set={key}={value}" for key, value in settings.items()]

    def begin(out):
        return start(
            *("sentiment_lstm", "--data", data, "--out", out, "--checkpoint-every", 2),
            *("--seed", 4, "--overwrite", *options),
        )

    began = time.time()
    finish(begin(tmp_path / "whole"))
    whole, seconds = RunFolder(tmp_path / "whole"), time.time() - began
    ended_in_training = []

    def kill_and_resume(i):
        folder = RunFolder(tmp_path / f"killed_{i}")
        process = begin(folder.path)
        time.sleep(random.Random(i).uniform(0.3, 1.2) * seconds)  # two run side by side
        process.kill()
        process.communicate()
        ended_in_training.append(folder.progress.is_file())
        if not folder.run.is_file():  # killed before there was anything
            finish(begin(folder.path))
        elif not folder.metrics.is_file():
            finish(start("--resume", folder.path))
        assert folder.metrics.read_bytes() == whole.metrics.read_bytes()
        assert folder.history.read_bytes() == whole.history.read_bytes()
        assert not list(folder.path.glob(".draft*"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(kill_and_resume, range(KILLS)))
    assert sum(ended_in_training) >= KILLS / 4
    for i in range(KILLS):
        folder = RunFolder(tmp_path / f"killed_{i}")
        for path in ("best", "last"):
            pair = [keras.saving.load_model(getattr(run, path)) for run in (folder, whole)]
            variables = [[*model.trainable_variables, *model.optimizer.variables] for model in pair]
            for one, other in zip(*variables, strict=True):
                np.testing.assert_array_equal(one, other, err_msg=f"{folder.path}: {one.path}")
