"""`rnn-zoo list`."""

import click

from rnn_zoo import registry
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.types import Name
from rnn_zoo.errors import ConfigError


@click.command("list")
@click.argument("pattern", default="*", type=Name())
@click.option("--task", type=Name(), help="Only entries of this task, such as tagging.")
@click.option("--cell", type=Name(), help="Only entries with this cell, such as lstm.")
@import_option
def list_command(pattern: str, task: str | None, cell: str | None) -> None:
    r"""List the zoo's entries that match PATTERN.

    \b
    rnn-zoo list
    rnn-zoo list '*lstm*' --task translation
    rnn-zoo list --import my_cells.py
    """
    names = registry.list_models(pattern, task=task, cell=cell)
    if not names:
        raise ConfigError("No entry matches; rnn-zoo list shows all.")
    for name in names:
        echo(f"{name:<20} {registry.find(name).description}")
