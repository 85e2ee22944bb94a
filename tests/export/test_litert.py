"""A LiteRT file and its client say what the task says, with builtin operators alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
from small_classifier import LABELS, TEXTS, fitted, small_classifier

import rnn_zoo
from rnn_zoo.errors import ConfigError
from rnn_zoo.export import check
from rnn_zoo.export.clients.client import Model, litert


@pytest.fixture(scope="module")
def classifier():
    network = {"cell": "lstm", "bidirectional": True, "pooling": "max", "units": 128}
    return fitted(small_classifier(network, max_length=32), TEXTS, LABELS, epochs=20)


def exported(task, folder, **options):
    task.export(folder / "model.tflite", format="litert", **options)
    return folder / "model.tflite"


@pytest.mark.parametrize(
    ("quantize", "tolerance", "share"),
    [(None, 1e-5, 1), ("float16", 1e-2, 0.6), ("int8", 1e-2, 0.45)],
)
def test_sizes_and_answers(classifier, tmp_path, quantize, tolerance, share):
    texts = [*TEXTS, "", "unseen 日本", " ".join(TEXTS)]
    path = exported(classifier, tmp_path, quantize=quantize)
    agreement = check(path, classifier, texts, tolerance)
    assert agreement.equal == len(texts)
    whole = exported(classifier, tmp_path / "whole").stat().st_size
    assert path.stat().st_size <= share * whole
    expected = [label for label, _ in classifier.classify(texts)]
    assert [answer["label"] for answer in Model(path)(texts)] == expected


def test_the_client_is_a_program_that_needs_the_interpreter_alone(classifier, tmp_path):
    path = exported(classifier, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        "model.tflite",
        "preprocessing.json",
        "client.py",
    }
    block = "import sys; sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'rnn_zoo']));"
    run = f"{block} sys.argv = ['', {str(path)!r}]; import runpy; "
    run += f"runpy.run_path({str(tmp_path / 'client.py')!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", run], input=json.dumps(TEXTS), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    expected = [label for label, _ in classifier.classify(TEXTS)]
    assert [answer["label"] for answer in json.loads(done.stdout)] == expected


def test_calls_leave_nothing_behind(classifier, tmp_path):
    model = Model(exported(classifier, tmp_path))
    first = model(TEXTS[:1])
    model(TEXTS)
    assert model(TEXTS[:1]) == first


def test_a_program_decodes_step_by_step(tmp_path):
    task = rnn_zoo.get("char_lm_rnn", units=8, embedding_dim=4, min_count=1).adapt(["some text"])
    path = exported(task, tmp_path, decoding="greedy", max_new_tokens=3)
    assert {file.name for file in tmp_path.glob("*.tflite")} == {
        "model.tflite",
        "encode.tflite",
        "step.tflite",
    }

    model, encode, step = (
        Model(path),
        *(litert(tmp_path / f"{x}.tflite") for x in ("encode", "step")),
    )
    state = encode(model.encode(["so"]))
    written = []
    for _ in range(3):
        new = step(state)
        logits = new.pop("logits")
        logits[:, :3] = -np.inf  # padding, unknown, start
        written.append(int(logits.argmax()))
        state = {name.removeprefix("next_"): x for name, x in new.items()}
        state["token"] = np.array(written[-1:], "int32")
    ended = written[: written.index(3)] if 3 in written else written
    tokens = task.preprocessor.tokenizer.vocabulary.tokens
    assert model(["so"]) == ["so" + "".join(tokens[i] for i in ended)]
    assert model(["so"]) == task.generate(["so"], "greedy", max_new_tokens=3)


def test_what_cannot_be_exported(classifier, tmp_path):
    with pytest.raises(ConfigError, match=r"called \.tflite, such as model\.tflite"):
        classifier.export(tmp_path / "model.lite", format="litert")
    with pytest.raises(ConfigError, match="None, 'float16' or 'int8'; got 'int4'"):
        classifier.export(tmp_path / "model.tflite", format="litert", quantize="int4")
    with pytest.raises(ConfigError, match="quantize is for format='litert', not for 'onnx'"):
        classifier.export(tmp_path / "model.onnx", format="onnx", quantize="int8")
    with pytest.raises(ValueError, match="one of tf_saved_model, onnx, litert"):
        classifier.export(tmp_path / "model", format="pickle")
    assert not list(tmp_path.iterdir())
