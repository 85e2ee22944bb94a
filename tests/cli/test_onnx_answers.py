"""`rnn-zoo predict` by the ONNX file of a run: without TensorFlow, and with the same answers."""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_runs
from task_cases import CASES

from rnn_zoo.errors import ConfigError
from rnn_zoo.training import RunFolder, train
from rnn_zoo_command import _onnx_of

pytestmark = pytest.mark.tensorflow_only
SCRIPT = """
import sys
import rnn_zoo_command
rnn_zoo_command.main()
loaded = {"tensorflow", "keras", "rnn_zoo"} & set(sys.modules)
assert not loaded, loaded
"""
TEXTS = ["a b good", "bad", "", " \t", "x\ny bad", "Grüße good", "\udcff bad", "b " * 300 + "good"]


def quickly(*arguments, **options):
    """Run `rnn-zoo predict` in a process of its own, which must not load TensorFlow."""
    command = [sys.executable, "-c", SCRIPT, "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, **options)


def fields(output):
    return [line.split(b"\t", 2) for line in output.splitlines()]


def test_the_answers_are_those_of_the_model(invoke, shop):
    process = quickly(shop / "run", *TEXTS)
    assert process.stderr == b""
    expected = fields(invoke("predict", shop / "run", *TEXTS).stdout_bytes)
    for (label, probability, text), (*answer, shown) in zip(
        fields(process.stdout), expected, strict=True
    ):
        assert (label, text) == (answer[0], shown)
        assert float(probability) == pytest.approx(float(answer[1]), abs=2e-4)


def test_lines_of_standard_input(shop):
    process = quickly(shop / "run", input=b"good\r\n\xff bad\n\nlast good")
    assert [text for *_, text in fields(process.stdout)] == [
        b"good",
        b"\xff bad",
        b"",
        b"last good",
    ]


@pytest.fixture
def run(shop, tmp_path):
    return shutil.copytree(shop / "run", tmp_path / "run")


def test_a_whole_run_is_asked_by_its_onnx_file(run):
    assert _onnx_of([str(run), "good"]) == run / "onnx" / "model.onnx"
    assert _onnx_of([str(run), "good", "--", "-x"]) is None
    assert _onnx_of([str(run), str(run / "run.json")]) is None  # the command says what is wrong
    assert _onnx_of([str(run / "onnx"), "good"]) is None
    assert _onnx_of([]) is None


def test_a_file_of_another_model_is_not_asked(run):
    with (run / "best.keras").open("ab") as file:
        file.write(b" ")
    assert _onnx_of([str(run), "good"]) is None


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"best": 1}'])
def test_a_damaged_record_is_left_to_the_command(run, content):
    (run / "run.json").write_text(content)
    assert _onnx_of([str(run), "good"]) is None


def test_a_newer_model_has_a_newer_file(invoke, train, shop, run):
    before = (run / "onnx" / "model.onnx").read_bytes()
    assert train(shop / "good.csv", run, "--seed", 4, "--overwrite").exit_code == 0
    assert (run / "onnx" / "model.onnx").read_bytes() != before
    assert fields(quickly(run, "good").stdout) == fields(
        invoke("predict", run, "good").stdout_bytes
    )


def test_what_onnx_cannot_compute_is_a_warning(tmp_path, monkeypatch):
    def refuse(*_):
        raise ConfigError("ONNX has no operator for Erfinv of TensorFlow.")

    monkeypatch.setattr("rnn_zoo.training.exports.export_onnx", refuse)
    with pytest.warns(UserWarning, match=r"The run has no onnx/: ONNX has no operator for Erfinv"):
        train(tiny_runs.entry(epochs=1), tiny_runs.splits(), tmp_path / "run", verbose=0)
    folder = RunFolder.open(tmp_path / "run")
    assert folder.is_finished
    assert folder.export.is_dir()
    assert not folder.onnx.exists()


def test_a_reader_that_has_read_enough(shop):
    command = [sys.executable, "-c", SCRIPT, "predict", str(shop / "run")]
    process = subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1)
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it may have ended by then
        process.stdin.write(b"good\n" * 20_000)
        process.stdin.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def captions(invoke, tmp_path_factory):
    """A run that has learned the captions of dark and light pictures, and their folder."""
    case = CASES["captioning"]
    data = case.shell.write(tmp_path_factory.mktemp("pictures"))
    run = data / "run"
    settings = [f"--set={key}={json.dumps(value)}" for key, value in case.tiny.items()]
    entry = ("train", case.fullest, "--data", data, "--out", run, "--set", "epochs=2")
    result = invoke(*entry, *settings)
    assert result.exit_code == 0, result.output
    return run


@pytest.mark.slow
def test_images_are_captioned_by_their_paths(invoke, captions, tmp_path):
    paths = [captions.parent / f"train_{i}.png" for i in range(3)]
    paths.append(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff \xc3\xa9.png")))  # no UTF-8
    shutil.copyfile(paths[0], paths[3])
    process = quickly(captions, *paths)
    assert process.stderr == b""
    assert fields(process.stdout) == fields(invoke("predict", captions, *paths).stdout_bytes)
    lines = b"\n".join(map(os.fsencode, paths))
    assert quickly(captions, input=lines).stdout == process.stdout


@pytest.mark.slow
def test_an_image_that_cannot_be_read_ends_in_a_line(captions, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    for name, reason in (("empty.png", "is no image"), ("none.png", "cannot be read")):
        process = quickly(captions, captions.parent / "train_0.png", tmp_path / name)
        assert process.returncode == 2
        assert process.stdout == b""
        (line,) = process.stderr.decode().splitlines()
        assert line.startswith(f"Error: {tmp_path / name}: {reason}")


@pytest.mark.slow
def test_without_pillow_images_are_left_to_the_command(captions, monkeypatch):
    image = str(captions.parent / "train_0.png")
    assert _onnx_of([str(captions), image]) == captions / "onnx" / "model.onnx"
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda x: None if x == "PIL" else found(x))
    assert _onnx_of([str(captions), image]) is None
