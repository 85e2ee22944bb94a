"""Options that several commands share."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from rnn_zoo import decoding
from rnn_zoo.cli.types import COUNT, SEED, Encoding, Finite, Folder, Name
from rnn_zoo.decoding.beam import MAX_COVERAGE_PENALTY, MAX_LENGTH_PENALTY, MAX_WIDTH
from rnn_zoo.decoding.sample import MAX_TEMPERATURE, MIN_TEMPERATURE
from rnn_zoo.tasks import Generator

Decorator = Callable[[Any], Any]

data_option = click.option(
    "--data", required=True, type=Name(), help="Embedded set, file, folder, .zip, or TFDS name."
)
run_argument = click.argument("run", type=Name())
"""A run folder, a preset, a `.keras` file or weights in the package: see `cli.models`."""
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace what an earlier call has written there."
)
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress, only the scores.")
settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    type=Name(),
    metavar="KEY=VALUE",
    help="Change a setting of the entry; may be repeated.",
)
seed_option = click.option(
    "--seed", type=SEED, help="Seed of a sample; the same seed draws the same texts."
)


def out_option(**settings: Any) -> Decorator:
    """`--out`, the folder that a command makes."""
    return click.option("--out", type=Folder(), **{"help": "Folder to make."} | settings)


def column_options(recorded: bool = False) -> Decorator:
    """How data are read.

    Args:
        recorded: whether a run has recorded how its data were read, which is the default then.
    """
    default = "as in training" if recorded else "recognized"
    options = (
        click.option("--data-dir", type=Name(), metavar="DIR", help="Where TFDS keeps its data."),
        click.option(
            "--encoding",
            type=Encoding(),
            help=f"Encoding of text files [default: {'as in training' if recorded else 'utf-8'}].",
        ),
        click.option(
            "--target",
            type=Name(),
            metavar="COLUMN",
            help=f"Column of the target [default: {default}].",
        ),
        click.option(
            "--input",
            type=Name(),
            metavar="COLUMN",
            help=f"Column of the input [default: {default}].",
        ),
    )
    return _all_of(options)


def decoding_options(command: Any) -> Any:
    """How a text is decoded, within the bounds of the strategies."""
    return _all_of(
        (
            click.option("--max-new-tokens", type=COUNT, help="Maximum number of tokens."),
            click.option(
                "--coverage-penalty",
                type=Finite(0, MAX_COVERAGE_PENALTY),
                help="Beam: cost of source tokens without attention.",
            ),
            click.option(
                "--length-penalty",
                type=Finite(0, MAX_LENGTH_PENALTY),
                help="Beam: 0 prefers short texts.",
            ),
            click.option(
                "--n-best",
                type=click.IntRange(1, MAX_WIDTH),
                help="Beam: number of texts of each input, with scores; at most the width.",
            ),
            click.option(
                "--width", type=click.IntRange(1, MAX_WIDTH), help="Beam: number of hypotheses."
            ),
            click.option(
                "--top-p",
                type=Finite(0, 1, min_open=True),
                help="Sample: draw among the most probable tokens with this total probability.",
            ),
            click.option(
                "--top-k",
                type=COUNT,
                help="Sample: draw among this many of the most probable tokens.",
            ),
            click.option(
                "--temperature",
                type=Finite(MIN_TEMPERATURE, MAX_TEMPERATURE),
                help="Sample: below 1 probable tokens become more probable.",
            ),
            click.option(
                "--decoding",
                type=Name(),
                metavar="NAME",
                help="greedy, beam, sample, or a strategy that --import registers "
                "[default: sample for a language model, else greedy].",
            ),
        )
    )(command)


def decoding_arguments(task: Generator, options: Mapping[str, Any]) -> dict[str, Any]:
    """The strategy and the number of tokens that options ask for, as `generate` takes them.

    Raises:
        ConfigError: there is no such strategy, or it does not have an option.
    """
    settings = dict(options)
    name, max_new_tokens = settings.pop("decoding"), settings.pop("max_new_tokens")
    strategy = decoding.from_options(name or task.default_decoding, **settings)
    return {"decoding": strategy, "max_new_tokens": max_new_tokens}


def set_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are not None: those that the user gave."""
    return {name: value for name, value in options.items() if value is not None}


def _all_of(options: tuple[Decorator, ...]) -> Decorator:
    def decorate(command: Any) -> Any:
        for option in options:
            command = option(command)
        return command

    return decorate
