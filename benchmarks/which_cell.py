"""Which cell for what: the scores of the zoo's entries by cell, with time and memory of a step.

    python -m benchmarks.which_cell
    python -m benchmarks.which_cell --scores

The first measures a training step of every cell, writes benchmarks/results/which_cell.md and its
table into README.md. The second brings the scores up to date alone.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

import rnn_zoo
from benchmarks.lengths import ROWS, UNITS, measure
from benchmarks.measuring import RESULTS, machine, write
from benchmarks.scores import ROOT, shown
from rnn_zoo import cells, registry
from rnn_zoo.config import ResultConfig

STEPS = 2_000
DATA = {
    "sst2": "accuracy",
    "universal_dependencies": "accuracy",
    "sequential_digits": "accuracy",
    "adding/200": "mse",
    "copy_memory/up_to_100": "loss",
    "tiny_shakespeare last tenth": "perplexity",
}
"""The data on which cells are compared, and their scores."""
TABLE = ("<!-- table of cells: python -m benchmarks.which_cell -->\n", "<!-- end of cells -->\n")
TITLE = "# Which cell for what"


def best(cell: str, data: str) -> ResultConfig | None:
    """The best result on some data of the entries that have a cell."""
    entries = map(registry.find, rnn_zoo.list_models())
    found = [
        result
        for entry in entries
        if entry.network.cell == cell
        for result in registry.results(entry)
        if result.title == data
    ]
    sign = 1 if DATA[data] == "accuracy" else -1
    return max(found, key=lambda result: sign * result.mean, default=None)


def table(measured: Mapping[str, str]) -> str:
    """A row a cell: what a step takes, as it was measured, and scores."""
    heads = [f"{data} {metric}" for data, metric in DATA.items()]
    lines = ["| " + " | ".join(["cell", "time", "memory", *heads]) + " |"]
    lines.append("|---" * (len(heads) + 3) + "|")
    for cell, step in measured.items():
        results = [best(cell, data) for data in DATA]
        scores = ["" if result is None else shown(result) for result in results]
        lines.append(f"| `{cell}` | {step} | " + " | ".join(scores) + " |")
    return "\n".join(lines) + "\n"


def measure_steps() -> dict[str, str]:
    """Time and memory of a training step by cell, those of the LSTM being 1."""
    found = {cell: measure(f"rnn_zoo, {cell}", STEPS) for cell in tqdm(cells.names())}
    return {
        cell: " | ".join(
            f"{step[kind] / found['lstm'][kind]:.2f}" for kind in ("seconds", "megabytes")
        )
        for cell, step in found.items()
    }


def measured_before() -> dict[str, str]:
    """The same, as the results have it."""
    text = (RESULTS / "which_cell.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([0-9.]+ \| [0-9.]+) \|", text, re.MULTILINE)
    return dict(rows)


def with_table(readme: str, cell_table: str) -> str:
    """README.md with the table."""
    before, rest = readme.split(TABLE[0])
    _, after = rest.split(TABLE[1])
    return f"{before}{TABLE[0]}{cell_table}{TABLE[1]}{after}"


def main() -> None:
    """Measure where asked to, and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scores", action="store_true", help="the scores alone")
    arguments = parser.parse_args()
    if arguments.scores:
        before = (RESULTS / "which_cell.md").read_text(encoding="utf-8")
        head = before.split("| cell |")[0]
        cell_table = table(measured_before())
    else:
        head = (
            f"{TITLE}\n\n`python -m benchmarks.which_cell`: time and memory of a training step "
            f"over {ROWS} rows of {STEPS:,} steps with {UNITS} units, those of the LSTM being 1, "
            "each cell in a process of its own; then the best test score of the zoo's entries with "
            "the cell, by their recipes.\n\n"
            f"{machine('keras', 'tensorflow')}\n\n"
        )
        cell_table = table(measure_steps())
    write("which_cell", head + cell_table)
    path: Path = ROOT / "README.md"
    path.write_text(with_table(path.read_text(encoding="utf-8"), cell_table), encoding="utf-8")


if __name__ == "__main__":
    main()
