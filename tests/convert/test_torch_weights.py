"""PyTorch's weights: its documented equations in NumPy, and PyTorch itself where it is."""

import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers
from rnn_zoo.convert import from_torch, to_torch
from rnn_zoo.errors import ConversionError

BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}
KINDS = [*BLOCKS, "rnn relu"]
HIDDEN, FEATURES = 4, 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def weights_of(kind, depth, directions, rng, bias=True, prefix=""):
    rows = BLOCKS[kind.split()[0]] * HIDDEN
    arrays = {}
    for level in range(depth):
        width = FEATURES if level == 0 else directions * HIDDEN
        for way in ("", "_reverse")[:directions]:
            end = f"_l{level}{way}"
            arrays[f"{prefix}weight_ih{end}"] = rng.normal(0, 0.6, (rows, width))
            arrays[f"{prefix}weight_hh{end}"] = rng.normal(0, 0.6, (rows, HIDDEN))
            if bias:
                arrays[f"{prefix}bias_ih{end}"] = rng.normal(0, 0.6, rows)
                arrays[f"{prefix}bias_hh{end}"] = rng.normal(0, 0.6, rows)
    return arrays


def step(kind, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """A step by the equations in the documentation of torch.nn.RNN, GRU and LSTM."""
    given, recurrent = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    if kind == "lstm":
        i, f, g, o = np.split(given + recurrent, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    if kind == "gru":
        (i_r, i_z, i_n), (h_r, h_z, h_n) = np.split(given, 3, -1), np.split(recurrent, 3, -1)
        r, z = sigmoid(i_r + h_r), sigmoid(i_z + h_z)
        n = np.tanh(i_n + r * h_n)
        return (1 - z) * n + z * h, c
    a = given + recurrent
    return (np.maximum(a, 0) if "relu" in kind else np.tanh(a)), c


def run(kind, arrays, x, depth, directions):
    """The outputs of the last layer for one sequence `(time, features)`."""
    for level in range(depth):
        outputs = []
        for way in ("", "_reverse")[:directions]:
            names = [f"{name}_l{level}{way}" for name in ("weight_ih", "weight_hh")]
            biases = [
                arrays.get(f"{name}_l{level}{way}", np.zeros(1)) for name in ("bias_ih", "bias_hh")
            ]
            h = c = np.zeros(HIDDEN)
            states = []
            for row in x[::-1] if way else x:
                h, c = step(kind, row, h, c, *(arrays[name] for name in names), *biases)
                states.append(h)
            outputs.append(np.stack(states[::-1] if way else states))
        x = np.concatenate(outputs, axis=-1)
    return x


def padded(rng):
    """Two sequences of 5 and 3 steps, and their mask."""
    return rng.normal(size=(2, 5, FEATURES)), np.arange(5) < np.array([[5], [3]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("depth", "directions", "bias"), [(1, 1, True), (2, 2, True), (3, 1, False)]
)
def test_the_equations_of_pytorch(kind, depth, directions, bias):
    rng = np.random.default_rng(0)
    arrays = weights_of(kind, depth, directions, rng, bias)
    activation = "relu" if "relu" in kind else "tanh"
    model = from_torch(arrays, activation=activation, dtype="float64")
    x, mask = padded(rng)
    outputs = keras.ops.convert_to_numpy(model(x, mask=mask))
    for row, real, got in zip(x, mask, outputs, strict=True):
        expected = run(kind, arrays, row[real], depth, directions)
        np.testing.assert_allclose(got[real], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    arrays = weights_of(kind, 2, 2, np.random.default_rng(1))
    model = from_torch(arrays, activation="relu" if "relu" in kind else "tanh", dtype="float64")
    back = to_torch(model)
    assert list(back) == list(arrays)
    for end in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        total = arrays[f"bias_ih{end}"] + arrays[f"bias_hh{end}"]
        np.testing.assert_array_equal(back[f"weight_ih{end}"], arrays[f"weight_ih{end}"])
        np.testing.assert_array_equal(back[f"weight_hh{end}"], arrays[f"weight_hh{end}"])
        if kind == "gru":
            np.testing.assert_array_equal(back[f"bias_ih{end}"], arrays[f"bias_ih{end}"])
            np.testing.assert_array_equal(back[f"bias_hh{end}"], arrays[f"bias_hh{end}"])
        else:
            np.testing.assert_array_equal(back[f"bias_ih{end}"], total)
            np.testing.assert_array_equal(back[f"bias_hh{end}"], 0)


@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_layers_of_keras_go_to_pytorch(layer):
    rng = np.random.default_rng(2)
    model = keras.Sequential(
        [
            keras.Input((None, FEATURES)),
            keras.layers.Bidirectional(
                getattr(keras.layers, layer)(HIDDEN, return_sequences=True, dtype="float64")
            ),
        ]
    )
    model.set_weights([rng.normal(0, 0.6, weight.shape) for weight in model.get_weights()])
    x, mask = padded(rng)
    outputs = keras.ops.convert_to_numpy(model(x, mask=mask))
    arrays = to_torch(model)
    kind = {"SimpleRNN": "rnn"}.get(layer, layer.lower())
    for row, real, expected in zip(x, mask, outputs, strict=True):
        got = run(kind, arrays, row[real], 1, 2)
        np.testing.assert_allclose(got, expected[real], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("directions", [1, 2])
def test_pytorch_itself(kind, directions):
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `bench`")
    classes = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    torch.manual_seed(0)
    options = {"nonlinearity": "relu"} if "relu" in kind else {}
    module = classes[kind.split()[0]](
        FEATURES, HIDDEN, 2, batch_first=True, bidirectional=directions == 2, **options
    ).double()
    arrays = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    x, mask = padded(np.random.default_rng(3))
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.tensor(x), torch.tensor([5, 3]), batch_first=True
    )
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0], batch_first=True)
    activation = options.get("nonlinearity", "tanh")
    model = from_torch(arrays, activation=activation, dtype="float64")
    outputs = keras.ops.convert_to_numpy(model(x, mask=mask))
    np.testing.assert_allclose(outputs[mask], expected.detach().numpy()[mask], rtol=0, atol=1e-12)
    back = {name: torch.tensor(array) for name, array in to_torch(model).items()}
    module.load_state_dict(back)
    again, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0], batch_first=True)
    np.testing.assert_allclose(
        again.detach().numpy(), expected.detach().numpy(), rtol=0, atol=1e-12
    )


