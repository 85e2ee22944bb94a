"""A task as functions of numbers, for formats that hold no strings, and what stands around them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf


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

    functions: Mapping[str, tuple[Callable[..., Any], Sequence[tf.TensorSpec]]]
    settings: Mapping[str, Any]


def specs_of(tensors: Sequence[Any]) -> list[tf.TensorSpec]:
    """The signature of a network's symbolic inputs."""
    return [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name) for tensor in tensors]
