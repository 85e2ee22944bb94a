"""Time of a training step and of inference: rnn_zoo's layers beside their peers, in one run.

    make bench

Each network is Embedding (20,000 words) -> masked recurrent layer -> Dense; a training step is one
of Adam with clipnorm. Lengths are uniform in a quarter to the whole
of the time axis. Medians of turns in which every network takes its steps, so that a slow moment of
the machine slows all of them. Peers of equal meaning are Keras' loop over the same cell, Keras' own
layers, without and with XLA (`jit_compile=True`), and PyTorch on packed sequences; Flax and, for
inference, ONNX Runtime stand beside them. PyTorch on padded sequences ignores the mask.
Writes benchmarks/results/steps.md and .png.
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from keras import ops
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.measuring import interleaved, machine, write
from benchmarks.step_networks import (
    FLAX,
    KERAS_XLA,
    LOOP,
    ONNX,
    OURS,
    PACKED,
    PADDED,
    steps_of,
)

SHAPES = (
    (32, 200, 128, 64),
    (64, 80, 128, 128),
    (128, 50, 256, 256),
    (20, 35, 650, 650),
    (1, 100, 128, 128),
)
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4, "bilstm": 8}
EQUAL = (LOOP, "keras", KERAS_XLA, PACKED)
CONTENDERS = {
    "training": (OURS, *EQUAL, FLAX, PADDED),
    "inference": (OURS, *EQUAL, FLAX, PADDED, ONNX),
}
COMPARED = {
    "training": {"best of keras and torch, packed": EQUAL, PADDED: (PADDED,)},
    "inference": {"best peer but ONNX": (*EQUAL, FLAX, PADDED), ONNX: (ONNX,)},
}
"""Whose fastest a ratio is taken to."""
PACKAGES = ("keras", "tensorflow", "torch", "jax", "flax", "onnxruntime")
WARM_UP = 3  # turns that trace and compile


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
    medians: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of training and of inference, by contender."""
    limit: float = 0.0
    """Milliseconds that the matrix products of a training step take at `product_speed`."""

    def ratio(self, kind: str, peers: Sequence[str]) -> float:
        """How much faster ours is than the fastest of some peers."""
        medians = self.medians[kind]
        return min(medians[peer] for peer in peers) / medians[OURS]

    @property
    def share(self) -> float:
        """How much of the limit a training step reaches."""
        return self.limit / self.medians["training"][OURS]


def measure(layer: str, shape: tuple[int, ...], turns: int) -> Row:
    """Medians of training steps, then of inference."""
    row, speeds = Row(layer, shape), []
    every = dict.fromkeys(name for names in CONTENDERS.values() for name in names)
    made = {contender: steps_of(contender, layer, shape) for contender in every}
    for kind, contenders in CONTENDERS.items():
        steps = {contender: made[contender][kind] for contender in contenders}
        taken = interleaved(steps, turns, WARM_UP, warm=True)
        speeds.append(product_speed())
        row.medians[kind] = {name: 1000 * seconds for name, seconds in taken.items()}
    batch, time_steps, features, units = shape
    # Forward, and backward twice as much; padded steps are counted.
    operations = 3 * 2 * batch * time_steps * (features + units) * GATES[layer] * units
    row.limit = 1000 * operations / max(speeds)
    return row


def table(rows: list[Row], kind: str) -> list[str]:
    """Ratios first, then times, as Markdown."""
    training, compared = kind == "training", COMPARED[kind]
    head = ["layer", "batch, time, D, units", *(f"{name} / ours" for name in compared)]
    head += ["share of the limit"] * training + [f"{name}, ms" for name in CONTENDERS[kind]]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        columns = [row.layer, ", ".join(map(str, row.shape))]
        columns += [f"**{row.ratio(kind, peers):.2f}**" for peers in compared.values()]
        columns += [f"{row.share:.2f}"] * training
        columns += [f"{row.medians[kind][name]:.2f}" for name in CONTENDERS[kind]]
        lines.append("| " + " | ".join(columns) + " |")
    return lines


def mean(ratios: list[float]) -> str:
    """The geometric one."""
    return f"{np.exp(np.mean(np.log(ratios))):.2f}"


def report(rows: list[Row], turns: int) -> str:
    """Everything as Markdown."""
    batched = [row for row in rows if row.shape[0] > 1]
    gated = [row for row in batched if "lstm" in row.layer]
    (alone,) = [row for row in rows if row.shape[0] == 1 and row.layer == "lstm"]

    def means(kind: str, of: list[Row]) -> list[str]:
        return [mean([row.ratio(kind, peers) for row in of]) for peers in COMPARED[kind].values()]

    equal, padded = means("training", gated)
    fastest, onnx = means("inference", rows)
    least = min(row.ratio("training", EQUAL) for row in batched)
    largest = max(row.share for row in gated)
    lines = [
        "# A training step and inference",
        "",
        f"`make bench`, medians of {turns} interleaved turns; a ratio above 1 means that ours is "
        "faster: `rnn_zoo.layers.RNN`, with `Embedding` and `Adam` of `rnn_zoo`. Beside it stand "
        "Keras' loop over the same cell (`keras.RNN`), Keras' own layers (`keras`), the same with "
        "`jit_compile=True`, PyTorch's layers, packed, which means the same, and padded, which "
        "ignores the mask, Flax's `nn.RNN` under `jax.jit` and, for inference, ONNX Runtime. The "
        "limit is what the matrix products of a step, padded steps counted, take at the speed of "
        "one large matrix product.",
        "",
        f"{machine(*PACKAGES)[:-1]}; load at the end {os.getloadavg()[2]:.1f}.",
        "",
        "## Training",
        "",
        f"Geometric means over the batched (Bi)LSTM rows: {equal} times as fast as the best of "
        f"Keras and packed PyTorch, {padded} times as PyTorch padded; "
        f"{mean([row.share for row in gated])} of the limit, at most {largest:.2f}. The least "
        f"ratio of a batched row: {least:.2f}. An LSTM over one sequence: "
        f"{alone.ratio('training', ['keras']):.2f} times as fast as Keras' layer.",
        "",
        *table(rows, "training"),
        "",
        "## Inference",
        "",
        f"Geometric means over all rows: {fastest} times as fast as the best peer but ONNX "
        f"Runtime, {onnx} times as ONNX Runtime. An LSTM over one sequence: "
        f"{alone.ratio('inference', ['keras']):.2f} times as fast as Keras' layer.",
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
            if contender not in CONTENDERS[kind]:
                continue
            ratios = [row.ratio(kind, [contender]) for row in rows]
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
    parser.add_argument("--turns", type=int, default=15, help="turns a median is taken of")
    turns = parser.parse_args().turns
    torch.set_num_threads(os.cpu_count() or 1)
    todo = [(layer, shape) for layer in GATES for shape in SHAPES]
    rows = [measure(layer, shape, turns) for layer, shape in tqdm(todo)]
    write("steps", report(rows, turns), figure(rows))


if __name__ == "__main__":
    main()
