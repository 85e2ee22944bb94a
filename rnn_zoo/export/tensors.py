"""A task as functions of numbers, for formats that hold no strings, and what stands around them."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from rnn_zoo.errors import BackendError, ConfigError

SETTINGS = "preprocessing.json"
CLIENT = "client.py"
IMAGES = "images.py"
"""What the client of a captioner needs beside it."""
FORMAT = 1
"""The version of `preprocessing.json`."""
Function = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class TensorModel:
    """What a format without strings holds of a task.

    Attributes:
        functions: by name, a function to a dict of tensors, and its input signature. `"model"` is
            what answers; a task that writes has `"encode"` and `"step"` too, for a program that
            decodes by itself.
        settings: what a client does before and after it, as plain values of JSON: `"inputs"` and
            `"outputs"`.
    """

    functions: Mapping[str, tuple[Function, Sequence[tf.TensorSpec]]]
    settings: Mapping[str, Any]

    def write(
        self, path: Path, suffix: str, convert: Callable[[Function, list[tf.TensorSpec]], bytes]
    ) -> list[Path]:
        """Write a file for each function, `preprocessing.json` and the client.

        An output that is called like an input, such as a state, becomes `next_NAME`.

        Args:
            path: the file of the function that answers.
            suffix: that of the format's files.
            convert: a function and its signature to the content of a file.

        Returns:
            All files that were written.

        Raises:
            BackendError: Keras does not run on TensorFlow.
            ConfigError: the path has another suffix.
        """
        backend = keras.backend.backend()
        if backend != "tensorflow":
            raise BackendError(
                f"{suffix} files are written under TensorFlow; Keras runs on {backend}. Save the "
                "model as a .keras file, load it with KERAS_BACKEND=tensorflow, export there."
            )
        if path.suffix != suffix:
            raise ConfigError(f"{path}: the file should be called {suffix}, such as model{suffix}.")
        contents = {
            path if name == "model" else path.with_name(f"{name}{suffix}"): convert(
                _distinct(function, signature), list(signature)
            )
            for name, (function, signature) in self.functions.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            file.write_bytes(content)
        settings = path.with_name(SETTINGS)
        about = {"format": FORMAT, "rnn_zoo": version("rnn_zoo"), **self.settings}
        settings.write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
        client = [CLIENT, IMAGES] if self.settings["inputs"]["kind"] == "images" else [CLIENT]
        for name in client:
            shutil.copyfile(Path(__file__).parent / "clients" / name, path.with_name(name))
        return [*contents, settings, *map(path.with_name, client)]


def specs_of(tensors: Sequence[Any]) -> list[tf.TensorSpec]:
    """The signature of a network's symbolic inputs."""
    return [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name) for tensor in tensors]


def _distinct(function: Function, signature: Sequence[tf.TensorSpec]) -> Function:
    """The function with outputs that are called unlike its inputs."""
    taken = {spec.name for spec in signature}

    def renamed(*inputs: Any) -> dict[str, Any]:
        outputs = function(*inputs)
        return {f"next_{name}" if name in taken else name: x for name, x in outputs.items()}

    return renamed
