"""Time of a training step: rnn_zoo's layers beside Keras' own, interleaved in one run.

    make bench

Each network is Embedding (20,000 words) -> masked recurrent layer -> Dense, trained by Adam with
clipnorm on the same batch; lengths are uniform in a quarter to the whole of the time axis. Medians
of many turns, in which every network takes one step, so that a slow moment of the machine slows all
of them. Writes benchmarks/results/training_step.md and .png.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from keras import ops
from matplotlib.figure import Figure
from tqdm import tqdm

from rnn_zoo import cells, layers

RESULTS = Path(__file__).parent / "results"
WORDS = 20_000
SHAPES = ((32, 200, 128, 64), (64, 80, 128, 128), (128, 50, 256, 256), (20, 35, 650, 650))
KERAS_LAYERS = {
    "simple_rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}
CONTENDERS = ("rnn_zoo.layers.RNN", "keras.layers.RNN", "keras.layers")


def recurrent_layer(contender: str, cell: str, units: int) -> keras.layers.Layer:
    """The layer of one contender; the first two run the same cell of ours."""
    if contender == "keras.layers":
        return KERAS_LAYERS[cell](units)
    scan = layers.RNN if contender == "rnn_zoo.layers.RNN" else keras.layers.RNN
    return scan(cells.get(cell)(units))


def training_step(contender: str, cell: str, shape: tuple[int, ...]) -> Callable[[], object]:
    """A function that takes one training step."""
    batch, steps, features, units = shape
    rng = np.random.default_rng(0)
    lengths = rng.integers(steps // 4, steps + 1, size=batch)
    words = rng.integers(1, WORDS, size=(batch, steps))
    words[np.arange(steps) >= lengths[:, None]] = 0
    labels = rng.integers(0, 2, size=batch)
    keras.utils.set_random_seed(0)
    tokens = keras.Input((None,), dtype="int32")
    mask = ops.not_equal(tokens, 0)
    x = layers.Embedding(WORDS, features)(tokens)
    x = recurrent_layer(contender, cell, units)(x, mask=mask)
    model = keras.Model(tokens, keras.layers.Dense(2)(x))
    model.compile(
        keras.optimizers.Adam(1e-3, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return lambda: model.train_on_batch(words, labels)


def measure(cell: str, shape: tuple[int, ...], turns: int) -> dict[str, float]:
    """Median milliseconds of a step for each contender."""
    steps = {contender: training_step(contender, cell, shape) for contender in CONTENDERS}
    taken: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
    for turn in range(turns + 3):  # the first three trace and warm up
        for contender, step in steps.items():
            began = time.perf_counter()
            step()
            if turn >= 3:
                taken[contender].append(1000 * (time.perf_counter() - began))
    return {contender: float(np.median(times)) for contender, times in taken.items()}


def report(rows: list[tuple[str, tuple[int, ...], dict[str, float]]], turns: int) -> str:
    """The results as Markdown, ratios first."""
    ours, *peers = CONTENDERS
    lines = [
        "# Training step",
        "",
        f"`make bench`, median of {turns} interleaved turns; a ratio above 1 means that "
        f"`{ours}` is faster.",
        "",
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("keras", "tensorflow"))
        + f", backend {keras.backend.backend()}.",
        "",
        f"| cell | batch, time, D, units | {' | '.join(f'against `{peer}`' for peer in peers)} | "
        f"{' | '.join(f'`{contender}`, ms' for contender in CONTENDERS)} |",
        "|---" * (2 + len(peers) + len(CONTENDERS)) + "|",
    ]
    for cell, shape, medians in rows:
        ratios = [f"**{medians[peer] / medians[ours]:.2f}**" for peer in peers]
        times = [f"{medians[contender]:.1f}" for contender in CONTENDERS]
        shown = ", ".join(map(str, shape))
        lines.append(f"| {cell} | {shown} | {' | '.join([*ratios, *times])} |")
    return "\n".join(lines) + "\n"


def figure(rows: list[tuple[str, tuple[int, ...], dict[str, float]]]) -> Figure:
    """Bars of the times, a group a row."""
    drawing = Figure(figsize=(9, 0.45 * len(rows) + 1.2), layout="constrained")
    axes = drawing.add_subplot()
    heights = np.arange(len(rows))
    for place, (contender, color) in enumerate(
        zip(CONTENDERS, ("C0", "0.45", "0.75"), strict=True)
    ):
        times = [medians[contender] for _, _, medians in rows]
        axes.barh(heights + 0.27 * (place - 1), times, 0.25, color=color, label=contender)
    axes.set_yticks(heights, [f"{cell}  {', '.join(map(str, shape))}" for cell, shape, _ in rows])
    axes.invert_yaxis()
    axes.set(xlabel="milliseconds a training step", title="batch, time, features, units")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return drawing


def main() -> None:
    """Measure all rows, print and write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=25, help="steps a median is taken of")
    turns = parser.parse_args().turns
    todo = [(cell, shape) for cell in KERAS_LAYERS for shape in SHAPES]
    rows = [(cell, shape, measure(cell, shape, turns)) for cell, shape in tqdm(todo)]
    text = report(rows, turns)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "training_step.md").write_text(text, encoding="utf-8")
    figure(rows).savefig(RESULTS / "training_step.png", dpi=120)


if __name__ == "__main__":
    main()
