"""`rnn-zoo demo`."""

from pathlib import Path

import click

from rnn_zoo.cli.options import out_option, overwrite_option
from rnn_zoo.training.demo import demo


@click.command("demo")
@out_option(default="runs/demo", show_default=True, help="Run folder to make.")
@overwrite_option
def demo_command(out: Path, overwrite: bool) -> None:
    r"""Train, evaluate, export and serve sentiment_lstm on the embedded synthetic reviews.

    \b
    rnn-zoo demo --out runs/demo
    """
    demo(out, overwrite)
