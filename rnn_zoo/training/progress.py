"""How far training has come, kept so that it can go on after whatever ended it."""

import json
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from rnn_zoo.errors import RunError
from rnn_zoo.training.checkpoint import whole

Memories = Mapping[str, tuple[keras.callbacks.Callback, Sequence[str]]]


class Progress(keras.callbacks.Callback):
    """Keeps all that training needs to go on as if nothing had happened, bit for bit.

    That is every variable of the model (weights, states of dropout's generators, states that
    batches carry), of its optimizer and of its metrics; the epoch and the step in it; and what
    other callbacks remember. It is written at the beginning of every epoch and, in an epoch, after
    every so many steps. Where the file exists when training begins, training goes on from there:
    the batches of the epoch that were learned from already are drawn and passed over.

    It stands behind the callbacks that change weights.

    Args:
        path: the .npz file.
        every: steps between two writes; None: the beginnings of epochs alone.
        memories: other callbacks, by a name for each, and their attributes that JSON can hold.

    Attributes:
        epoch, step: where training goes on; both 0 where it begins.
        seconds: of training, those of earlier processes included.

    Raises:
        RunError: the file cannot be read or written, or belongs to another model.
    """

    def __init__(self, path: Path, every: int | None, memories: Memories):
        super().__init__()
        self.path = path
        self.every = every
        self.memories = memories
        self.epoch = self.step = 0
        self._seconds, self._started = 0.0, time.time()
        self._kept: dict[str, np.ndarray] | None = None  # what is to be restored
        self._remembered: dict[str, dict[str, Any]] = {}
        if path.is_file():
            self._read()

    @property
    def seconds(self) -> float:
        """Of training, those of earlier processes included."""
        return self._seconds + time.time() - self._started

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Go on from the file, or write it."""
        self.epoch = epoch
        if self._kept is None:
            self._write(0)
        elif self.step:
            self._pass_over()
        else:
            self._restore()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Go on from the file, or write it after every so many steps."""
        done = batch + 1
        if self._kept is not None:
            if done == self.step:
                self._restore()
        # After the last step the beginning of the next epoch is near.
        elif self.every and done % self.every == 0 and done < (self.params["steps"] or math.inf):
            self._write(done)

    def _variables(self) -> dict[str, list[Any]]:
        model: Any = self.model
        return {
            "model": model.variables,
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }

    def _write(self, step: int) -> None:
        place = {
            "epoch": self.epoch,
            "step": step,
            "seconds": self.seconds,
            "memories": {
                name: {attribute: getattr(callback, attribute) for attribute in attributes}
                for name, (callback, attributes) in self.memories.items()
            },
        }
        arrays = {
            f"{part}/{i}": keras.ops.convert_to_numpy(variable)
            for part, variables in self._variables().items()
            for i, variable in enumerate(variables)
        }
        with whole(self.path) as draft:
            np.savez(draft, place=np.array(json.dumps(place)), **arrays)

    def _read(self) -> None:
        try:
            with np.load(self.path, allow_pickle=False) as file:
                self._kept = {name: file[name] for name in file.files}
            place = json.loads(str(self._kept.pop("place")))
            self.epoch, self.step = place["epoch"], place["step"]
            self._seconds, self._remembered = place["seconds"], place["memories"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise RunError(
                f"{self.path} is damaged: {error}. Train anew, with --overwrite."
            ) from None

    def _restore(self) -> None:
        kept = self._kept or {}
        for part, variables in self._variables().items():
            if part == "metrics" and not self.step:  # an epoch begins with nothing measured
                continue
            values = [value for name, value in kept.items() if name.startswith(f"{part}/")]
            shapes = [tuple(variable.shape) for variable in variables]
            if [value.shape for value in values] != shapes:
                raise RunError(f"{self.path} belongs to another model: other {part} variables.")
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        for name, (callback, _) in self.memories.items():
            for attribute, value in self._remembered[name].items():
                setattr(callback, attribute, value)
        self._kept = None

    def _pass_over(self) -> None:
        """Has all steps but one draw their batch and learn nothing.

        The last one is taken, so that there is whatever a first step makes, and then undone.
        """
        model: Any = self.model
        train = model.train_function
        left = self.step - 1

        def pass_over(*arguments: Any) -> Any:
            nonlocal left
            if not left:
                model.train_function = train
                return train(*arguments)
            left -= 1
            *state, batches = arguments
            next(batches)
            return ({}, *state) if state else {}  # on JAX training hands a state on

        model.train_function = pass_over
