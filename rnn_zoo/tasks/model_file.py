"""Reading `.keras` files that may be damaged."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from rnn_zoo.errors import RunError
from rnn_zoo.tasks.task import Task


def load_model(path: Path) -> Task:
    """Read a `.keras` file.

    Raises:
        RunError: there is none, it is damaged (a weight that is not finite or a vocabulary of
            another size among it), or it holds no task of the zoo.
    """
    if path.is_file() and not zipfile.is_zipfile(path):  # Keras would say "File not found"
        raise RunError(f"{path} is damaged or no model file: it is not a whole .keras archive.")
    with _damage(path):
        model = keras.saving.load_model(path)
    if not isinstance(model, Task):
        raise RunError(f"{path} holds a {type(model).__name__}, not a model of the zoo.")
    _check_weights(model, path)
    return model


def load_weights(task: Task, path: Path) -> None:
    """Read the weights of a `.keras` file into the model that wrote it.

    Raises:
        RunError: there is none, it is damaged, or belongs to another model.
    """
    with _damage(path):
        task.load_weights(path)
    _check_weights(task, path)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    # Keras, h5py and zipfile raise any class of error for content that they do not expect.
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RunError(f"{path} is damaged or no model file: {lines[0]}") from error


def _check_weights(task: Task, path: Path) -> None:
    for weight in task.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32"))).all():
            raise RunError(f"{path} is damaged: the weight {weight.path} is NaN or infinite.")
