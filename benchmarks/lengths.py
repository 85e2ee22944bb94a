"""Memory and time of a training step as sequences grow: our LSTM and MinGRU beside peers.

    python -m benchmarks.lengths

Embedding (1,000 words, 128) -> a layer of 128 units -> Dense, 16 rows, Adam, no padding. Each
length and contender has a process of its own; memory is the most that it holds above what it held
before the first step, time that of its last step. Writes benchmarks/results/lengths.md and .png.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from benchmarks.measuring import machine, write

LENGTHS = (100, 500, 2_000, 5_000, 20_000)
CONTENDERS = (
    *("rnn_zoo", "rnn_zoo, recomputing", "keras", "torch"),
    *("rnn_zoo, mingru", "rnn_zoo, mingru, recomputing"),
)
ROWS, UNITS, WORDS = 16, 128, 1000
STEPS = 3
Measured = dict[tuple[str, int], dict[str, float]]


def keras_step(contender: str, words: np.ndarray) -> Callable[[], object]:
    """A training step with a layer of ours or of Keras."""
    import keras

    from rnn_zoo import cells, layers

    if contender == "keras":
        embedding, scan = keras.layers.Embedding, keras.layers.LSTM(UNITS)
    else:
        every = math.isqrt(words.shape[1]) if "recomputing" in contender else None
        embedding = layers.Embedding
        (name,) = set(contender.split(", ")) & set(cells.names()) or {"lstm"}
        scan = layers.RNN(cells.get(name)(UNITS), recompute_every=every)
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, keras.layers.Dense(1)(scan(embedding(WORDS, UNITS)(tokens))))
    model.compile("adam", "mse")
    return lambda: model.train_on_batch(words, np.zeros((ROWS, 1)))


def torch_step(words: np.ndarray) -> Callable[[], object]:
    """A training step with PyTorch's layer."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(WORDS, UNITS)
            self.recurrent = torch.nn.LSTM(UNITS, UNITS, batch_first=True)
            self.dense = torch.nn.Linear(UNITS, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dense(self.recurrent(self.embedding(x))[1][0][0])

    network, x = Network(), torch.tensor(words)
    optimizer = torch.optim.Adam(network.parameters())

    def step() -> None:
        optimizer.zero_grad()
        network(x).square().mean().backward()
        optimizer.step()

    return step


def measure_here(contender: str, length: int) -> dict[str, float]:
    """Megabytes and seconds of a training step, in this process."""
    words = np.random.default_rng(0).integers(0, WORDS, size=(ROWS, length))
    step = torch_step(words) if contender == "torch" else keras_step(contender, words)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(STEPS):
        began = time.perf_counter()
        step()
        seconds = time.perf_counter() - began
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"megabytes": kilobytes / 1000, "seconds": seconds}


def measure(contender: str, length: int) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.lengths", "--one", contender, str(length)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def report(measured: Measured) -> str:
    """Everything as Markdown."""
    lines = [
        "# Memory and time as sequences grow",
        "",
        "`python -m benchmarks.lengths`: a training step of an LSTM (`mingru`: of a MinGRU) of "
        f"{UNITS} units over {ROWS} rows, each cell of the table in a process of its own: the most "
        "memory it holds above what it held before the first step, in MB, and the seconds of the "
        f"last of {STEPS} steps. "
        "`recomputing` is `rnn_zoo.layers.RNN(cell, recompute_every=k)`, k the root of the length. "
        "A slope is the memory between the two longest, in bytes a row, step and unit.",
        "",
        f"{machine('keras', 'tensorflow', 'torch')[:-1]}; load at the end "
        f"{os.getloadavg()[2]:.1f}.",
        "",
    ]
    for kind, form in (("megabytes", ".0f"), ("seconds", ".2f")):
        slope = kind == "megabytes"
        lines += [
            f"| {kind} | " + " | ".join(f"{n:,}" for n in LENGTHS) + " |" + " slope |" * slope,
            "|---" * (1 + len(LENGTHS) + slope) + "|",
        ]
        for contender in CONTENDERS:
            values = [measured[contender, length][kind] for length in LENGTHS]
            line = f"| {contender} | " + " | ".join(format(value, form) for value in values) + " |"
            if slope:
                more, steps = values[-1] - values[-2], LENGTHS[-1] - LENGTHS[-2]
                line += f" {1e6 * more / (steps * ROWS * UNITS):.0f} |"
            lines.append(line)
        lines.append("")
    return "\n".join(lines)


def figure(measured: Measured) -> Figure:
    """Memory and time over length."""
    drawing = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, kind in zip(drawing.subplots(1, 2), ("megabytes", "seconds"), strict=True):
        for contender in CONTENDERS:
            values = [measured[contender, length][kind] for length in LENGTHS]
            axes.loglog(LENGTHS, values, "o-", label=contender)
        axes.set_xlabel("steps")
        axes.set_ylabel(f"{kind} of a training step")
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return drawing


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "LENGTH"), help="in this process")
    arguments = parser.parse_args()
    if arguments.one:
        contender, length = arguments.one
        print(json.dumps(measure_here(contender, int(length))))
        return
    todo = [(contender, length) for length in LENGTHS for contender in CONTENDERS]
    measured = {both: measure(*both) for both in tqdm(todo)}
    write("lengths", report(measured), figure(measured))


if __name__ == "__main__":
    main()
