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
TURN = 0.03  # seconds; a faster step is repeated for so long


def interleaved(
    steps: Mapping[str, Step],
    turns: int,
    warm_up: int,
    few: Mapping[str, int] | None = None,
    warm: bool = False,
) -> dict[str, float]:
    """Median seconds of each step; in every turn all are taken, so that a slow moment slows all.

    Args:
        steps: name -> what is measured.
        turns: turns that a median is taken of.
        warm_up: turns before them, that trace and compile; one at least.
        few: fewer turns for some that are slow.
        warm: whether a step is taken once unmeasured in every turn, and a short one repeatedly. So
            cold caches are not measured, nor threads of the step before that spin on for more work,
            which made what follows PyTorch up to 1.6 times slower.
    """
    taken: dict[str, list[float]] = {name: [] for name in steps}
    times = dict.fromkeys(steps, 1)
    for turn in range(-warm_up, turns):
        for name, step in steps.items():
            if turn >= (few or {}).get(name, turns):
                continue
            if warm:
                step()
            began = time.perf_counter()
            for _ in range(times[name]):
                step()
            seconds = (time.perf_counter() - began) / times[name]
            if turn >= 0:
                taken[name].append(seconds)
            elif warm:
                times[name] = max(1, round(TURN / seconds))
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


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
