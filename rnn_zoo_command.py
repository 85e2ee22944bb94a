"""The console script `rnn-zoo`: a quiet and quick start of `rnn_zoo.cli`.

It is a module of its own because importing any part of `rnn_zoo` imports TensorFlow, which takes
seconds, and prints lines about processors and GPUs to standard error before any of its settings can
stop it. They would drown the one line that an error is. The garbage collector pauses as well: a
single search in all that TensorFlow loads takes seconds, and everything that is loaded stays until
the command ends.

`rnn-zoo predict RUN TEXT...`, without an option, needs none of it where the run has an ONNX file;
nor does `rnn-zoo predict RUN IMAGE...`, where Pillow is installed.
"""

import contextlib
import gc
import hashlib
import importlib.machinery
import importlib.util
import itertools
import json
import os
import re
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LINES = 4096
"""Lines of standard input that are answered together."""


def main() -> None:
    """Run the command that the shell gives."""
    command, *arguments = sys.argv[1:] or [""]
    if command == "predict" and (run := _onnx_of(arguments)):
        try:
            _predict(run, arguments[1:])
        except BrokenPipeError:  # the reader has read enough; what is left is written to nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    gc.disable()
    try:
        with _silent_standard_error():
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        sys.stderr.write("Error: rnn-zoo needs TensorFlow: pip install tensorflow.\n")
        sys.exit(2)
    from rnn_zoo import cli

    gc.freeze()
    gc.enable()
    cli.main()


def _onnx_of(arguments: Sequence[str]) -> Path | None:
    """The ONNX file that answers as the best model of a run does, if it can answer all of it.

    What has options, names files of texts, or is an error in any way is left to the command.
    """
    if not arguments or any(part.startswith("-") for part in arguments):
        return None
    run, *texts = arguments
    if importlib.util.find_spec("onnxruntime") is None:
        return None
    try:
        file = Path(run, "onnx", "model.onnx")
        if not file.is_file():
            return None
        settings = json.loads(file.with_name("preprocessing.json").read_text(encoding="utf-8"))
        if settings["inputs"]["kind"] == "images":
            if importlib.util.find_spec("PIL") is None:
                return None
        elif any(map(os.path.exists, texts)):
            return None
        if not texts and sys.stdin.isatty():
            return None
        best = json.loads(Path(run, "run.json").read_text(encoding="utf-8"))["best"]
        with Path(run, "best.keras").open("rb") as model:
            return file if hashlib.file_digest(model, "sha256").hexdigest() == best else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _predict(file: Path, texts: Sequence[str]) -> None:
    """Write a line for each text, or each line of standard input, as `rnn-zoo predict` does.

    Texts may be the paths of images.
    """
    client = _client()
    model = client.Model(file)
    decode = str if model.reads_images else _readable
    lines: Iterator[str] = iter(texts)
    if not texts:
        raw = sys.stdin.buffer
        lines = (line.decode("utf-8", "surrogateescape").rstrip("\r\n") for line in raw)
    while chunk := list(itertools.islice(lines, LINES)):
        try:
            answers = model([decode(text) for text in chunk])
        except ValueError as error:  # an image that cannot be read
            sys.stderr.buffer.write(f"Error: {error}\n".encode("utf-8", "surrogateescape"))
            sys.exit(2)
        for text, answer in zip(chunk, answers, strict=True):
            fields = (re.sub(r"[\r\n]+", " ", part) for part in (*client.fields(answer), text))
            sys.stdout.buffer.write("\t".join(fields).encode("utf-8", "surrogateescape") + b"\n")
    sys.stdout.flush()


def _readable(text: str) -> str:
    return os.fsencode(text).decode("utf-8", "replace")


def _client() -> Any:
    """The module `rnn_zoo.export.clients.client`, without the packages that it stands in."""
    package = importlib.util.find_spec("rnn_zoo")
    assert package is not None, "it stands beside this module"
    path = Path(str(package.origin)).parent / "export" / "clients" / "client.py"
    loader = importlib.machinery.SourceFileLoader("rnn_zoo_client", str(path))
    module = types.ModuleType(loader.name)
    module.__file__ = str(path)  # beside it stands what reads images
    loader.exec_module(module)
    return module


@contextlib.contextmanager
def _silent_standard_error() -> Iterator[None]:
    """Discard what compiled code writes to the file descriptor of standard error."""
    standard_error = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)


if __name__ == "__main__":
    main()
