"""`rnn-zoo diagnose`."""

from pathlib import Path
from typing import Any

import click

from rnn_zoo import datasets
from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.cli.data import announce, as_recorded, load_data, scored_part
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_model
from rnn_zoo.cli.options import (
    column_options,
    data_option,
    out_option,
    overwrite_option,
    run_argument,
)
from rnn_zoo.cli.types import COUNT
from rnn_zoo.diagnostics import REPORT_FILES, write_report
from rnn_zoo.tasks import LanguageModel, Task
from rnn_zoo.training.run_folder import check_free


@click.command("diagnose")
@run_argument
@data_option
@out_option(required=True)
@click.option("--examples", type=COUNT, default=16, show_default=True, help="How many to look at.")
@overwrite_option
@column_options(recorded=True)
@import_option
def diagnose_command(
    run: str, data: str, out: Path, examples: int, overwrite: bool, **columns: Any
) -> None:
    r"""Look into the recurrent layers of the best model of the run folder RUN.

    Prints for each layer whether its gradient vanishes, explodes or is healthy, over how many
    steps, and what usually helps. The folder holds verdict.txt, and data and figures of the
    gradient by step (gradient_flow), of how open the gates are (gates) and of the states
    (hidden_states). They are computed on the first examples of the test part of DATA; for a
    language model, on pieces as long as its window.

    \b
    rnn-zoo diagnose runs/first --data synthetic_reviews --out diagnostics/first
    rnn-zoo diagnose runs/book --data book.txt --out diagnostics/book --examples 4
    """
    check_free(out, overwrite, REPORT_FILES, signs={"verdict.txt"})
    model = open_model(run)
    task, entry, folder = model.task, model.entry, model.folder
    splits = load_data(entry, data, as_recorded(folder, data, columns))
    announce(data, splits, quiet=True)
    _, part = scored_part(folder, splits, entry.recipe.held_out)
    part = _first_examples(task, part, examples)
    tokens = task.tokens(part.inputs[0])
    separator = " "
    if isinstance(task, LanguageModel):
        separator = task.target_tokenizer.separator
    with atomic_write(out) as draft:
        flow = write_report(
            task, part.inputs, part.targets, draft, tokens=tokens, separator=separator
        )
    echo(flow.verdict)
    echo(f"{len(part)} examples, everything is in {out}")


def _first_examples(task: Task, part: datasets.Examples, count: int) -> datasets.Examples:
    """The first examples; of texts that a language model learns from, pieces over all of them."""
    if not isinstance(task, LanguageModel):
        return part.take(range(min(count, len(part))))
    separator, window = task.target_tokenizer.separator, task.preprocessing_config.window
    words = [word for text in part.inputs for word in (text.split() if separator else text)]
    starts = range(0, max(1, len(words) - window), max(1, (len(words) - window) // count))
    return datasets.Examples([separator.join(words[i : i + window]) for i in starts[:count]])
