"""An ONNX file and its client say what the task says, where there is onnxruntime alone."""

import builtins
import json
import subprocess
import sys

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from small_classifier import LABELS, TEXTS, fitted, small_classifier

import rnn_zoo
from rnn_zoo import cells, layers
from rnn_zoo.decoding import Beam
from rnn_zoo.errors import BackendError, ConfigError, DataError
from rnn_zoo.export import check
from rnn_zoo.export.clients import client
from rnn_zoo.export.onnx_model import to_onnx
from rnn_zoo.preprocessing import Tokenizer
from rnn_zoo.tasks import Translator

MASKS = [
    [1, 1, 1, 1, 1],
    [1, 1, 0, 0, 0],  # right
    [0, 0, 1, 1, 1],  # left
    [1, 0, 1, 0, 1],  # holes
    [0, 0, 0, 0, 0],
]
PAIRS = (
    ["ein Hund", "ein Mann", "zwei Hunde", "ein Haus"] * 4,
    ["a dog", "a man", "two dogs", "a"] * 4,
)


class OwnCell(cells.SimpleRNNCell):
    """Something that ONNX has no operator for."""

    def update(self, gates, states):
        return [0.5 * states[0] + 0.5 * gates["h"]]


def in_onnx(network):
    """A network of one input and one output, as a function and as a set of operators."""
    spec = [
        tf.TensorSpec(x.shape, x.dtype, name=f"input_{i}") for i, x in enumerate(network.inputs)
    ]
    model = to_onnx(lambda *x: {"y": network(list(x), training=False)}, spec)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )

    def run(*x):
        return session.run(None, {f"input_{i}": part for i, part in enumerate(x)})[0]

    return run, {node.op_type for node in model.graph.node}


CELLS = [
    (cells.LSTMCell, "LSTM"),
    (cells.GRUCell, "GRU"),
    (cells.SimpleRNNCell, "RNN"),
    (cells.IRNNCell, "RNN"),
    (OwnCell, "Loop"),
    *(
        pytest.param(cell, "Loop", marks=pytest.mark.slow)
        for cell in (
            cells.PeepholeLSTMCell,
            cells.LayerNormLSTMCell,
            cells.SLSTMCell,
            cells.MLSTMCell,
            cells.MinGRUCell,
            cells.MinLSTMCell,
            cells.RGLRUCell,
        )
    ),
]


@pytest.mark.parametrize("return_sequences", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize(("cell", "operator"), CELLS)
def test_any_mask_in_any_layer(cell, operator, go_backwards, return_sequences):
    keras.utils.set_random_seed(0)
    x, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    layer = layers.RNN(
        cell(4, bias_initializer="glorot_uniform" if cell is not cells.GRUCell else "ones"),
        return_sequences=return_sequences,
        go_backwards=go_backwards,
        learn_initial_state=True,
    )
    network = keras.Model([x, mask], layer(x, mask=mask))
    layer.initial_state_weights[0].assign([0.1, -0.2, 0.3, 0.4])
    run, operators = in_onnx(network)
    assert operator in operators
    masks = np.array(MASKS, "bool")
    inputs = np.random.default_rng(0).normal(size=(*masks.shape, 3)).astype("float32")
    np.testing.assert_allclose(run(inputs, masks), network([inputs, masks]), atol=1e-6)
    alone = inputs[:1], masks[:1]
    np.testing.assert_allclose(run(*alone), network(list(alone)), atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"use_bias": False}, {"activation": "relu"}, {"projection": 2}, {"dtype": "float16"}],
)
def test_what_an_operator_cannot_say_is_right_too(options):
    keras.utils.set_random_seed(0)
    x = keras.Input((None, 3))
    dtype = options.get("dtype")
    network = keras.Model(x, layers.RNN(cells.LSTMCell(4, **options), dtype=dtype)(x))
    run, operators = in_onnx(network)
    assert ("LSTM" in operators) == (options == {"use_bias": False})
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    np.testing.assert_allclose(run(inputs), network(inputs), atol=1e-6 if dtype is None else 2e-3)


@pytest.fixture(scope="module")
def classifier():
    network = {"cell": "lstm", "bidirectional": True, "pooling": "max"}
    return fitted(small_classifier(network, max_length=32), TEXTS, LABELS, epochs=20)


@pytest.fixture(scope="module")
def exported(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    classifier.export(path, format="onnx")
    return path


def test_what_is_written(exported):
    names = {path.name for path in exported.parent.iterdir()}
    assert names == {"model.onnx", "preprocessing.json", "client.py"}
    graph = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    assert [x.name for x in graph.get_inputs()] == ["tokens"]
    assert [x.name for x in graph.get_outputs()] == ["probabilities"]
    assert graph.get_inputs()[0].shape[1] != graph.get_outputs()[0].shape[1]  # time is free


def test_batches_of_none_and_a_thousand(classifier, exported):
    model = client.Model(exported)
    assert model([]) == []
    texts = [" ".join(TEXTS[: i % 5]) for i in range(1000)]
    answers = model(texts, batch_size=1000)
    expected = classifier.classify(texts)
    assert [answer["label"] for answer in answers] == [label for label, _ in expected]
    got = [answer["probability"] for answer in answers]
    np.testing.assert_allclose(got, [p for _, p in expected], atol=1e-5)


def test_the_client_is_a_program_that_needs_onnxruntime_alone(classifier, exported):
    block = "import sys; sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'rnn_zoo']));"
    program = exported.with_name("client.py")
    run = f"{block} sys.argv = ['', {str(exported)!r}]; import runpy; "
    run += f"runpy.run_path({str(program)!r}, run_name='__main__')"
    texts = ["a good film", "", "ſtraße 日本 \x00 b"]
    done = subprocess.run(
        [sys.executable, "-c", run], input=json.dumps(texts), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [a["label"] for a in answers] == [label for label, _ in classifier.classify(texts)]


@pytest.mark.parametrize("tokens", ["words", "characters", "whitespace", "subwords"])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=100, max_size=100))
def test_texts_are_read_alike(tokens, texts):
    tokenizer = Tokenizer(tokens)
    tokenizer.fix(tokenizer.count(tf.constant(["Some words, Über Straße [EOL]\nA ſ İ"])), 100, 1)
    mine = client.Tokenizer(tokenizer.settings())
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    theirs = tokenizer.ids(tf.constant(np.array(encoded, object)))  # NumPy's bytes lose a last NUL
    for text, ids in zip(texts, theirs.to_list(), strict=True):
        assert mine(text) == ids, ascii(text)


