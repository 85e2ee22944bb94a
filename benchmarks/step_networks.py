"""The network of benchmarks.steps, written with rnn_zoo and with each of its peers.

Each is Embedding -> recurrent layer that heeds the lengths -> Dense, and a training step is one of
Adam with clipnorm: every weight's gradient is clipped by itself. Ours is all of rnn_zoo, its
`Embedding` and its `Adam` too. Flax keeps a weight for every gate and clips each.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import onnx
import onnxruntime
import optax
import torch
from keras import ops
from onnx import TensorProto, helper

from benchmarks.measuring import Step
from rnn_zoo import cells, layers, optimizers

WORDS = 20_000
LABELS = 2
RATE = 1e-3
OURS = "rnn_zoo"
LOOP = "keras.RNN"
KERAS_XLA = "keras, XLA"
PACKED = "torch, packed"
PADDED = "torch, padded"
FLAX = "flax"
ONNX = "ONNX Runtime"
KERAS_LAYERS = {
    "simple_rnn": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
TORCH_LAYERS = {"simple_rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
FLAX_CELLS = {"simple_rnn": nn.SimpleCell, "gru": nn.GRUCell, "lstm": nn.OptimizedLSTMCell}
ONNX_LAYERS = {"simple_rnn": ("RNN", 1), "gru": ("GRU", 3), "lstm": ("LSTM", 4)}
"""Operator and number of gates."""


Steps = dict[str, Step]
"""What takes one step of "training", and of "inference"."""


@dataclass
class Batch:
    """Words, padded with 0 behind, and what they should be told to be."""

    words: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    @classmethod
    def random(cls, batch: int, steps: int) -> "Batch":
        """One of the shape `(batch, steps)`."""
        rng = np.random.default_rng(0)
        lengths = rng.integers(steps // 4, steps + 1, size=batch)
        words = rng.integers(1, WORDS, size=(batch, steps)).astype("int32")
        words[np.arange(steps) >= lengths[:, None]] = 0
        return cls(words, lengths.astype("int32"), rng.integers(0, LABELS, size=batch))


def with_keras(contender: str, layer: str, features: int, units: int, batch: Batch) -> Steps:
    """A layer of ours or of Keras."""
    kind = layer.removeprefix("bi")
    ours = contender == OURS
    if ours or contender == LOOP:  # the same cell
        recurrent = (layers.RNN if ours else keras.layers.RNN)(cells.get(kind)(units))
    else:
        recurrent = KERAS_LAYERS[kind](units)
    if layer != kind:
        recurrent = keras.layers.Bidirectional(recurrent)
    embedding = layers.Embedding if ours else keras.layers.Embedding
    tokens = keras.Input((None,), dtype="int32")
    x = recurrent(embedding(WORDS, features)(tokens), mask=ops.not_equal(tokens, 0))
    model = keras.Model(tokens, keras.layers.Dense(LABELS)(x))
    optimizer = optimizers.Adam if ours else keras.optimizers.Adam
    model.compile(
        optimizer(RATE, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=contender == KERAS_XLA,
    )
    return {
        "training": partial(model.train_on_batch, batch.words, batch.labels),
        "inference": partial(model.predict_on_batch, batch.words),
    }


class TorchNetwork(torch.nn.Module):
    """The network with a layer of PyTorch."""

    def __init__(self, layer: str, features: int, units: int, packed: bool):
        super().__init__()
        kind = layer.removeprefix("bi")
        self.packed = packed
        self.embedding = torch.nn.Embedding(WORDS, features)
        self.recurrent = TORCH_LAYERS[kind](
            features, units, batch_first=True, bidirectional=layer != kind
        )
        self.dense = torch.nn.Linear(units * (1 + (layer != kind)), LABELS)

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Words `(batch, time)` to logits `(batch, labels)`."""
        x = self.embedding(words)
        if self.packed:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, lengths, batch_first=True, enforce_sorted=False
            )
        _, last = self.recurrent(x)
        hidden = last[0] if isinstance(last, tuple) else last  # (directions, batch, units)
        return self.dense(torch.cat(list(hidden), dim=-1))


def with_torch(contender: str, layer: str, features: int, units: int, batch: Batch) -> Steps:
    """A layer of PyTorch, on packed sequences, or on padded ones without a mask."""
    network = TorchNetwork(layer, features, units, contender == PACKED)
    words, lengths, labels = map(torch.tensor, (batch.words, batch.lengths, batch.labels))
    optimizer = torch.optim.Adam(network.parameters(), RATE)

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(words, lengths), labels).backward()
        for weight in network.parameters():
            torch.nn.utils.clip_grad_norm_([weight], 1.0)
        optimizer.step()

    def infer() -> None:
        with torch.no_grad():
            network(words, lengths)

    return {"training": train, "inference": infer}


