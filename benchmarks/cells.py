"""Time of a training step and of inference by cell: each against our LSTM of the same width.

    python -m benchmarks.cells

The networks and batched shapes are those of benchmarks.steps. Beside each cell that Keras does not
have stands `keras.layers.RNN` over the same cell. Medians of turns in which every network takes its
steps. Writes benchmarks/results/cells.md.
"""

import argparse
import os

import numpy as np
from tqdm import tqdm

from benchmarks.measuring import interleaved, machine, write
from benchmarks.step_networks import LOOP, OURS, steps_of
from benchmarks.steps import SHAPES, WARM_UP
from rnn_zoo import cells

BATCHED = [shape for shape in SHAPES if shape[0] > 1]
KINDS = ("training", "inference")
KERAS_HAS = ("simple_rnn", "gru", "lstm")
SAME = {"irnn"}
"""A vanilla cell that begins otherwise."""
Medians = dict[tuple[str, str], list[float]]
"""By cell and contender, milliseconds of each shape."""


def measure(turns: int) -> dict[str, Medians]:
    """Medians of training and of inference."""
    names = [name for name in cells.names() if name not in SAME]
    pairs = [(name, OURS) for name in names]
    pairs += [(name, LOOP) for name in names if name not in KERAS_HAS]
    medians: dict[str, Medians] = {kind: {pair: [] for pair in pairs} for kind in KINDS}
    for shape in tqdm(BATCHED, unit="shape"):
        made = {pair: steps_of(pair[1], pair[0], shape) for pair in pairs}
        for kind in KINDS:
            steps = {str(pair): made[pair][kind] for pair in pairs}
            taken = interleaved(steps, turns, WARM_UP, warm=True)
            for pair in pairs:
                medians[kind][pair].append(1000 * taken[str(pair)])
    return medians


def mean_ratio(medians: Medians, slower: tuple[str, str], faster: tuple[str, str]) -> float:
    """The geometric mean over the shapes."""
    ratios = np.array(medians[slower]) / np.array(medians[faster])
    return float(np.exp(np.log(ratios).mean()))


def report(measured: dict[str, Medians]) -> str:
    """Everything as Markdown."""
    lines = [
        "# Cells beside the LSTM",
        "",
        "`python -m benchmarks.cells`, medians of interleaved turns over the batched shapes of "
        "[steps.md](steps.md), in the fast scan: how many times as fast as our LSTM of the same "
        "width a network with the cell takes a step, and as `keras.layers.RNN` over the same cell "
        "(geometric means); then milliseconds a shape (batch, time, features, units).",
        "",
        f"{machine('keras', 'tensorflow')[:-1]}; load at the end {os.getloadavg()[2]:.1f}.",
    ]
    for kind, medians in measured.items():
        head = ["cell", "LSTM / cell", "keras.RNN / cell"]
        head += [", ".join(map(str, shape)) for shape in BATCHED]
        lines += ["", f"## {kind.capitalize()}", "", f"| {' | '.join(head)} |", "|---" * len(head)]
        lines[-1] += "|"
        for name, contender in medians:
            if contender != OURS:
                continue
            loop = (name, LOOP)
            columns = [name, f"**{mean_ratio(medians, ('lstm', OURS), (name, OURS)):.2f}**"]
            columns.append(
                f"{mean_ratio(medians, loop, (name, OURS)):.2f}" if loop in medians else ""
            )
            columns += [f"{value:.1f}" for value in medians[name, OURS]]
            lines.append(f"| {' | '.join(columns)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=9)
    write("cells", report(measure(parser.parse_args().turns)))


if __name__ == "__main__":
    main()
