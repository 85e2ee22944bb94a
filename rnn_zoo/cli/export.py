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

MODELS = {"onnx": "model.onnx", "litert": "model.tflite"}
"""The file that answers, of formats that have one."""
FILES = {
    *("saved_model.pb", "fingerprint.pb", "variables", "assets"),
    *("model.onnx", "encode.onnx", "step.onnx", "model.tflite", "encode.tflite", "step.tflite"),
    *("preprocessing.json", "client.py", "images.py", "__pycache__"),
}
"""What a folder that this command has made may hold."""
COMPARED = 1000
"""Examples whose answers are compared."""


@click.command("export")
@run_argument
@out_option(required=True)
@click.option(
    "--format",
    type=click.Choice(["tf_saved_model", *MODELS]),
    default="tf_saved_model",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--quantize",
    type=click.Choice(["float16", "int8"]),
    help="How LiteRT stores weights [default: as they are].",
)
@click.option(
    "--check",
    "data",
    type=Name(),
    metavar="DATA",
    help="Compare the answers of an ONNX or LiteRT file with the model's, and their times, on "
    "examples of DATA, which is what --data names elsewhere.",
)
@overwrite_option
@decoding_options
@import_option
def export_command(
    run: str,
    out: Path,
    format: str,
    quantize: str | None,
    data: str | None,
    overwrite: bool,
    **options: Any,
) -> None:
    r"""Write the best model of the run folder RUN into a folder that answers without rnn_zoo.

    A SavedModel takes raw inputs, and needs TensorFlow. An ONNX or LiteRT file needs its runtime
    and NumPy; client.py beside it takes raw inputs.

    \b
    rnn-zoo export runs/first --out serving/1
    rnn-zoo export runs/en --out serving/2 --decoding beam --width 5
    rnn-zoo export runs/first --out onnx --format onnx --check reviews.csv
    rnn-zoo export runs/first --out phone --format litert --quantize int8 --check reviews.csv
    """
    if data is not None and format not in MODELS:
        raise RunError("--check compares a file: add --format onnx or --format litert.")
    if quantize is not None and format != "litert":
        raise RunError("--quantize is for --format litert.")
    signs = [name for name in MODELS.values() if (out / name).is_file()] or ["saved_model.pb"]
    check_free(out, overwrite, FILES, signs=set(signs))
    task = open_task(run)
    settings: dict[str, Any] = {}
    if isinstance(task, Generator):
        settings = decoding_arguments(task, options)
    elif set_options(options):
        raise RunError(f"{run}: a {type(task).__name__} writes no text: nothing is decoded.")
    model = MODELS.get(format)
    if quantize is not None:
        settings["quantize"] = quantize
    with atomic_write(out) as draft:
        task.export(draft / model if model else draft, format=format, **settings)
    if model is None:
        echo(f"{out}: signature serving_default takes a batch of raw inputs")
        return
    echo(f"{out}: {model}, and client.py, which takes raw inputs")
    if data is not None:
        part = load_data(entry_of(task), data, {}).complete().parts["test"]
        settings.pop("quantize", None)
        tolerance = 1e-2 if quantize else 1e-5
        echo(str(check(out / model, task, part.inputs[:COMPARED], tolerance, **settings)))
