"""Time of a training step and of inference: rnn_zoo's layers beside their peers, in one run.

    make bench

Each network is Embedding (20,000 words) -> masked recurrent layer -> Dense; a training step is one
of Adam with clipnorm, of ours also one of LazyAdam. Lengths are uniform in a quarter to the whole
of the time axis. Medians of turns in which every network takes one step, so that a slow moment of
the machine slows all of them. Peers of equal meaning are Keras' loop over the same cell, Keras' own
layers, without and with XLA (`jit_compile=True`), and PyTorch on packed sequences; PyTorch on
padded ones ignores the mask.
Writes benchmarks/results/steps.md and .png.
"""

import argparse
import os
import time
from dataclasses import dataclass, field

import keras
import numpy as np
import torch
from keras import ops
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.measuring import Step, interleaved, machine, write
from rnn_zoo import cells, layers, optimizers

WORDS = 20_000
SHAPES = (
    (32, 200, 128, 64),
    (64, 80, 128, 128),
    (128, 50, 256, 256),
    (20, 35, 650, 650),
    (1, 100, 128, 128),
)
LAYERS = ("simple_rnn", "gru", "lstm", "bilstm")
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4, "bilstm": 8}
KERAS = {
    "simple_rnn": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
TORCH = {"simple_rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
OURS = "rnn_zoo"
LAZY = "rnn_zoo, LazyAdam"
EQUAL = ("keras.RNN", "keras", "keras, XLA", "torch, packed")
PADDED = "torch, padded"
CONTENDERS = {"training": (OURS, LAZY, *EQUAL, PADDED), "inference": (OURS, *EQUAL, PADDED)}
WARM_UP = 3  # turns that trace and compile


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
        words = rng.integers(1, WORDS, size=(batch, steps))
        words[np.arange(steps) >= lengths[:, None]] = 0
        return cls(words, lengths, rng.integers(0, 2, size=batch))


def keras_network(contender: str, layer: str, shape: tuple[int, ...]) -> keras.Model:
    """The network with a layer of ours or of Keras."""
    _, _, features, units = shape
    kind = layer.removeprefix("bi")
    ours = contender in (OURS, LAZY)
    if ours or contender == "keras.RNN":  # the same cell
        scan = layers.RNN if ours else keras.layers.RNN
        recurrent = scan(cells.get(kind)(units))
    else:
        recurrent = KERAS[kind](units)
    if layer != kind:
        recurrent = keras.layers.Bidirectional(recurrent)
    embedding = layers.Embedding if ours else keras.layers.Embedding
    tokens = keras.Input((None,), dtype="int32")
    x = recurrent(embedding(WORDS, features)(tokens), mask=ops.not_equal(tokens, 0))
    model = keras.Model(tokens, keras.layers.Dense(2)(x))
    optimizer = optimizers.LazyAdam if contender == LAZY else keras.optimizers.Adam
    model.compile(
        optimizer(1e-3, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=contender == "keras, XLA",
    )
    return model


class TorchNetwork(torch.nn.Module):
    """The network with a layer of PyTorch."""

    def __init__(self, layer: str, shape: tuple[int, ...], packed: bool):
        super().__init__()
        _, _, features, units = shape
        kind = layer.removeprefix("bi")
        self.packed = packed
        self.embedding = torch.nn.Embedding(WORDS, features)
        self.recurrent = TORCH[kind](features, units, batch_first=True, bidirectional=layer != kind)
        self.dense = torch.nn.Linear(units * (1 + (layer != kind)), 2)

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Words `(batch, time)` to logits `(batch, 2)`."""
        x = self.embedding(words)
        if self.packed:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, lengths, batch_first=True, enforce_sorted=False
            )
        _, last = self.recurrent(x)
        hidden = last[0] if isinstance(last, tuple) else last  # (directions, batch, units)
        return self.dense(torch.cat(list(hidden), dim=-1))


def steps_of(contender: str, layer: str, shape: tuple[int, ...]) -> tuple[Step, Step]:
    """A function that takes one training step, and one that infers."""
    batch = Batch.random(*shape[:2])
    keras.utils.set_random_seed(0)
    if not contender.startswith("torch"):
        model = keras_network(contender, layer, shape)
        words, labels = batch.words.astype("int32"), batch.labels
        return (
            lambda: model.train_on_batch(words, labels),
            lambda: model.predict_on_batch(words),
        )
    network = TorchNetwork(layer, shape, contender == "torch, packed")
    words, lengths, labels = map(torch.tensor, (batch.words, batch.lengths, batch.labels))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(words, lengths), labels).backward()
        for weight in network.parameters():  # clipnorm: of each weight
            torch.nn.utils.clip_grad_norm_([weight], 1.0)
        optimizer.step()

    def infer() -> None:
        with torch.no_grad():
            network(words, lengths)

    return train, infer


def product_speed() -> float:
    """Floating-point operations a second of one large matrix product."""
    x = ops.ones((2048, 2048))
    times = []
    for _ in range(7):
        began = time.perf_counter()
        np.asarray(ops.matmul(x, x)[0, 0])
        times.append(time.perf_counter() - began)
    return 2 * 2048**3 / float(np.median(times))


@dataclass
class Row:
    """What was measured of one layer and shape, medians in milliseconds."""

    layer: str
    shape: tuple[int, ...]
    training: dict[str, float] = field(default_factory=dict)
    inference: dict[str, float] = field(default_factory=dict)
    limit: float = 0.0
    """Milliseconds that the matrix products of a training step take at `product_speed`."""

    def ratios(self, medians: dict[str, float]) -> tuple[float, float]:
        """How much faster ours is than the best peer of equal meaning, and than the padded one."""
        best = min(medians[peer] for peer in EQUAL)
        return best / medians[OURS], medians[PADDED] / medians[OURS]


def measure(layer: str, shape: tuple[int, ...], turns: int) -> Row:
    """Medians of training steps, then of inference."""
    row = Row(layer, shape)
    both = {contender: steps_of(contender, layer, shape) for contender in CONTENDERS["training"]}
    speeds = []
    for which, (kind, contenders) in enumerate(CONTENDERS.items()):
        medians = getattr(row, kind)
        steps = {contender: both[contender][which] for contender in contenders}
        taken = interleaved(steps, turns, WARM_UP)
        speeds.append(product_speed())
        medians.update({name: 1000 * seconds for name, seconds in taken.items()})
    batch, time_steps, features, units = shape
    # Forward, and backward twice as much; padded steps are counted.
    operations = 3 * 2 * batch * time_steps * (features + units) * GATES[layer] * units
    row.limit = 1000 * operations / max(speeds)
    return row


def table(rows: list[Row], kind: str) -> list[str]:
    """Ratios first, then times, as Markdown."""
    training = kind == "training"
    head = ["layer", "batch, time, D, units", "best equal peer / ours", f"{PADDED} / ours"]
    head += ["share of the limit"] * training + [f"{name}, ms" for name in CONTENDERS[kind]]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        medians = getattr(row, kind)
        cells_ = [row.layer, ", ".join(map(str, row.shape))]
        cells_ += [f"**{ratio:.2f}**" for ratio in row.ratios(medians)]
        cells_ += [f"{row.limit / medians[OURS]:.2f}"] * training
        cells_ += [f"{medians[name]:.2f}" for name in CONTENDERS[kind]]
        lines.append("| " + " | ".join(cells_) + " |")
    return lines


def mean(ratios: list[float]) -> str:
    """The geometric one."""
    return f"{np.exp(np.mean(np.log(ratios))):.2f}"


def report(rows: list[Row], turns: int) -> str:
    """Everything as Markdown."""
    batched = [row for row in rows if row.shape[0] > 1]
    gated = [row for row in batched if "lstm" in row.layer]
    training = [row.ratios(row.training) for row in gated]
    lazy = [row.training[OURS] / row.training[LAZY] for row in batched]
    least = min(row.ratios(row.training)[0] for row in batched)
    lines = [
        "# A training step and inference",
        "",
        f"`make bench`, medians of {turns} interleaved turns; a ratio above 1 means that "
        "`rnn_zoo.layers.RNN` is faster. Beside it stand Keras' loop over the same cell "
        "(`keras.RNN`), Keras' own layers (`keras`), the same with `jit_compile=True`, and "
        "PyTorch's layers, packed, which means the same, and padded, which ignores the mask. The "
        "limit is what the matrix products of a step, padded steps counted, take at the speed of "
        "one large matrix product.",
        "",
        f"{machine('keras', 'tensorflow', 'torch')[:-1]}; load at the end "
        f"{os.getloadavg()[2]:.1f}.",
        "",
        "## Training",
        "",
        f"Geometric means over the batched (Bi)LSTM rows: {mean([a for a, _ in training])} times "
        f"as fast as the best peer of equal meaning, {mean([b for _, b in training])} times as "
        f"PyTorch padded; {mean([row.limit / row.training[OURS] for row in gated])} of the limit. "
        f"The least ratio of a batched row: {least:.2f}. With `LazyAdam`, another algorithm, over "
        f"all batched rows: {mean(lazy)} times as fast as with Adam.",
        "",
        *table(rows, "training"),
        "",
        "## Inference",
        "",
        "Geometric mean over all rows, against the best peer of equal meaning: "
        f"{mean([row.ratios(row.inference)[0] for row in rows])}.",
        "",
        *table(rows, "inference"),
    ]
    return "\n".join(lines) + "\n"


def figure(rows: list[Row]) -> Figure:
    """Times over ours, a dot a contender, a line a row."""
    drawing = Figure(figsize=(11, 0.3 * len(rows) + 1.5), layout="constrained")
    drawing.suptitle("time over that of rnn_zoo.layers.RNN")
    heights = np.arange(len(rows))
    for axes, kind in zip(
        drawing.subplots(1, 2, sharey=True), ("training", "inference"), strict=True
    ):
        axes.axvline(1, color="0.7")
        for place, contender in enumerate(CONTENDERS["inference"][1:]):
            ratios = [getattr(row, kind)[contender] / getattr(row, kind)[OURS] for row in rows]
            axes.plot(ratios, heights, "o", color=f"C{place}", label=contender, alpha=0.8)
        axes.set_xscale("log")
        axes.set_xticks([0.5, 1, 2, 4, 8], ["0.5", "1", "2", "4", "8"])
        axes.minorticks_off()
        axes.set_title(kind)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_yticks(heights, [f"{row.layer}  {', '.join(map(str, row.shape))}" for row in rows])
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    drawing.legend(handles, labels, frameon=False, loc="outside right upper")
    return drawing


def main() -> None:
    """Measure all rows, print and write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=15, help="steps a median is taken of")
    turns = parser.parse_args().turns
    torch.set_num_threads(os.cpu_count() or 1)
    todo = [(layer, shape) for layer in LAYERS for shape in SHAPES]
    rows = [measure(layer, shape, turns) for layer, shape in tqdm(todo)]
    write("steps", report(rows, turns), figure(rows))


if __name__ == "__main__":
    main()
