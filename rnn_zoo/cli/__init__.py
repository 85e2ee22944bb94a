"""The `rnn-zoo` command: a module a command."""

import click

from rnn_zoo import __version__
from rnn_zoo.cli.demo import demo_command
from rnn_zoo.cli.describe import describe_command
from rnn_zoo.cli.diagnose import diagnose_command
from rnn_zoo.cli.evaluate import evaluate_command
from rnn_zoo.cli.export import export_command
from rnn_zoo.cli.generate import generate_command
from rnn_zoo.cli.group import UserFacingGroup
from rnn_zoo.cli.inspect import inspect_command
from rnn_zoo.cli.list import list_command
from rnn_zoo.cli.predict import predict_command
from rnn_zoo.cli.serve import serve_command
from rnn_zoo.cli.train import train_command

__all__ = ["main"]


@click.group(
    cls=UserFacingGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A first run:  rnn-zoo train sentiment_lstm --data synthetic_reviews --out runs/first",
)
@click.version_option(__version__)
def main() -> None:
    """Recurrent networks on Keras 3: inspect data, train, evaluate, predict, export, serve."""


for command in (
    list_command,
    describe_command,
    inspect_command,
    train_command,
    evaluate_command,
    predict_command,
    generate_command,
    export_command,
    serve_command,
    diagnose_command,
    demo_command,
):
    main.add_command(command)
