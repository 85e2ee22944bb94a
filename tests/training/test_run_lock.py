import subprocess
import sys
import time

import pytest
import tiny_runs

from rnn_zoo.errors import RunError
from rnn_zoo.training import resume, train
from rnn_zoo.training.run_lock import LOCK, run_lock

HOLD = """
import sys, time
from pathlib import Path
from rnn_zoo.training.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_killed_process_holds_nothing(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(RunError, match="is being written by another process"),
            run_lock(tmp_path),
        ):
            pass
        process.kill()
    assert (tmp_path / LOCK).is_file()
    with run_lock(tmp_path):
        time.sleep(0)
    assert not list(tmp_path.iterdir())


def test_one_at_a_time(tmp_path):
    with run_lock(tmp_path / "run"):
        for _ in range(2):
            with pytest.raises(RunError) as caught, run_lock(tmp_path / "run"):
                pass
            assert str(caught.value) == (
                f"{tmp_path / 'run'} is being written by another process: wait for its end, or "
                "choose another folder."
            )
    with run_lock(tmp_path / "run"):
        pass


def test_what_is_being_written_is_neither_replaced_nor_resumed(finished, tmp_path):
    names = {path.name for path in finished.path.iterdir()}
    with run_lock(finished.path):
        with pytest.raises(RunError, match="is being written by another process"):
            train(tiny_runs.entry(), tiny_runs.splits(), finished.path, overwrite=True, verbose=0)
        with pytest.raises(RunError, match="is being written by another process"):
            resume(finished.path, tiny_runs.splits(), epochs=9)
    assert {path.name for path in finished.path.iterdir()} == names


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / LOCK).mkdir()
    with pytest.raises(RunError, match="cannot be written: Is a directory"), run_lock(tmp_path):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written: "), run_lock(tmp_path / "file" / "run"):
        pass


def test_a_link_in_the_place_of_the_lock(tmp_path):
    (tmp_path / LOCK).symlink_to(tmp_path / "thesis.txt")
    with pytest.raises(RunError, match="cannot be written"), run_lock(tmp_path):
        pass
    assert not (tmp_path / "thesis.txt").exists()
