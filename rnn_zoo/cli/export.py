"""`rnn-zoo export`."""

from pathlib import Path
from typing import Any

import click

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import open_task
from rnn_zoo.cli.options import (
    decoding_arguments,
    decoding_options,
    out_option,
    overwrite_option,
    run_argument,
    set_options,
)
from rnn_zoo.errors import RunError
from rnn_zoo.tasks import Generator
from rnn_zoo.training.run_folder import check_free

SAVED_MODEL = {"saved_model.pb", "fingerprint.pb", "variables", "assets"}


@click.command("export")
@run_argument
@out_option(required=True)
@overwrite_option
@decoding_options
@import_option
def export_command(run: str, out: Path, overwrite: bool, **options: Any) -> None:
    r"""Write the best model of the run folder RUN as a SavedModel that serves raw inputs.

    \b
    rnn-zoo export runs/first --out serving/1
    rnn-zoo export runs/en --out serving/2 --decoding beam --width 5
    """
    check_free(out, overwrite, SAVED_MODEL, signs={"saved_model.pb"})
    task = open_task(run)
    settings: dict[str, Any] = {}
    if isinstance(task, Generator):
        settings = decoding_arguments(task, options)
    elif set_options(options):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: nothing is decoded.")
    with atomic_write(out) as draft:
        task.export(draft, **settings)
    echo(f"{out}: signature serving_default takes a batch of raw inputs")
