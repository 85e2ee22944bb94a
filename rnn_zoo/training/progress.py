"""The state of a training run on disk, from which it can go on after whatever ended it."""

import json
import math
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.errors import RunError

CallbackStates = Mapping[str, tuple[keras.callbacks.Callback, Sequence[str]]]


class Place(BaseModel):
    """Epoch and step at which the file was written, and the state of other callbacks then."""

    model_config = ConfigDict(strict=True)

    epoch: Annotated[int, Field(ge=0)] = 0
    step: Annotated[int, Field(ge=0)] = 0
    seconds: float = 0.0
    callbacks: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Progress(keras.callbacks.Callback):
    """Keeps all that training needs to go on as if it had never ended, bit for bit.

    That is every variable of the model (weights, states of dropout's generators, states that
    batches carry), of its optimizer and of its metrics; the epoch and the step in it; and the state
    of other callbacks. If the file exists, training goes on from there: the batches of the epoch
    that were trained on already are drawn and skipped.

    It is the first of the callbacks, so that it restores before the others begin an epoch. It
    writes at the beginning and after every so many steps; the last callback calls `write_epoch`.

    Args:
        path: the .npz file.
        every: steps between two writes in an epoch; None: none.
        callbacks: other callbacks by a name for each, and those of their attributes that are to be
            kept, which JSON can hold.

    Attributes:
        epoch, step: where training goes on; both 0 where it begins.
        states: what the file holds of `callbacks`.

    Raises:
        RunError: the file cannot be read or written, or belongs to another model.
    """

    def __init__(self, path: Path, every: int | None, callbacks: CallbackStates):
        super().__init__()
        self.path = path
        self.every = every
        self.callbacks = callbacks
        self._started = time.monotonic()
        self._arrays: dict[str, np.ndarray] | None = None  # to be restored
        place = self._read() if path.is_file() else Place()
        self.epoch, self.step, self.states = place.epoch, place.step, place.callbacks
        self._seconds = place.seconds

    @property
    def seconds(self) -> float:
        """The time of training, that of earlier processes included."""
        return self._seconds + time.monotonic() - self._started

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Restore, or write if there is no file yet."""
        self.epoch = epoch
        if self._arrays is None:
            if not self.path.is_file():
                self._write(epoch, 0)
        elif self.step:
            self._skip_batches()
        else:
            self._restore()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Restore in the middle of an epoch, or write after every so many steps."""
        done = batch + 1
        if self._arrays is not None:
            if done == self.step:
                self._restore()
        # After the last step the end of the epoch is near.
        elif self.every and done % self.every == 0 and done < (self.params["steps"] or math.inf):
            self._write(self.epoch, done)

    def write_epoch(self, epoch: int) -> None:
        """Write after an epoch, when all other callbacks have ended it."""
        self._write(epoch + 1, 0)

    def _variables(self) -> dict[str, list[Any]]:
        model: Any = self.model
        return {
            "model": model.variables,
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }

    def _write(self, epoch: int, step: int) -> None:
        states = {
            name: {attribute: getattr(callback, attribute) for attribute in attributes}
            for name, (callback, attributes) in self.callbacks.items()
        }
        place = Place(epoch=epoch, step=step, seconds=self.seconds, callbacks=states)
        arrays = {
            f"{part}/{i}": keras.ops.convert_to_numpy(variable)
            for part, variables in self._variables().items()
            for i, variable in enumerate(variables)
        }
        with atomic_write(self.path) as draft:
            np.savez(draft, place=np.array(json.dumps(place.model_dump())), **arrays)

    def _read(self) -> Place:
        try:
            with np.load(self.path, allow_pickle=False) as file:
                self._arrays = {name: file[name] for name in file.files}
            place = Place.model_validate(json.loads(str(self._arrays.pop("place"))))
            if {name: set(state) for name, state in place.callbacks.items()} != {
                name: set(attributes) for name, (_, attributes) in self.callbacks.items()
            }:
                raise ValueError("it holds the state of other callbacks")
        except ValidationError as error:
            raise self._damaged(error.errors()[0]["msg"]) from None
        except (OSError, ValueError, KeyError, AttributeError, EOFError, TypeError) as error:
            raise self._damaged(error) from None
        except zipfile.BadZipFile as error:
            raise self._damaged(error) from None
        return place

    def _damaged(self, reason: object) -> RunError:
        return RunError(f"{self.path} is damaged: {reason}. Train anew, with --overwrite.")

    def _restore(self) -> None:
        arrays = self._arrays or {}
        for part, variables in self._variables().items():
            if part == "metrics" and not self.step:  # an epoch begins with nothing measured
                continue
            values = [value for name, value in arrays.items() if name.startswith(f"{part}/")]
            shapes = [tuple(variable.shape) for variable in variables]
            if [value.shape for value in values] != shapes:
                raise RunError(f"{self.path} belongs to another model: other {part} variables.")
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self.restore_callbacks(*self.states)
        self._arrays = None

    def restore_callbacks(self, *names: str) -> None:
        """Restore the state of some of the other callbacks."""
        for name in names:
            for attribute, value in self.states[name].items():
                setattr(self.callbacks[name][0], attribute, value)

    def _skip_batches(self) -> None:
        """Draw the batches of all steps but one, and train on none of them.

        The last step is taken, so that whatever a first step makes exists, and then undone.
        """
        model: Any = self.model
        train = model.train_function
        left = self.step - 1

        def skip(*arguments: Any) -> Any:
            nonlocal left
            if not left:
                model.train_function = train
                return train(*arguments)
            left -= 1
            *state, batches = arguments
            next(batches)
            return ({}, *state) if state else {}  # on JAX training hands a state on

        model.train_function = skip
