"""Data, looked at from the shell."""

import json
import resource
import subprocess
import sys

import pytest
import tiny_runs

from rnn_zoo import registry
from rnn_zoo.cli.inspect import ENTRIES
from rnn_zoo.datasets import load
from rnn_zoo.inspection import as_text, inspect
from rnn_zoo.tasks import TASKS


@pytest.fixture
def reviews(tmp_path):
    return tiny_runs.write_csv(tmp_path / "a.csv", tiny_runs.reviews(80), header="note,verdict")


def test_text_and_json_are_what_python_finds(invoke, reviews):
    columns = ("--input", "note", "--target", "verdict")
    splits = load(reviews, input="note", target="verdict").complete()
    found = inspect(splits, "sentiment_lstm", source=str(reviews))
    shown = invoke("inspect", reviews, *columns)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == as_text(found) + "\n"
    assert shown.stderr == ""
    as_json = invoke("inspect", reviews, *columns, "--json")
    assert json.loads(as_json.stdout) == json.loads(json.dumps(found.to_dict()))


def test_the_task_or_an_entry_with_settings(invoke, reviews):
    columns = ("--input", "note", "--target", "verdict")
    pairs = invoke("inspect", reviews, *columns, "--task", "translation")
    assert f"{reviews}: text pairs, as {ENTRIES['translation']}" in " ".join(pairs.stdout.split())
    of_entry = invoke(
        "inspect", reviews, *columns, "--task", "sentiment_gru", "--set", "max_length=2", "--json"
    )
    content = json.loads(of_entry.stdout)
    assert content["entry"] == "sentiment_gru"
    assert content["parts"]["train"]["lengths"][0]["limit"] == 2
    assert invoke("inspect", reviews, *columns, "--task", "sentiment").exit_code == 0  # an alias


def test_each_task_has_an_entry():
    assert ENTRIES.keys() == TASKS.keys()
    for task, entry in ENTRIES.items():
        assert registry.find(entry).task == task


def test_too_few_to_be_divided_are_shown_whole(invoke, tmp_path):
    (tmp_path / "a.csv").write_text("text,label\nfun,x\ndull,y\n")
    shown = invoke("inspect", tmp_path / "a.csv")
    assert shown.exit_code == 0
    assert "train          2 " in shown.stdout
    assert "held out" not in shown.stdout


WRONG = {
    "nothing there": (["nothing.csv"], "nothing.csv: there is no such file or folder"),
    "a run": (["run"], "run is a run folder, and --data names examples."),
    "no task": (["good.csv", "--task", "tagginh"], "There is no task and no entry 'tagginh'."),
    "another task": (["good.csv", "--task", "tagging"], "good.csv, line 2: 2 words, but 1 tags."),
    "no column": (["good.csv", "--input", "txt"], "no column 'txt'. Did you mean 'text'?"),
    "no setting": (["good.csv", "--set", "unit=3"], "unit"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(invoke, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text("text,label\na joy,x\na bore,y\n")
    (tmp_path / "run").mkdir()
    for name in ("config.yaml", "data.json"):
        (tmp_path / "run" / name).touch()
    arguments, message = WRONG[case]
    result = invoke("inspect", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.slow
def test_900_000_rows(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("id,review,stars\n")
        for i in range(900_000):
            words = " ".join(f"word{(i * j) % 9973}" for j in range(1, 21))
            file.write(f"{i},{words},{i % 5}\n")
    command = [sys.executable, "rnn_zoo_command.py", "inspect", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    train = json.loads(done.stdout)["parts"]["train"]
    assert train["examples"] == 720_000
    assert train["lengths"][0]["total"] == 20 * 720_000
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert used.ru_utime < 60  # it takes about 15 seconds of a core
    assert used.ru_maxrss < 4 * 2**20  # KiB
