"""Time to start: `import keras`, `import rnn_zoo` and `rnn-zoo list`, each in a process of its own.

    python -m benchmarks.start

Medians of turns in which each starts once and ends, so that a slow moment of the machine slows all
of them. Writes benchmarks/results/start.md.
"""

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.measuring import interleaved, machine, write

COMMANDS = {
    "import keras": [sys.executable, "-c", "import keras"],
    "import rnn_zoo": [sys.executable, "-c", "import rnn_zoo"],
    "rnn-zoo list": [str(Path(sys.executable).with_name("rnn-zoo")), "list"],
}


def report(medians: dict[str, float], turns: int) -> str:
    """Everything as Markdown, each command beside the one above it."""
    lines = [
        "# Time to start",
        "",
        f"`python -m benchmarks.start`, medians of {turns} interleaved turns, each command in a "
        "process of its own, from its start to its end.",
        "",
        machine("keras", "tensorflow"),
        "",
        "| command | seconds | more than the one above |",
        "|---|---|---|",
    ]
    before = None
    for name, median in medians.items():
        more = "" if before is None else f"{median - before:+.2f}"
        lines.append(f"| `{name}` | {median:.2f} | {more} |")
        before = median
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=15, help="processes a median is taken of")
    turns = parser.parse_args().turns
    steps = {
        name: partial(subprocess.run, command, check=True, capture_output=True)
        for name, command in COMMANDS.items()
    }
    write("start", report(interleaved(steps, turns, warm_up=1), turns))


if __name__ == "__main__":
    main()
