"""A SavedModel says what the model says, where there is neither rnn_zoo nor Keras."""

import ast
import json
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from export import plain_tensorflow
from small_classifier import LABELS, TEXTS, fitted, small_classifier

from rnn_zoo.datasets import load
from rnn_zoo.errors import BackendError
from rnn_zoo.export.clients import saved_model_client as client
from rnn_zoo.tasks.sources import load_task

STRANGE = [
    "",
    " \n",
    "😀 good 😀",
    "film " * 9_999 + "good",
    b"good \xff\xfe film",
    b"\xc3",
    "日本語。 映画",
    "فيلم جيد",
    "a\x00b\x07c\x85d\u2028e",
    "GOOD FÍLM ſ",
]


def thousand_texts():
    rng = np.random.default_rng(0)
    words = [*" ".join(TEXTS).split(), "unseen", "😀", "日本", "Ä", "!?"]
    return STRANGE + [
        " ".join(rng.choice(words, rng.integers(0, 40))) for _ in range(1_000 - len(STRANGE))
    ]


@pytest.fixture(scope="module")
def task():
    network = {"cell": "lstm", "bidirectional": True, "pooling": "max"}
    labels = [3 if label == "pos" else -1 for label in LABELS]
    return fitted(small_classifier(network, max_length=32), TEXTS, labels, epochs=20)


@pytest.fixture(scope="module")
def folder(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "served"
    task.export(folder)
    return folder


def run(program, *arguments, **options):
    done = subprocess.run(
        [sys.executable, program, *map(str, arguments)], capture_output=True, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def served(folder, tmp_path_factory):
    """What a process with plain TensorFlow makes of the SavedModel."""
    paths = [tmp_path_factory.mktemp("served") / name for name in ("texts", "answers")]
    paths[0].write_bytes(pickle.dumps(thousand_texts()))
    run(plain_tensorflow.__file__, folder, *paths)
    return pickle.loads(paths[1].read_bytes())


@pytest.mark.tensorflow_only
def test_a_thousand_texts_get_the_models_answers(task, served):
    texts = thousand_texts()
    probabilities = task.predict(texts, verbose=0)
    assert np.ptp(probabilities[:, 0]) > 0.2, "the model tells nothing apart: the test is blind"
    answers = served["thousand"]
    np.testing.assert_allclose(answers["probabilities"], probabilities, rtol=0, atol=1e-5)
    assert answers["classes"].tolist() == [[b"-1", b"3"]] * 1_000
    assert answers["label"].tolist() == [[b"-1", b"3"][row.argmax()] for row in probabilities]
    alone = np.concatenate([answer["probabilities"] for answer in served["one by one"]])
    np.testing.assert_allclose(alone, probabilities[: len(alone)], rtol=0, atol=1e-5)


@pytest.mark.tensorflow_only
def test_an_empty_batch_gives_an_empty_answer(served):
    shapes = {name: value.shape for name, value in served["none"].items()}
    assert shapes == {"label": (0,), "probabilities": (0, 2), "classes": (0, 2)}


@pytest.mark.tensorflow_only
def test_every_operation_is_a_core_operation_and_none_is_of_xla(served):
    assert {"StatefulPartitionedCall", "LookupTableFindV2"} <= served["operations"]
    assert served["unknown operations"] == set()
    assert not [name for name in served["operations"] | served["attributes"] if "Xla" in name]


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_saved_model_cli(task, folder, tmp_path):
    program = Path(sys.executable).with_name("saved_model_cli")
    which = ["--dir", folder, "--tag_set", "serve", "--signature_def", "serving_default"]
    shown = run(program, "show", *which).decode()
    assert "inputs['text'] tensor_info:" in shown
    assert all(f"outputs['{name}']" in shown for name in ("label", "probabilities", "classes"))
    texts = ["so bad", "good 😀"]
    run(program, "run", *which, "--input_exprs", f"text={texts!r}", "--outdir", tmp_path)
    np.testing.assert_allclose(
        np.load(tmp_path / "probabilities.npy"), task.predict(texts, verbose=0), atol=1e-5
    )


@pytest.mark.tensorflow_only
def test_the_client_is_a_program_of_its_own(task, folder, tmp_path):
    tree = ast.walk(ast.parse(Path(client.__file__).read_text()))
    packages = {node.module for node in tree if isinstance(node, ast.ImportFrom)}
    assert packages == {"pathlib", "typing"}
    texts = ["so bad", "", "good 😀"]
    out = run(client.__file__, folder, input=json.dumps(texts).encode(), cwd=tmp_path)
    answers, expected = json.loads(out), task.classify(texts)
    assert [answer["label"] for answer in answers] == [str(label) for label, _ in expected]
    np.testing.assert_allclose(
        [max(answer["probabilities"]) for answer in answers], [p for _, p in expected], atol=1e-5
    )


ASKED = {
    "sentiment_lstm@synthetic_reviews": ["a witty joy", ""],
    "tagger_bilstm_crf@ud_english_ewt": ["The quick fox jumps .", "", "Go !"],
    "seq2seq_lstm_attention@dates": ["5 May 2021", ""],
    "adding_gru@adding_100": [[[0.5, 1.0]], [[0.1, 0.0], [0.2, 1.0], [0.3, 1.0]]],
}
SAYS = {
    "label": lambda served: served["label"],
    "tags": lambda served: served["tags"],
    "text": lambda served: served["text"],
    "values": lambda served: pytest.approx(served["values"], abs=1e-5),
}


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("name", ASKED)
def test_the_client_asks_any_task(name, tmp_path):
    task = load_task(name)
    task.export(tmp_path / "served")
    served = client.ask(str(tmp_path / "served"), ASKED[name])
    (field,) = SAYS.keys() & served[0].keys()
    answers = task.answers(ASKED[name])
    expected = [answer["label"] if field == "label" else answer for answer in answers]
    assert [SAYS[field](row) for row in served] == expected


@pytest.mark.tensorflow_only
def test_the_client_asks_about_images(tmp_path):
    import tensorflow as tf

    task = load_task("caption_lstm@digit_strips")
    task.export(tmp_path / "served")
    images = load("digit_strips", "captioned_images").test.inputs[:2]
    paths = [str(tmp_path / f"{i}.png") for i in range(2)]
    for path, image in zip(paths, images, strict=True):
        Path(path).write_bytes(tf.io.encode_png(image[..., None].astype("uint8")).numpy())
    served = client.ask(str(tmp_path / "served"), paths)
    assert [row["text"] for row in served] == task.answers(paths)


@pytest.mark.tensorflow_only
def test_what_cannot_be_exported(task, tmp_path):
    with pytest.raises(ValueError, match="'torch': a task exports as one of tf_saved_model, onnx"):
        task.export(tmp_path / "x", format="torch")
    with pytest.raises(ValueError, match="There is no vocabulary to read text with"):
        small_classifier(vocabulary_size=9, num_classes=2).export(tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow can export")
def test_another_backend_says_what_to_do(tmp_path):
    task = small_classifier().adapt(TEXTS, LABELS)
    with pytest.raises(
        BackendError, match=r"Save the model.*KERAS_BACKEND=tensorflow, export ther"
    ):
        task.export(tmp_path / "x")
    assert not (tmp_path / "x").exists()
