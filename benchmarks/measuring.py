"""What the benchmarks share: interleaved turns, and a line that says where they ran."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

RESULTS = Path(__file__).parent / "results"
Step = Callable[[], object]


def interleaved(
    steps: Mapping[str, Step], turns: int, warm_up: int, few: Mapping[str, int] | None = None
) -> dict[str, float]:
    """Median seconds of each step; in every turn all are taken, so that a slow moment slows all.

    Args:
        steps: name -> what is measured.
        turns: steps that a median is taken of.
        warm_up: turns before them, that trace and compile.
        few: fewer turns for some that are slow.
    """
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(-warm_up, turns):
        for name, step in steps.items():
            if turn >= (few or {}).get(name, turns):
                continue
            began = time.perf_counter()
            step()
            if turn >= 0:
                taken[name].append(time.perf_counter() - began)
    return {name: float(np.median(times)) for name, times in taken.items()}


def write(name: str, text: str, figure: Figure | None = None) -> None:
    """Print a report and keep it, and its figure, among the results."""
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    if figure is not None:
        figure.savefig(RESULTS / f"{name}.png", dpi=120)


def machine(*packages: str) -> str:
    """Processor, Python, the versions of some packages, and the backend, as a line."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, "
        f"{versions}, backend {keras.backend.backend()}."
    )
