"""A trained model as it is served."""

import base64
import binascii
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from rnn_zoo import decoding
from rnn_zoo.errors import DataError
from rnn_zoo.presets.card import Card
from rnn_zoo.tasks import TASKS, Generator, ImageCaptioner, Task
from rnn_zoo.tasks.task import BATCH_SIZE

MAX_SETTINGS = 32
"""Strategies whose compiled searches are kept: each other temperature would take memory."""


class ServedModel:
    """A task, the file that answers in its place where there is one, and what to say of it.

    Args:
        name: what the user gave for RUN.
        task: the task.
        card: what to know before one uses it.
        onnx: its ONNX file, beside its `preprocessing.json`; None: the task answers.

    Attributes:
        kind: what an entry calls the task, such as `"tagging"`.
        runtime: what answers: `"onnxruntime"`, or Keras' backend.
    """

    def __init__(
        self, name: str, task: Task, card: Card | None = None, onnx: str | Path | None = None
    ):
        self.name = name
        self.task = task
        self.card = card
        self.kind = next(kind for kind, cls in TASKS.items() if isinstance(task, cls))
        self.runtime = keras.backend.backend()
        self._file: Callable[[list[Any]], list[Any]] | None = None
        if onnx is not None and not isinstance(task, ImageCaptioner):
            from rnn_zoo.export.clients.client import Model

            self._file = Model(onnx)
            self.runtime = "onnxruntime"
        self._settings: set[Any] = set()

    def answers(self, inputs: list[Any], options: Mapping[str, Any] | None = None) -> list[Any]:
        """An answer for each raw input, in the form of `client.py`'s.

        Args:
            inputs: as the body of a request has them.
            options: those of decoding; without any the ONNX file answers, where there is one.

        Raises:
            UserError: inputs or options are wrong.
        """
        if self._file is not None and not options:
            return self._file(inputs)
        raw = self.raw(inputs)
        if options:
            return self.task.answers(raw, **self._arguments(options))
        # Keras compiles for every number of rows: it is rounded up, so that there are few.
        rows = min(1 << (len(raw) - 1).bit_length(), -(-len(raw) // BATCH_SIZE) * BATCH_SIZE)
        return self.task.answers(raw + raw[-1:] * (rows - len(raw)))[: len(raw)]

    def raw(self, inputs: list[Any]) -> list[Any]:
        """Inputs of a request as the task takes them. A string is never the path of a file.

        Raises:
            DataError: an image is no base64.
        """
        if not isinstance(self.task, ImageCaptioner) or not self.task.preprocessor.has_images:
            return inputs
        return [_decoded(image, i) for i, image in enumerate(inputs)]

    def describe(self) -> dict[str, Any]:
        """What a client has to know."""
        task = self.task
        labels = getattr(task, "labels", None)
        is_writer = isinstance(task, Generator)
        return {
            "name": self.name,
            "entry": task.name,
            "task": self.kind,
            "runtime": self.runtime,
            "labels": None if labels is None else [str(label) for label in labels],
            "tokens": task.target_tokenizer.kind if is_writer else None,
            "attention": is_writer and task.network.decoder.attention is not None,
            "card": None if self.card is None else self.card.model_dump(exclude_defaults=True),
        }

    def _arguments(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options of a request as `generate` takes them."""
        if not isinstance(self.task, Generator):
            return {}
        settings = {key: value for key, value in options.items() if value is not None}
        passed_on = {key: settings.pop(key, None) for key in ("max_new_tokens", "seed")}
        name = settings.pop("decoding", None) or self.task.default_decoding
        strategy = decoding.from_options(name, **settings)
        self._settings.add((strategy, passed_on["max_new_tokens"]))
        if len(self._settings) > MAX_SETTINGS:
            self.task.forget_compiled()
            self._settings.clear()
        return {"decoding": strategy, **passed_on}


def _decoded(image: str, i: int) -> bytes:
    """The bytes of a file in base64; what stands before them in a data URL is left out."""
    _, _, content = image.rpartition(",")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise DataError(f"Example {i} is no image in base64.") from None
