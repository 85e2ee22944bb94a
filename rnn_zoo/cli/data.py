"""Data as the command line names them, and scores on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnn_zoo import datasets, registry
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.options import set_options
from rnn_zoo.cli.runs import is_run
from rnn_zoo.errors import DataError
from rnn_zoo.inspection.layout import columns_taken
from rnn_zoo.tasks import TASKS, Generator
from rnn_zoo.training.run_folder import RunFolder


def load_data(entry: registry.Entry, data: str, columns: Mapping[str, Any]) -> datasets.Splits:
    """The examples that an entry learns from.

    Args:
        entry: says which kind of examples they are.
        data: what the user gave for --data.
        columns: the options of `column_options`; None where one was not given.
    """
    _check_no_run(data)
    return datasets.load(data, registry.examples(entry), **set_options(columns))


def recognize_task(data: str, columns: Mapping[str, Any]) -> str:
    """The task that learns from such data; the arguments are those of `load_data`.

    Raises:
        DataError: that cannot be told.
    """
    _check_no_run(data)
    schema = datasets.recognize(data, **set_options(columns))
    return next(name for name, task in TASKS.items() if schema == task.EXAMPLES)


def _check_no_run(data: str) -> None:
    if is_run(Path(data)):
        raise DataError(f"{data} is a run folder, and --data names examples.")


def as_recorded(folder: RunFolder | None, data: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `column_options`, as the run recorded them where the user gave none.

    Weights that stand in no run folder have recorded nothing.
    """
    if folder is None:
        return set_options(columns)
    begun = folder.read_json(folder.data)
    recorded = {name: value for name, value in begun["options"].items() if name in columns}
    if data in datasets.EMBEDDED:
        recorded = {}
    elif data != begun["source"]:
        recorded.pop("data_dir", None)  # with it, data would be the name of a set of TFDS
    return recorded | set_options(columns)


def announce(data: str, splits: datasets.Splits, quiet: bool) -> None:
    """Print which columns of a table were taken, and on standard error what looks odd."""
    if splits.columns and not quiet:
        echo(f"Columns of {data}: {columns_taken(splits.columns, splits.origin.others)}")
    for warning in splits.warnings:
        echo(f"Warning: {warning}", err=True)


def scored_part(
    folder: RunFolder | None, splits: datasets.Splits, held_out: float
) -> tuple[str, datasets.Examples]:
    """The examples that a run is scored on, and what to call them.

    That is the test part; of undivided data that the run was trained on, what it held out; of
    others, and by weights that stand in no run folder, everything.
    """
    if splits.test is not None or splits.train is None:
        return list(splits.parts.items())[-1]
    if folder is None:
        return "whole", splits.train
    try:
        completed = splits.complete(held_out)
    except DataError:  # too few to hold some out: they are not those of the run
        return "whole", splits.train
    seen = folder.read_json(folder.data)["sha256"]
    if datasets.fingerprint(completed)["sha256"] == seen:
        return "held-out", completed.parts["test"]
    return "whole", splits.train


def report_case(entry: registry.Entry) -> None:
    """Print that texts are scored in lower case, where a model reads and writes them so."""
    task = TASKS[entry.task]
    if issubclass(task, Generator) and task.HAS_TARGETS and entry.preprocessing.lowercase:
        echo("Texts are compared in lower case: lowercase=false keeps their case.")


def format_scores(scores: Mapping[str, float]) -> str:
    """Scores on one line."""
    return ", ".join(f"{name} {value:.4f}" for name, value in sorted(scores.items()))


def report_baseline(data: str) -> None:
    """Print the score of a model that has learned nothing, where one is recorded."""
    if data in datasets.BASELINES:
        echo(f"{'baseline':<11} {datasets.BASELINES[data]}")
