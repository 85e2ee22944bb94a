"""Whether an exported model says what the task says, on a user's own inputs, and how fast."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_zoo.errors import ConfigError, DataError

MANY = 32
"""Inputs whose time is measured together."""
TRIES = 5


@dataclass(frozen=True)
class Agreement:
    """An exported model beside the task it was made from.

    Attributes:
        file: the exported file.
        megabytes: its size in MiB.
        inputs: number of inputs that were compared.
        equal: how many answers are equal; of probabilities and values, within `tolerance`.
        difference: the largest difference of a probability or value; None where answers have none.
        milliseconds: times of the file and of the task, by the number of inputs, the best of five.
    """

    file: str
    megabytes: float
    inputs: int
    equal: int
    difference: float | None
    milliseconds: dict[int, tuple[float, float]]

    def __str__(self) -> str:
        """A table."""
        answers = f"{self.equal:,} of {self.inputs:,} equal"
        if self.difference is not None:
            answers += f", largest difference {self.difference:.1e}"
        lines = [
            f"{'size':<12}{self.megabytes:.2f} MB",
            f"{'answers':<12}{answers}",
            f"{'time, ms':<12}{self.file:>12}{'task':>12}",
        ]
        for count, (of_file, of_task) in self.milliseconds.items():
            inputs = "1 input" if count == 1 else f"{count} inputs"
            lines.append(f"{inputs:<12}{of_file:>12.2f}{of_task:>12.2f}")
        return "\n".join(lines)


def check(
    path: str | Path, task: Any, x: Sequence[Any], tolerance: float = 1e-5, **options: Any
) -> Agreement:
    """Compare an exported file with the task on raw inputs; `print` it for a table.

    Args:
        path: the `.onnx` or `.tflite` file that `task.export` has written.
        task: the task.
        x: raw inputs, such as texts.
        tolerance: the largest difference of a probability or value that counts as equal.
        **options: those that `export` had, such as `decoding`.

    Raises:
        ConfigError: the file is another.
        DataError: there is no input.

    Example:
        `print(rnn_zoo.export.check("serving/model.onnx", task, ["a witty joy"]))`
    """
    from rnn_zoo.export.clients.client import Model

    path, x = Path(path), list(x)
    if path.suffix not in (".onnx", ".tflite"):
        raise ConfigError(f"{path}: what is checked is an .onnx or .tflite file.")
    if not x:
        raise DataError("There is no input to compare answers on.")
    model = Model(path)
    functions = model, (lambda x: task.answers(x, **options))
    got, want = (COMPARED[model.kind](function(x)) for function in functions)
    difference = None
    if model.kind in ("classes", "values"):
        distances = np.abs(np.asarray(got) - np.asarray(want)).reshape(len(x), -1).max(axis=1)
        equal, difference = int((distances <= tolerance).sum()), float(distances.max())
    else:
        equal = sum(a == b for a, b in zip(got, want, strict=True))
    times = {}
    for count in sorted({1, min(MANY, len(x))}):
        of_file, of_task = (_best(function, x[:count]) for function in functions)
        times[count] = of_file, of_task
    size = path.stat().st_size / 2**20
    return Agreement(path.name, size, len(x), equal, difference, times)


def _without_scores(texts: list[Any]) -> list[Any]:
    """Texts, or lists of them."""
    return [x if isinstance(x, str) else [text for text, _ in x] for x in texts]


COMPARED: dict[str, Callable[[list[Any]], Any]] = {
    "classes": lambda answers: [list(answer["probabilities"].values()) for answer in answers],
    "values": list,
    "tags": list,
    "texts": _without_scores,
}
"""What is compared of answers, by the kind of a model's outputs."""


def _best(function: Callable[[list[Any]], Any], x: list[Any]) -> float:
    """The least time of some calls in milliseconds, after one that may compile."""
    function(x)
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        function(x)
        times.append(time.perf_counter() - began)
    return 1000 * min(times)
