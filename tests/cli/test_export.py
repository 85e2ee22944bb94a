"""`rnn-zoo export --format onnx` and `--format litert`."""

import tiny_runs

from rnn_zoo.export.clients.client import Model
from rnn_zoo.training import RunFolder


def test_a_folder_that_answers_and_a_table(shop, invoke, tmp_path):
    out = tmp_path / "served"
    asked = ("--format", "onnx", "--check", shop / "good.csv")
    result = invoke("export", shop / "run", "--out", out, *asked)
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in out.iterdir()} == {
        "model.onnx",
        "preprocessing.json",
        "client.py",
    }
    first, size, answers, *times = result.stdout.splitlines()
    assert first == f"{out}: model.onnx, and client.py, which takes raw inputs"
    assert size.startswith("size ")
    assert "8 of 8 equal, largest difference" in answers
    assert [line.split("  ")[0] for line in times] == ["time, ms", "1 input", "8 inputs"]
    texts = tiny_runs.splits().test.inputs
    expected = RunFolder(shop / "run").load().classify(texts)
    answers = Model(out / "model.onnx")(texts)
    assert [answer["label"] for answer in answers] == [label for label, _ in expected]


def test_one_format_takes_the_place_of_another(shop, invoke, tmp_path):
    out = tmp_path / "served"
    litert = ("--format", "litert", "--quantize", "int8", "--check", shop / "good.csv")
    for options in ((), ("--format", "onnx"), litert, ()):
        result = invoke("export", shop / "run", "--out", out, "--overwrite", *options)
        assert result.exit_code == 0, result.stderr
        assert (out / "model.onnx").exists() == ("onnx" in options)
        assert (out / "model.tflite").exists() == ("litert" in options)
        assert ("8 of 8 equal" in result.stdout) == ("litert" in options)
    (out / "notes.txt").write_text("mine")
    result = invoke("export", shop / "run", "--out", out, "--format", "onnx", "--overwrite")
    assert result.exit_code == 2
    assert "holds notes.txt: it is left alone" in result.stderr


def test_what_cannot_be(shop, invoke, tmp_path):
    result = invoke("export", shop / "run", "--out", tmp_path / "x", "--check", shop / "good.csv")
    assert result.exit_code == 2
    assert "add --format onnx or --format litert" in result.stderr
    for options, message in (
        (("--format", "tflite"), "'tf_saved_model', 'onnx', 'litert'"),
        (("--format", "onnx", "--quantize", "int8"), "--quantize is for --format litert"),
    ):
        result = invoke("export", shop / "run", "--out", tmp_path / "x", *options)
        assert result.exit_code == 2
        assert message in result.stderr
    assert not (tmp_path / "x").exists()
