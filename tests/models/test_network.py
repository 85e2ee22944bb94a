"""What Keras' own `export` writes of a network, as the network says it."""

import keras
import numpy as np
import pytest

import rnn_zoo
from rnn_zoo import cells, layers

onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = [pytest.mark.tensorflow_only, pytest.mark.slow]
TEXT = {"vocabulary_size": 20}
PAIRS = {"source_vocabulary_size": 20, "target_vocabulary_size": 15}
NETWORKS = {
    "sentiment_gru": TEXT | {"num_classes": 2},
    "sentiment_bilstm": TEXT | {"num_classes": 3, "pooling": "max"},
    "tagger_bilstm": TEXT | {"num_tags": 4},
    "tagger_bilstm_crf": TEXT | {"num_tags": 4},
    "seq2seq_gru": PAIRS,
    "seq2seq_lstm_attention": PAIRS,
    "word_lm_lstm": TEXT,
    "caption_lstm": TEXT,
    "caption_lstm_attention": TEXT,
    "adding_gru": {"features": 2, "outputs": 1},
}


def values_for(x, rng):
    """An input of two rows, with padding in the first and holes in the second."""
    shape = [2, *(7 if size is None else size for size in x.shape[1:])]
    values = rng.integers(0, 4, shape) if x.dtype != "float32" else rng.normal(size=shape)
    values[0, 4:] = 0
    return values.astype(x.dtype)


def assert_alike(model, path):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    inputs = {x.name: values_for(x, rng) for x in model.inputs}
    assert [x.name for x in session.get_inputs()] == list(inputs)
    x = keras.tree.pack_sequence_as(model.input, list(inputs.values()))
    expected = keras.tree.flatten(model(x, training=False))
    for got, want in zip(session.run(None, inputs), expected, strict=True):
        assert np.ptp(want) > 1e-4  # else the test is blind
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_keras_writes_onnx_of_a_network(name, tmp_path):
    keras.utils.set_random_seed(0)
    network = rnn_zoo.get(name, units=64, **NETWORKS[name]).network
    for weight in network.weights:
        if weight.dtype == "float32":  # what is zero at first says nothing
            weight.assign(weight + keras.random.normal(weight.shape, stddev=0.1))
    network.export(tmp_path / "network.onnx", format="onnx", verbose=False)
    assert_alike(network, tmp_path / "network.onnx")


@pytest.mark.parametrize("cell", [cells.LSTMCell, cells.GRUCell])
def test_a_model_of_ones_own_is_portable(cell, tmp_path):
    keras.utils.set_random_seed(0)
    x = keras.Input((None, 3), name="x")
    mask = keras.Input((None,), dtype="bool", name="mask")
    both = keras.layers.Bidirectional(layers.RNN(cell(64), return_sequences=True))
    model = keras.Model([x, mask], layers.SequencePooling("max")(both(x, mask=mask), mask=mask))
    model([np.zeros((1, 2, 3), "float32"), np.ones((1, 2), "bool")])
    with layers.portable():
        model.export(tmp_path / "own.onnx", format="onnx", verbose=False)
    assert_alike(model, tmp_path / "own.onnx")


def test_a_saved_model_and_litert_hold_no_xla(tmp_path):
    network = rnn_zoo.get("sentiment_gru", units=64, **NETWORKS["sentiment_gru"]).network
    network.export(tmp_path / "saved", verbose=False)
    assert b"_XlaMustCompile" not in (tmp_path / "saved" / "saved_model.pb").read_bytes()
    network.export(tmp_path / "network.tflite", format="litert", verbose=False)
    assert (tmp_path / "network.tflite").stat().st_size > 0
