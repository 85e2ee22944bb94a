"""Arguments of a task's methods, checked and made ready."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import ConfigError, DataError, shortened


def check_counts(**counts: Any) -> None:
    """Raise where an argument that counts rows or steps is no whole number above 0.

    Args:
        **counts: the arguments by name; None stands for a default.

    Raises:
        ConfigError: one is no such number; the message names it.

    Example:
        >>> check_counts(batch_size=0)
        Traceback (most recent call last):
        ...
        rnn_zoo.errors.ConfigError: batch_size should be a whole number above 0, got 0.
    """
    for name, count in counts.items():
        is_whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if count is not None and not (is_whole and count > 0):
            raise ConfigError(f"{name} should be a whole number above 0, got {shortened(count)}.")


def check_keywords(method: str, keywords: Iterable[str], allowed: Iterable[str] = ()) -> None:
    """Raise Python's own error where a method that takes `**kwargs` does not know one of them.

    Raises:
        TypeError: there are such keywords; the message names them.
    """
    unknown = sorted(set(keywords) - set(allowed))
    if unknown:
        raise TypeError(f"{method}() got unexpected keyword arguments: {', '.join(unknown)}.")


def appended(callbacks: Any, another: keras.callbacks.Callback) -> Any:
    """Callbacks as `fit` takes them, and one more."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.append(another)
        return callbacks
    return [*(keras.tree.flatten(callbacks) if callbacks else ()), another]


def as_tensors(data: Any) -> Any:
    """The data of a step, which are arrays where steps are not compiled."""
    return keras.tree.map_structure(
        lambda part: part if part is None else keras.ops.convert_to_tensor(part), data
    )


def check_tensors(x: Any) -> None:
    """Raise where there is something else than tensors and arrays of numbers.

    Raises:
        DataError: there is, such as raw texts.
    """
    for part in keras.tree.flatten(x):
        is_text = getattr(part, "dtype", None) == tf.string or isinstance(part, tf.RaggedTensor)
        is_array = isinstance(part, np.ndarray) and part.dtype.kind in "biuf"
        is_tensor = isinstance(part, keras.KerasTensor) or keras.ops.is_tensor(part)
        if is_text or not (is_array or is_tensor):
            raise DataError(
                f"A model is called on its network's inputs, tensors of numbers, not on "
                f"{shortened(part)}: of raw inputs predict says what the logits mean, and "
                "model(model.tensors(x)[0]) gives them."
            )
