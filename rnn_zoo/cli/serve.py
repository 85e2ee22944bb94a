"""`rnn-zoo serve`."""

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnn_zoo.cli.group import echo
from rnn_zoo.cli.imports import import_option
from rnn_zoo.cli.models import TrainedModel, open_model
from rnn_zoo.cli.options import run_argument
from rnn_zoo.cli.types import COUNT, Finite, Name
from rnn_zoo.errors import BackendError, RunError, UserError
from rnn_zoo.presets import Card, Preset, locate
from rnn_zoo.presets.card import read_card
from rnn_zoo.presets.files import is_preset
from rnn_zoo.tasks import ImageCaptioner, LanguageModel, SequenceRegressor, TextClassifier
from rnn_zoo.training.run_folder import RunFolder, file_digest

if TYPE_CHECKING:
    from rnn_zoo.serve.served_model import ServedModel

QUICK = (TextClassifier, SequenceRegressor)
"""Tasks whose ONNX file is written in a few seconds."""


@click.command("serve")
@run_argument
@click.option("--host", type=Name(), default="127.0.0.1", show_default=True, help="Address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "onnx", "keras"]),
    default="auto",
    show_default=True,
    help="What answers. auto: ONNX Runtime, where RUN has an ONNX file or one is written quickly; "
    "onnx: ONNX Runtime, however long that takes at the start.",
)
@click.option(
    "--max-inputs", type=COUNT, default=64, show_default=True, help="Inputs of a request."
)
@click.option(
    "--max-bytes",
    type=click.IntRange(1000, 2**30),
    default=4 * 2**20,
    show_default=True,
    help="Bytes of a request.",
)
@click.option(
    "--timeout",
    type=Finite(0.1, 3600),
    default=30.0,
    show_default=True,
    help="Seconds in which a request has to arrive, and to be answered.",
)
@import_option
def serve_command(
    run: str,
    host: str,
    port: int,
    runtime: str,
    max_inputs: int,
    max_bytes: int,
    timeout: float,
) -> None:
    r"""Serve the model RUN over HTTP, with a page that shows what it does.

    RUN is a run folder, a preset, a .keras file, or weights in the package (rnn-zoo list
    --pretrained). The page is at http://127.0.0.1:8000, its API is described at /openapi.json, and
    Ctrl+C ends the server. It needs pip install 'rnn_zoo[serve]'.

    \b
    rnn-zoo serve sentiment_lstm@synthetic_reviews
    rnn-zoo serve runs/en --port 8080
    curl 127.0.0.1:8000/predict -H 'Content-Type: application/json' \
         -d '{"inputs": ["a witty joy"]}'

    Whoever reaches the address can ask the model: there are no passwords. Requests that are
    malformed, too large or too slow are refused; --max-inputs, --max-bytes and --timeout say when.
    """
    try:
        from rnn_zoo.serve import app, server
    except ModuleNotFoundError as error:
        raise RunError(f"rnn-zoo serve needs {error.name}: pip install 'rnn_zoo[serve]'.") from None
    from rnn_zoo.serve.explanations import warm_up
    from rnn_zoo.serve.limits import Limits

    limits = Limits(max_inputs=max_inputs, max_bytes=max_bytes, timeout=timeout)
    listening = server.open_socket(host, port)
    with listening:
        model = _served(run, runtime)
        warm_up(model)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        echo(f"{address} serves {model.name} with {model.runtime}; Ctrl+C ends it")
        server.run(app.create_app(model, limits), listening, timeout)


def _served(run: str, runtime: str) -> "ServedModel":
    """The model that a user names, with what answers for it."""
    from rnn_zoo.serve.served_model import ServedModel

    trained = open_model(run)
    path = Path(run)
    name = path.resolve().name if path.exists() else run  # clients see no paths
    with tempfile.TemporaryDirectory() as folder:  # ONNX Runtime reads the file once
        onnx = _onnx_file(trained, runtime, Path(folder))
        return ServedModel(name, trained.task, _card(run), onnx)


def _onnx_file(model: TrainedModel, runtime: str, folder: Path) -> Path | None:
    """The ONNX file that answers: the run's, or one that is written into a folder.

    Returns:
        The file; None where the task itself answers.

    Raises:
        UserError: an ONNX file is asked for, and there can be none.
    """
    if runtime == "keras":
        return None
    if isinstance(model.task, (ImageCaptioner, LanguageModel)):
        if runtime == "onnx":
            raise RunError(f"A {type(model.task).__name__} is served by Keras.")
        return None
    if importlib.util.find_spec("onnxruntime") is None:
        if runtime == "onnx":
            raise BackendError("ONNX Runtime comes with: pip install 'rnn_zoo[onnx]'.")
        return None
    if model.folder is not None and (own := _own_file(model.folder)) is not None:
        return own
    if runtime == "auto" and not isinstance(model.task, QUICK):
        return None
    path = folder / "model.onnx"
    try:
        model.task.export(path, format="onnx")
    except UserError:  # a cell of the user's own, or tf2onnx is not installed
        if runtime == "onnx":
            raise
        return None
    return path


def _own_file(folder: RunFolder) -> Path | None:
    """The ONNX file of a run, where it is that of its best model."""
    path = folder.onnx / "model.onnx"
    if not path.is_file() or not folder.is_finished:
        return None
    is_of_best = folder.read_json(folder.run).get("best") == file_digest(folder.best)
    return path if is_of_best else None


def _card(run: str) -> Card | None:
    """The card of a preset or of weights in the package; None where there is none."""
    try:
        path = locate(run)
    except UserError:
        return None
    if not is_preset(path) or not Preset.open(path).card.is_file():
        return None
    return read_card(Preset.open(path).card)
