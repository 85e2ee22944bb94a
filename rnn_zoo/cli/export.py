"""`rnn-zoo export`."""

from pathlib import Path
from typing import Any

import click

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.cli.data import load_data
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
from rnn_zoo.cli.types import Name
from rnn_zoo.errors import RunError
from rnn_zoo.export import check
from rnn_zoo.registry import entry_of
from rnn_zoo.tasks import Generator
from rnn_zoo.training.run_folder import check_free

MODEL = "model.onnx"
FILES = {
    "tf_saved_model": {"saved_model.pb", "fingerprint.pb", "variables", "assets"},
    "onnx": {MODEL, "encode.onnx", "step.onnx", "preprocessing.json", "onnx_client.py"},
}
"""What a folder of each format holds."""
COMPARED = 1000
"""Examples whose answers are compared."""


@click.command("export")
@run_argument
@out_option(required=True)
@click.option(
    "--format",
    type=click.Choice(sorted(FILES)),
    default="tf_saved_model",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--check",
    "data",
    type=Name(),
    metavar="DATA",
    help="Compare the answers of an ONNX file with the model's, and their times, on examples of "
    "DATA, which is what --data names elsewhere.",
)
@overwrite_option
@decoding_options
@import_option
def export_command(
    run: str, out: Path, format: str, data: str | None, overwrite: bool, **options: Any
) -> None:
    r"""Write the best model of the run folder RUN into a folder that answers without rnn_zoo.

    A SavedModel takes raw inputs, and needs TensorFlow. An ONNX file needs onnxruntime and NumPy;
    onnx_client.py beside it takes raw inputs.

    \b
    rnn-zoo export runs/first --out serving/1
    rnn-zoo export runs/en --out serving/2 --decoding beam --width 5
    rnn-zoo export runs/first --out onnx --format onnx --check reviews.csv
    """
    if data is not None and format != "onnx":
        raise RunError("--check compares an ONNX file: add --format onnx.")
    sign = MODEL if (out / MODEL).is_file() else "saved_model.pb"
    check_free(out, overwrite, set().union(*FILES.values()), signs={sign})
    task = open_task(run)
    settings: dict[str, Any] = {}
    if isinstance(task, Generator):
        settings = decoding_arguments(task, options)
    elif set_options(options):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: nothing is decoded.")
    with atomic_write(out) as draft:
        path = draft / MODEL if format == "onnx" else draft
        task.export(path, format=format, **settings)
    if format == "onnx":
        echo(f"{out}: {MODEL}, and onnx_client.py, which takes raw inputs")
    else:
        echo(f"{out}: signature serving_default takes a batch of raw inputs")
    if data is not None:
        part = load_data(entry_of(task), data, {}).complete().parts["test"]
        echo(str(check(out / MODEL, task, part.inputs[:COMPARED], **settings)))