class FlaxNetwork(nn.Module):
    """The network with a layer of Flax: a scan of JAX over a cell."""

    layer: str
    features: int
    units: int

    @nn.compact
    def __call__(self, words: Any) -> Any:
        """Words `(batch, time)` to logits `(batch, labels)`."""
        lengths = jnp.sum(words != 0, axis=1)
        x = nn.Embed(WORDS, self.features)(words)
        kind = self.layer.removeprefix("bi")
        forwards = nn.RNN(FLAX_CELLS[kind](self.units))(x, seq_lengths=lengths)
        hidden = [forwards[jnp.arange(len(words)), lengths - 1]]
        if self.layer != kind:
            backwards = nn.RNN(FLAX_CELLS[kind](self.units), reverse=True, keep_order=True)
            hidden.append(backwards(x, seq_lengths=lengths)[:, 0])
        return nn.Dense(LABELS)(jnp.concatenate(hidden, axis=-1))


def with_flax(_: str, layer: str, features: int, units: int, batch: Batch) -> Steps:
    """A layer of Flax."""
    network, optimizer = FlaxNetwork(layer, features, units), optax.adam(RATE)
    weights = network.init(jax.random.key(0), batch.words)
    state = optimizer.init(weights)

    def loss(weights: Any, words: Any, labels: Any) -> Any:
        logits = network.apply(weights, words)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))

    @partial(jax.jit, donate_argnums=(0, 1))
    def advance(weights: Any, state: Any, words: Any, labels: Any) -> Any:
        gradient = jax.tree.map(
            lambda g: g / jnp.maximum(1.0, jnp.linalg.norm(g)),
            jax.grad(loss)(weights, words, labels),
        )
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(weights, updates), state

    def train() -> None:
        nonlocal weights, state
        weights, state = jax.block_until_ready(advance(weights, state, batch.words, batch.labels))

    apply = jax.jit(network.apply)
    return {
        "training": train,
        "inference": lambda: jax.block_until_ready(apply(weights, batch.words)),
    }


def with_onnx(_: str, layer: str, features: int, units: int, batch: Batch) -> Steps:
    """The operator of ONNX, in a session of ONNX Runtime; it infers only."""
    operator, gates = ONNX_LAYERS[layer.removeprefix("bi")]
    directions = 1 + layer.startswith("bi")
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings": (WORDS, features),
        "W": (directions, gates * units, features),
        "R": (directions, gates * units, units),
        "B": (directions, 2 * gates * units),
        "dense": (directions * units, LABELS),
    }
    weights = [
        onnx.numpy_helper.from_array(rng.normal(0, 0.05, shape).astype("float32"), name)
        for name, shape in shapes.items()
    ]
    weights.append(onnx.numpy_helper.from_array(np.array([0, directions * units]), "flat"))
    direction = "bidirectional" if directions == 2 else "forward"
    options = {"linear_before_reset": 1} if operator == "GRU" else {}
    nodes = [
        helper.make_node("Gather", ["embeddings", "words"], ["vectors"]),
        helper.make_node("Transpose", ["vectors"], ["x"], perm=[1, 0, 2]),  # time first
        helper.make_node(
            operator,
            ["x", "W", "R", "B", "lengths"],
            ["", "last"],  # (directions, batch, units)
            hidden_size=units,
            direction=direction,
            **options,
        ),
        helper.make_node("Transpose", ["last"], ["rows"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["rows", "flat"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "dense"], ["logits"]),
    ]
    inputs = {"words": batch.words, "lengths": batch.lengths}
    graph = helper.make_graph(
        nodes,
        "network",
        [
            helper.make_tensor_value_info(name, TensorProto.INT32, value.shape)
            for name, value in inputs.items()
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, (len(batch.words), LABELS))],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return {"inference": partial(session.run, None, inputs)}


def steps_of(contender: str, layer: str, shape: tuple[int, ...]) -> Steps:
    """The steps of a contender, for a layer and `(batch, time, features, units)`."""
    rows, steps, features, units = shape
    keras.utils.set_random_seed(0)
    others = {PACKED: with_torch, PADDED: with_torch, FLAX: with_flax, ONNX: with_onnx}
    make = others.get(contender, with_keras)
    return make(contender, layer, features, units, Batch.random(rows, steps))
