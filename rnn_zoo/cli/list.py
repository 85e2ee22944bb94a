"""`rnn-zoo list`."""

from pathlib import Path

import click

from rnn_zoo import registry
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.types import Name
from rnn_zoo.errors import ConfigError
from rnn_zoo.presets import packaged_weights
from rnn_zoo.presets.card import read_card
from rnn_zoo.presets.files import CARD


@click.command("list")
@click.argument("pattern", default="*", type=Name())
@click.option("--task", type=Name(), help="Only entries of this task, such as tagging.")
@click.option("--cell", type=Name(), help="Only entries with this cell, such as lstm.")
@click.option("--pretrained", is_flag=True, help="List the trained weights in the package.")
@import_option
def list_command(pattern: str, task: str | None, cell: str | None, pretrained: bool) -> None:
    r"""List the zoo's entries that match PATTERN.

    \b
    rnn-zoo list
    rnn-zoo list '*lstm*' --task translation
    rnn-zoo list --import my_cells.py
    rnn-zoo list --pretrained
    """
    names = registry.list_models(pattern, task=task, cell=cell, pretrained=pretrained)
    if not names and pretrained:
        raise ConfigError("No weights match; rnn-zoo list --pretrained shows all.")
    if not names:
        raise ConfigError("No entry matches; rnn-zoo list shows all.")
    for name in names:
        if pretrained:
            echo(f"{name:<40} {_summary(packaged_weights()[name].path)}")
            continue
        echo(f"{name:<20} {registry.find(name).description}")


def _summary(preset: Path) -> str:
    """Score, license and size of weights in the package."""
    card = read_card(preset / CARD)
    size = sum(path.stat().st_size for path in preset.iterdir()) / 2**20
    return f"{card.metric} {card.score:.4g}, {card.license}, {size:.1f} MB"
