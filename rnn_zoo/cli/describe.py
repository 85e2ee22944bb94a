"""`rnn-zoo describe`."""

import click

from rnn_zoo import registry
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.runs import find_entry
from rnn_zoo.cli.types import Name


@click.command("describe")
@click.argument("name", type=Name())
@import_option
def describe_command(name: str) -> None:
    r"""Show weights, shapes, recipe, scores and source of the entry NAME (or of a YAML file).

    \b
    rnn-zoo describe sentiment_lstm
    rnn-zoo describe my_entry.yaml --import my_cells.py
    """
    echo(registry.describe(find_entry(name)))
