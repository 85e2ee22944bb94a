"""`rnn-zoo evaluate`."""

import sys
from typing import Any

import click

from rnn_zoo.cli.data import (
    announce,
    as_recorded,
    format_scores,
    load_data,
    report_baseline,
    report_case,
    scored_part,
)
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_model
from rnn_zoo.cli.options import column_options, data_option, quiet_option, run_argument
from rnn_zoo.training.train import evaluate


@click.command("evaluate")
@run_argument
@data_option
@quiet_option
@column_options(recorded=True)
@import_option
def evaluate_command(run: str, data: str, quiet: bool, **columns: Any) -> None:
    r"""Score the best model of the run folder RUN on the test part of DATA.

    Where DATA have no test part, all examples are scored; but of the data that the model was
    trained on, only those that were held out then.

    \b
    rnn-zoo evaluate runs/first --data synthetic_reviews
    rnn-zoo evaluate runs/mine --data new_reviews.csv --input review --target stars
    """
    model = open_model(run)
    entry, folder = model.entry, model.folder
    splits = load_data(entry, data, as_recorded(folder, data, columns))
    announce(data, splits, quiet)
    part_name, part = scored_part(folder, splits, entry.recipe.held_out)
    verbose = 1 if sys.stdout.isatty() and not quiet else 0
    scores = evaluate(model.task, part, entry.recipe.batch_size, verbose=verbose)
    report_case(entry)
    echo(f"{len(part)} examples ({part_name} part): {format_scores(scores)}")
    report_baseline(data)
