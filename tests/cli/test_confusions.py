"""A file where a run belongs, a run where a file belongs: named as what it is."""

import shutil

import pytest
import tiny_runs

from rnn_zoo.training import RunFolder

CASES = {
    "a file of data for a text": (
        ["predict", "run", "good.csv"],
        "good.csv is a file, and this model reads texts: give its lines on standard input, "
        "rnn-zoo ... RUN < good.csv. Labeled examples are scored by rnn-zoo evaluate RUN --data "
        "good.csv.",
    ),
    "a device for a text": (["predict", "run", "/dev/zero"], "/dev/zero is a file, and this model"),
    "a file of data for a run": (
        ["predict", "good.csv"],
        "good.csv is a file, and RUN is a folder: rnn-zoo train makes run folders. Data are given "
        "with --data",
    ),
    "a file of data to evaluate": (
        ["evaluate", "good.csv", "--data", "good.csv"],
        "good.csv is a file, and RUN is a folder",
    ),
    "a file of data to train": (
        ["train", "good.csv", "--data", "good.csv", "--out", "new"],
        "good.csv is a file, but no YAML file. NAME is an entry of the zoo (rnn-zoo list) or a",
    ),
    "a run to train": (
        ["train", "run", "--data", "good.csv", "--out", "new"],
        "run is a run folder, and NAME is an entry of the zoo or a YAML file. Its entry is "
        "run/config.yaml; an ended run goes on with rnn-zoo train --resume run.",
    ),
    "a run to describe": (["describe", "run"], "run is a run folder, and NAME is an entry of"),
    "a run for data": (
        ["evaluate", "run", "--data", "run"],
        "run is a run folder, and --data names examples.",
    ),
    "a SavedModel for a run": (
        ["predict", "run/export", "x"],
        "run/export is a SavedModel, which is for serving, not a run folder. Give the run folder: "
        "run.",
    ),
    "a model file to resume": (
        ["train", "--resume", "run/last.keras"],
        "run/last.keras is a model file, not a run folder. Give the run folder: run.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_confused(shop, invoke, tmp_path, monkeypatch, case):
    arguments, message = CASES[case]
    shutil.copytree(shop, tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    result = invoke(*arguments, input="")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")
    assert not (tmp_path / "shop" / "new").exists()


def test_a_text_that_names_a_folder_is_a_text(shop, invoke, monkeypatch):
    monkeypatch.chdir(shop)
    assert invoke("predict", "run", "run").stdout.endswith("\trun\n")
    assert invoke("predict", "run", "x" * 5000 + " good").exit_code == 0


def test_evaluate_reads_data_as_training_did(train, invoke, tmp_path):
    data = tiny_runs.write_csv(tmp_path / "data.csv", tiny_runs.reviews(40), header="note,verdict")
    data.write_bytes(
        data.read_bytes() + "\N{LATIN SMALL LETTER E WITH ACUTE} good,yes\n".encode("latin-1")
    )
    columns = ("--input", "note", "--target", "verdict", "--encoding", "latin-1")
    assert train(data, tmp_path / "run", *columns, "--epochs", 1, "--quiet").exit_code == 0
    evaluated = invoke("evaluate", tmp_path / "run", "--data", data)
    assert evaluated.exit_code == 0, evaluated.stderr
    scores = RunFolder(tmp_path / "run").read_json(tmp_path / "run" / "metrics.json")["test"]
    assert evaluated.stdout.endswith(
        f"(held-out part): accuracy {scores['accuracy']:.4f}, loss {scores['loss']:.4f}\n"
    )
    other = invoke("evaluate", tmp_path / "run", "--data", data, "--encoding", "utf-8")
    assert other.exit_code == 2
    assert "is not utf-8 text" in other.stderr


def test_quiet(train, invoke, shop, tmp_path):
    trained = train(shop / "good.csv", tmp_path / "run", "--epochs", 1, "--quiet")
    assert [line.split()[0] for line in trained.stdout.splitlines()] == [
        "validation",
        "test",
        "best",
    ]
    evaluated = invoke("evaluate", tmp_path / "run", "--data", shop / "good.csv", "--quiet")
    assert len(evaluated.stdout.splitlines()) == 1


def test_columns_and_what_looks_odd_are_printed(train, invoke, tmp_path):
    lines = [f"word {i} good,other,{i}" for i in range(40)]
    data = tmp_path / "data.csv"
    data.write_text("\n".join(["note,author,id", *lines]) + "\n")
    columns = ("--input", "note", "--target", "id")
    trained = train(data, tmp_path / "run", *columns)
    assert f"Columns of {data}: text is 'note', label is 'id'" in trained.output
    assert any(line.startswith("Warning: ") for line in trained.stderr.splitlines())
