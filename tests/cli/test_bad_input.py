"""Whatever is wrong: a line or two on standard error, exit status 2, no traceback, nothing made."""

import shutil

import pytest
import tiny_runs

from rnn_zoo.datasets import Examples

TRAIN = ["train", "sentiment_lstm", "--data", "good.csv", "--out", "new"]
EVALUATE = ["evaluate", "run", "--data"]


def with_data(data):
    return [*TRAIN[:3], data, *TRAIN[4:]]


CASES = {
    "unknown entry": (
        ["train", "sentiment_lstn", *TRAIN[2:]],
        "no entry 'sentiment_lstn' in the zoo. Did you mean 'sentiment_lstm'",
    ),
    "unknown entry to describe": (["describe", "sentiment_gro"], "Did you mean 'sentiment_gru'"),
    "unknown override": ([*TRAIN, "--set", "unitz=3"], "no setting 'unitz'. Did you mean 'units'"),
    "ill-typed override": (
        [*TRAIN, "--set", "units=three"],
        "network.units: should be a valid integer, got 'three'",
    ),
    "override out of range": ([*TRAIN, "--set", "units=-3"], "greater than 0, got -3"),
    "override without =": ([*TRAIN, "--set", "units"], "write key=value, such as units=128"),
    "override that is not YAML": (
        [*TRAIN, "--set", "units=[1"],
        "'units=[1': the value is not YAM",
    ),
    "epochs": ([*TRAIN, "--epochs", "0"], "'--epochs': 0 is not in the range x>=1"),
    "malformed YAML": (
        ["train", "malformed.yaml", *TRAIN[2:]],
        "malformed.yaml, line 2, column 1: malformed YAML: ",
    ),
    "no YAML file": (["train", "none.yaml", *TRAIN[2:]], "none.yaml: cannot be read: No such fil"),
    "missing column": (
        with_data("columns.csv"),
        "columns.csv: cannot tell which column is the label. Name it with --target",
    ),
    "column that is not there": (
        [*TRAIN, "--input", "txt"],
        "no column 'txt'. Did you mean 'text'",
    ),
    "empty data": (with_data("empty.csv"), "empty.csv: no examples in this file"),
    "one class only": (
        with_data("one_class.csv"),
        "have one class only, 'yes': there is nothing to tell",
    ),
    "text without label": (
        with_data("ragged.csv"),
        "ragged.csv, line 3: 1 cells, but the first ro",
    ),
    "missing data file": (with_data("none.csv"), "none.csv: there is no such file or folder"),
    "no name of data": (with_data(""), "no name: there is no such file or folder"),
    "unknown data": (with_data("imdb_review"), "Did you mean imdb_reviews?"),
    "unreachable data": (
        [*with_data("movie_rationales"), "--data-dir", "tfds"],
        "www.eraserbenchmark.com cannot be reached to download it. Prepare it where there is a net",
    ),
    "unknown encoding": ([*TRAIN, "--encoding", "utf-9"], "no text encoding 'utf-9'"),
    "a name beside --resume": (
        ["train", "sentiment_lstm", "--resume", "run"],
        "--resume continues the run as it began: leave out NAME.",
    ),
    "a setting beside --resume": (
        ["train", "--resume", "run", "--set", "units=3"],
        "leave out --set",
    ),
    "a finished run to resume": (["train", "--resume", "run"], "has finished: there is nothing"),
    "no run to resume": (["train", "--resume", "none"], "none: there is no such folder"),
    "nothing to train": (["train"], "NAME, --data, --out"),
    "steps between checkpoints": (
        [*TRAIN, "--checkpoint-every", "0"],
        "'--checkpoint-every': 0 is not in the range 1<=x<=100000",
    ),
    "run exists": ([*TRAIN[:-1], "run"], "run exists: choose another folder, or add --overwrite"),
    "folder of somebody else": (
        [*TRAIN[:-1], "foreign", "--overwrite"],
        "foreign exists and holds thesis.txt: it is left alone",
    ),
    "run exists, though its config's name is taken": (
        ["train", "run/config.yaml", *TRAIN[2:-1], "run"],
        "run exists: choose another folder, or add --overwrite",
    ),
    "run below a file": (
        [*TRAIN[:-1], "good.csv/run"],
        "good.csv/run cannot be written: Not a directory",
    ),
    "no such run": ([*EVALUATE[:1], "none", "--data", "good.csv"], "none: there is no such folder"),
    "no run folder": (
        ["predict", "foreign", "fun"],
        "foreign is not a run folder: it has no config.yaml",
    ),
    "damaged model": (
        ["predict", "damaged", "fun"],
        "damaged/best.keras is not the file that the run made: it was changed.",
    ),
    "damaged model to evaluate": (
        ["evaluate", "damaged", "--data", "good.csv"],
        "is not the file that the run made",
    ),
    "damaged model to export": (
        ["export", "damaged", "--out", "new"],
        "is not the file that the run made",
    ),
    "no text": (["predict", "run"], "No text: give one as an argument, or lines on standard input"),
    "export folder exists": (
        ["export", "run", "--out", "foreign"],
        "foreign exists: choose another folder, or add --overwrite",
    ),
    "export folder of somebody else": (
        ["export", "run", "--out", "foreign", "--overwrite"],
        "foreign exists and holds thesis.txt: it is left alone",
    ),
    "nothing to list": (["list", "*transformer*"], "No entry matches; rnn-zoo list shows all"),
    "unknown task": (["list", "--task", "tagging_"], "no task 'tagging_'; there are "),
}


@pytest.fixture(scope="session")
def market(tmp_path_factory, shop):
    """A folder where much is wrong."""
    folder = tmp_path_factory.mktemp("bad") / "market"
    shutil.copytree(shop, folder)
    good = tiny_runs.reviews(80)
    for name, content in {
        "malformed.yaml": "name: [1\n",
        "columns.csv": "a,b,c\nfun,1,yes\n",
        "empty.csv": "",
        "ragged.csv": "text,label\nfun,yes\ndull\n",
        "foreign/thesis.txt": "mine",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    tiny_runs.write_csv(folder / "one_class.csv", Examples(good.inputs, ["yes"] * 80))
    tiny_runs.write_csv(
        folder / "other_labels.csv", tiny_runs.reviews(80, labels=("no", "yes", "maybe"))
    )
    shutil.copytree(folder / "run", folder / "damaged")
    model = folder / "damaged" / "best.keras"
    model.write_bytes(model.read_bytes()[:1000])
    return folder


@pytest.mark.parametrize("case", CASES)
def test_one_clear_line(market, invoke, monkeypatch, case):
    arguments, message = CASES[case]
    monkeypatch.chdir(market)
    for variable in ("http_proxy", "https_proxy"):  # off line, whatever the machine
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    before = sorted(market.rglob("*"))
    result = invoke(*arguments, input="")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    # What looks odd in data is said before training refuses them.
    *usage, error = [line for line in lines if not line.startswith("Warning: ")]
    assert error.startswith("Error: ")
    assert message in error
    assert not usage or usage[0].startswith("Usage: ")  # click shows it for a wrong option
    assert len(usage) < 4
    assert "Traceback" not in result.output
    assert [path for path in sorted(market.rglob("*")) if "tfds" not in path.parts] == before


def test_a_label_that_training_lacks_is_a_warning(market, invoke, monkeypatch):
    monkeypatch.chdir(market)
    result = invoke(*EVALUATE, "other_labels.csv")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Warning: Label 'maybe' (example 2) is not in the label set ['no', 'yes'] of the training "
        "examples. 26 of 80 labels here are not; each counts as an error of the model."
    ]
    assert "accuracy" in result.stdout
