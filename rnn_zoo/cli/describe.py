"""`rnn-zoo describe`."""

from pathlib import Path

import click

from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.runs import find_entry
from rnn_zoo.cli.types import Name
from rnn_zoo.description import describe
from rnn_zoo.errors import PresetError
from rnn_zoo.presets import Preset, locate, packaged_weights
from rnn_zoo.presets.card import as_text, read_card
from rnn_zoo.presets.files import is_preset


@click.command("describe")
@click.argument("name", type=Name())
@import_option
def describe_command(name: str) -> None:
    r"""Show weights, shapes, recipe, scores and source of the entry NAME (or of a YAML file).

    \b
    rnn-zoo describe sentiment_lstm
    rnn-zoo describe my_entry.yaml --import my_cells.py

    Of weights in the package, or of a preset, show the card: data and license, score, limits.

    \b
    rnn-zoo describe sentiment_lstm@synthetic_reviews
    """
    if name in packaged_weights() or is_preset(Path(name)):
        preset = Preset.open(locate(name))
        if not preset.card.is_file():
            raise PresetError(f"{name} has no card: save_to_preset(card=...) writes one.")
        title = name if name in packaged_weights() else preset.read_config().entry
        return echo(as_text(read_card(preset.card), title).rstrip())
    return echo(describe(find_entry(name)))