def test_a_safetensors_file_and_a_prefix(tmp_path):
    numpy_files = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(4)
    encoder = weights_of("lstm", 1, 2, rng, prefix="encoder.lstm.")
    decoder = weights_of("gru", 1, 1, rng, prefix="decoder.")
    path = tmp_path / "m.safetensors"
    numpy_files.save_file(encoder | decoder | {"embedding.weight": np.ones((5, 3))}, path)
    model = from_torch(path, prefix="encoder.lstm", dtype="float64")
    expected = from_torch(encoder, dtype="float64")
    for got, weight in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(got, weight)
    with pytest.raises(ConversionError, match=r"here are 'decoder', 'encoder.lstm': prefix should"):
        from_torch(path)
    with pytest.raises(ConversionError, match=r"there is no 'encoder.gru'"):
        from_torch(str(path), prefix="encoder.gru")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ConversionError, match="cannot be read"):
        from_torch(path)


LSTM = weights_of("lstm", 1, 1, np.random.default_rng(5))
WRONG = {
    "a pickle": ("m.pt", {}, "no .safetensors file. Files that PyTorch pickles are not read"),
    "no weights": ({"embedding.weight": np.ones((5, 3))}, {}, "modules here are none"),
    "one missing": ({k: LSTM[k] for k in LSTM if k != "bias_hh_l0"}, {}, "bias_hh_l0 is missing"),
    "another shape": (
        LSTM | {"weight_ih_l0": np.ones((15, 3))},
        {},
        r"weight_ih_l0 should have the shape \(16, 3\), not \(15, 3\)",
    ),
    "no kind": (LSTM | {"weight_hh_l0": np.ones((8, 4))}, {}, r"it has \(8, 4\)"),
    "a gap": (
        LSTM | {"weight_ih_l2": np.ones((16, 4))},
        {},
        "weight_ih_l1 is missing",
    ),
    "a level too many": (
        LSTM | {"weight_hh_l1": np.ones((16, 4))},
        {},
        "no place: weight_hh_l1",
    ),
    "a projection": (LSTM | {"weight_hr_l0": np.ones((2, 4))}, {}, "proj_size"),
    "relu": (LSTM, {"activation": "relu"}, "or relu for an RNN; got 'relu'"),
    "cubic": (LSTM, {"activation": "cubic"}, "got 'cubic'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_weights(case):
    weights, options, message = WRONG[case]
    with pytest.raises(ConversionError, match=message):
        from_torch(weights, **options)


def recurrent(cell, **options):
    layer = layers.RNN(cell, return_sequences=True, **options)
    layer.build((None, None, HIDDEN))
    return layer


UNLIKE = {
    "nothing": ([], "no recurrent layers"),
    "units": ([recurrent(cells.LSTMCell(4)), recurrent(cells.LSTMCell(5))], "these differ"),
    "cells": ([recurrent(cells.LSTMCell(4)), recurrent(cells.GRUCell(4))], "these differ"),
    "reset before": ([recurrent(cells.GRUCell(4, reset_after=False))], "after the product"),
    "an activation": ([recurrent(cells.LSTMCell(4, activation="relu"))], "other activations"),
    "a cell": ([recurrent(cells.IRNNCell(4))], "no module for IRNNCell"),
    "a layer": ([keras.layers.Dense(4)], "no module for Dense"),
    "initial states": (
        [recurrent(cells.LSTMCell(4), learn_initial_state=True)],
        "learns no initial state",
    ),
    "a projection": ([recurrent(cells.LSTMCell(4, projection=2))], "with projection"),
    "not built": ([layers.RNN(cells.LSTMCell(4))], "has no weights yet"),
    "a sum": (
        [keras.layers.Bidirectional(layers.RNN(cells.LSTMCell(4)), merge_mode="sum")],
        "concatenates",
    ),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_layers_that_pytorch_does_not_have(case):
    stack, message = UNLIKE[case]
    with pytest.raises(ConversionError, match=message):
        to_torch(stack)
