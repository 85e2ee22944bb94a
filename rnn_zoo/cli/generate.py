"""`rnn-zoo generate`."""

from typing import Any

import click

from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_task
from rnn_zoo.cli.options import decoding_arguments, decoding_options, run_argument, seed_option
from rnn_zoo.cli.texts import check_texts, standard_input
from rnn_zoo.errors import RunError
from rnn_zoo.tasks import Generator


@click.command("generate")
@run_argument
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@seed_option
@decoding_options
@import_option
def generate_command(run: str, inputs: tuple[str, ...], seed: int | None, **options: Any) -> None:
    r"""Write a text for each INPUT, or each line of standard input where there is none.

    A language model continues a prompt, or begins a text where there is none; a translator takes a
    source text, a captioner the path of an image.

    \b
    rnn-zoo generate runs/shakespeare 'ROMEO:' --max-new-tokens 300 --temperature 0.8 --seed 1
    rnn-zoo generate runs/en 'ein mann reitet ein pferd .' --decoding beam --width 5
    rnn-zoo generate runs/en < source.txt > target.txt

    With --n-best there is a line for each text, with its score behind a tab, and an empty line
    after those of an input.
    """
    task = open_task(run)
    if not isinstance(task, Generator):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: use rnn-zoo predict.")
    check_texts(task, inputs)
    texts: Any = list(inputs) or list(standard_input())
    if not texts:
        if task.HAS_TARGETS:
            raise RunError("No input: give one as an argument, or lines on standard input.")
        texts = [""]
    for written in task.generate(texts, seed=seed, **decoding_arguments(task, options)):
        if isinstance(written, str):
            echo(written)
            continue
        for text, score in written:
            echo(f"{text}\t{score:.4f}")
        echo("")
