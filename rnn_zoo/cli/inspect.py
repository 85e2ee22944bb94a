"""`rnn-zoo inspect`."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from rnn_zoo import registry
from rnn_zoo.cli.data import load_data, recognize_task
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.options import column_options, settings_option
from rnn_zoo.cli.runs import find_entry
from rnn_zoo.cli.types import Name
from rnn_zoo.config import parse_override
from rnn_zoo.datasets import Splits
from rnn_zoo.errors import ConfigError, DataError, shortened
from rnn_zoo.inspection import Inspection, as_text, inspect
from rnn_zoo.registry import Entry
from rnn_zoo.tasks import TASKS

STEPS = 1000
"""Those of a progress bar."""
ENTRIES = {
    "text_classification": "sentiment_lstm",
    "tagging": "tagger_bilstm",
    "translation": "seq2seq_lstm_attention",
    "captioning": "caption_lstm_attention",
    "language_model": "char_lm_lstm",
    "regression": "adding_lstm",
}
"""The entry by whose settings the examples of a task are read, where none is named."""


@click.command("inspect")
@click.argument("data", type=Name())
@click.option(
    "--task",
    type=Name(),
    metavar="NAME",
    help="A task, such as tagging, or an entry (rnn-zoo list) or YAML file, whose settings count "
    "[default: recognized].",
)
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@column_options()
@import_option
def inspect_command(
    data: str,
    task: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **columns: Any,
) -> None:
    r"""Show what is in DATA, before a model learns from them.

    Prints which columns were taken and which could be, how the file is written, and for each part:
    examples, empty ones, inputs that repeat or stand in another part, labels and how many examples
    have each, inputs that have several labels, lengths and how many texts are cut, and words that
    training will not know. What looks odd comes last, with what to do about it. Where the data have
    no validation or test part, the examples that training would hold out stand in for it.

    \b
    rnn-zoo inspect reviews.csv
    rnn-zoo inspect reviews.csv --input review --target stars
    rnn-zoo inspect UD_English-EWT --task tagging
    rnn-zoo inspect reviews.csv --task sentiment_lstm --set max_length=100
    rnn-zoo inspect reviews.csv --json > findings.json
    """
    with progress_bar(quiet, "Reading") as reading:
        entry = _entry(recognize_task(data, columns) if task is None else task)
        entry = registry.override(entry, dict(map(parse_override, settings)))
        splits = _as_trained(load_data(entry, data, columns), entry)
        reading(1.0)
    found = inspected(splits, entry, data, quiet)
    echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else as_text(found))


def _entry(name: str) -> Entry:
    """The entry of this name, or the one that stands for a task.

    Raises:
        ConfigError: there is none.
    """
    task = registry.TASK_ALIASES.get(name, name)
    entries = registry.list_models(task=task) if task in TASKS else []
    if entries:
        return registry.find(ENTRIES.get(task, entries[0]))
    if name not in registry.list_models() and not Path(name).exists():
        raise ConfigError(
            f"There is no task and no entry {shortened(name)}. Tasks are {', '.join(TASKS)}; "
            "rnn-zoo list shows the entries."
        )
    return find_entry(name)


def _as_trained(splits: Splits, entry: Entry) -> Splits:
    """The parts that training would have; what is too small to be divided stays whole."""
    try:
        return splits.complete(entry.recipe.held_out)
    except DataError:
        return splits


def inspected(splits: Splits, entry: Entry, data: str, quiet: bool) -> Inspection:
    """The findings of `rnn_zoo.inspection`, with a progress bar in a terminal."""
    with progress_bar(quiet, "Inspecting") as progress:
        return inspect(splits, entry, source=data, progress=progress)


@contextmanager
def progress_bar(quiet: bool, label: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, where that is a terminal; what it gives takes the share done."""
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=STEPS, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda share: bar.update(round(STEPS * share) - bar.pos)
