"""`rnn-zoo predict`."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import click

from rnn_zoo.cli.group import echo_fields
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_task
from rnn_zoo.cli.options import run_argument
from rnn_zoo.cli.texts import check_texts, standard_input
from rnn_zoo.errors import RunError
from rnn_zoo.export.clients.client import fields
from rnn_zoo.tasks import Generator

LINES = 4096
"""Lines that are predicted together."""


@click.command("predict")
@run_argument
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@import_option
def predict_command(run: str, texts: tuple[str, ...]) -> None:
    r"""Label, tag or translate each TEXT, or each line of standard input where there is none.

    Writes a line for each text: the prediction (a label and its probability, tags, or another text)
    and the text, divided by tabs. To caption images, pass the paths of image files. RUN is a run
    folder, a preset, a .keras file, or weights in the package (rnn-zoo list --pretrained).

    \b
    rnn-zoo predict sentiment_lstm@synthetic_reviews 'a witty joy'
    rnn-zoo predict runs/first 'not a single dull minute' 'a joyless bore'
    rnn-zoo predict runs/first < reviews.txt > labels.tsv
    rnn-zoo predict runs/captions harbor.jpg beach.png
    """
    task = open_task(run)
    check_texts(task, texts)
    lines: Iterator[str] = iter(texts) if texts else standard_input()
    options: dict[str, Any] = {}
    if isinstance(task, Generator) and task.default_decoding.uses_seed:
        options["seed"] = 0
    is_empty = True
    while chunk := list(itertools.islice(lines, LINES)):
        is_empty = False
        for text, answer in zip(chunk, task.answers(chunk, **options), strict=True):
            echo_fields(re.sub(r"[\r\n]+", " ", field) for field in (*fields(answer), text))
    if is_empty:
        raise RunError("No text: give one as an argument, or lines on standard input.")
