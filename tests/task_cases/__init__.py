"""What is special about each task, for the tests that visit every entry of the zoo.

A task has a module here, named like the task, with one `TaskCase` called `CASE`.
"""

import importlib
from pathlib import Path

from rnn_zoo.datasets.schemas import SCHEMAS
from rnn_zoo.registry import examples

CASES = {
    path.stem: importlib.import_module(f"{__name__}.{path.stem}").CASE
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem not in ("__init__", "task_case")
}
"""Task -> its case."""
FULLEST = [case.fullest for case in CASES.values()]
"""The entry of each task with the most in it: the one that is tried wherever time is short."""


def embedded(entry):
    """Inputs and targets of the training part of data in the package that fits the entry."""
    return next(iter(SCHEMAS[examples(entry)].embedded.values()))("train")
