"""What is special about each task, for the tests that visit every entry of the zoo.

A task has a module here, named like the task, with one `TaskCase` called `CASE`.
"""

import importlib
from pathlib import Path

CASES = {
    path.stem: importlib.import_module(f"{__name__}.{path.stem}").CASE
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem not in ("__init__", "task_case")
}
"""Task -> its case."""
FULLEST = [case.fullest for case in CASES.values()]
"""The entry of each task with the most in it: the one that is tried wherever time is short."""