@pytest.fixture(scope="module")
def translator():
    keras.utils.set_random_seed(0)
    task = Translator(
        {"units": 8, "embedding_dim": 8, "attention": "additive", "dropout": 0.0},
        {"tokens": "words", "min_count": 1, "max_target_length": 6},
    )
    task.compile("adam")
    task.fit(*PAIRS, epochs=3, verbose=0)
    return task


@pytest.mark.parametrize(
    ("format", "file"),
    [("onnx", "a.onnx"), pytest.param("litert", "a.tflite", marks=pytest.mark.slow)],
)
def test_beams_come_with_their_scores(translator, tmp_path, format, file):
    decoding = Beam(width=3, n_best=2)
    translator.export(tmp_path / file, format=format, decoding=decoding)
    texts = ["ein Hund", "Haus", ""]
    answers = client.Model(tmp_path / file)(texts)
    for answer, expected in zip(answers, translator.generate(texts, decoding), strict=True):
        assert [text for text, _ in answer] == [text for text, _ in expected]
        scores = [[score for _, score in pairs] for pairs in (answer, expected)]
        np.testing.assert_allclose(*scores, atol=1e-4)


def test_a_program_decodes_step_by_step(translator, tmp_path):
    translator.export(tmp_path / "model.onnx", format="onnx")
    encode, step = (
        onnxruntime.InferenceSession(str(tmp_path / f"{name}.onnx")) for name in ("encode", "step")
    )
    ids = client.Model(tmp_path / "model.onnx").encode(["ein Hund"])
    state = dict(zip([x.name for x in encode.get_outputs()], encode.run(None, ids), strict=True))
    token, chosen = state.pop("token"), []
    for _ in range(3):
        names = [x.name for x in step.get_outputs()]
        wanted = {x.name for x in step.get_inputs()}
        given_ = {name: x for name, x in {"token": token, **state}.items() if name in wanted}
        new = dict(zip(names, step.run(None, given_), strict=True))
        logits = new.pop("logits")
        logits[:, [0, 1, 2]] = -np.inf  # padding, unknown, start
        token = logits.argmax(axis=-1).astype("int32")
        chosen.append(int(token[0]))
        state |= {name.removeprefix("next_"): x for name, x in new.items()}
    search = translator.decoder_for("greedy")
    expected = search(tf.constant(ids["source"]))["tokens"][0, 0, :3]
    assert chosen == expected.numpy().tolist()


def test_a_table_of_how_well_it_agrees(classifier, translator, exported, tmp_path):
    agreement = check(exported, classifier, [*TEXTS, ""])
    assert agreement.equal == agreement.inputs == len(TEXTS) + 1
    assert agreement.difference < 1e-5
    assert set(agreement.milliseconds) == {1, min(32, len(TEXTS) + 1)}
    table = str(agreement)
    assert f"{agreement.equal} of {agreement.equal} equal, largest difference" in table
    assert "model.onnx        task" in table
    translator.export(tmp_path / "model.onnx", format="onnx", decoding="beam")
    agreement = check(tmp_path / "model.onnx", translator, PAIRS[0][:4], decoding="beam")
    assert (agreement.equal, agreement.difference) == (4, None)
    other = fitted(small_classifier({"cell": "gru"}), TEXTS, LABELS, epochs=1)
    assert check(exported, other, TEXTS).equal == 0
    with pytest.raises(DataError, match="no input"):
        check(exported, classifier, [])
    with pytest.raises(ConfigError, match=r"\.onnx or \.tflite file"):
        check(tmp_path, classifier, TEXTS)


def test_what_cannot_be_exported(classifier, tmp_path, monkeypatch):
    model = rnn_zoo.get("char_lm_rnn", units=8, min_count=1).adapt(["some text"])
    with pytest.raises(ConfigError, match="Sample draws at random, which this format cannot"):
        model.export(tmp_path / "model.onnx", format="onnx")
    with pytest.raises(ConfigError, match=r"called \.onnx"):
        classifier.export(tmp_path / "model", format="onnx")
    with pytest.raises(ConfigError, match=r"ONNX has no operator for .*Random"):
        to_onnx(
            lambda seed: {"y": tf.random.stateless_uniform([2], seed)},
            [tf.TensorSpec([2], tf.int32, name="seed")],
        )
    imported = builtins.__import__

    def without(name, *arguments, **options):
        if name == "tf2onnx":
            raise ImportError(name)
        return imported(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BackendError, match=r"pip install 'rnn_zoo\[onnx\]'"):
        classifier.export(tmp_path / "model.onnx", format="onnx")
    assert not list(tmp_path.iterdir())


def test_files_of_a_newer_version(exported, tmp_path):
    content = json.loads(exported.with_name("preprocessing.json").read_text())
    (tmp_path / "preprocessing.json").write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(ValueError, match="newer version"):
        client.Model(tmp_path / "model.onnx")
