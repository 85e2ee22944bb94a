"""LiteRT, once TensorFlow Lite: a graph of builtin operators for phones and small machines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import tensorflow as tf

from rnn_zoo.decoding.step import all_rows_kept
from rnn_zoo.errors import ConfigError, shortened
from rnn_zoo.export.tensors import Function, TensorModel
from rnn_zoo.layers import portable

Quantize = Literal["float16", "int8"]


def export_litert(
    model: TensorModel, path: str | Path, quantize: Quantize | None = None
) -> list[Path]:
    """Write a task for LiteRT, one input at a time, beside it its settings and a client.

    Recurrences are loops of builtin operators: no part of TensorFlow (Flex) is needed. The client
    needs `ai-edge-litert` and `numpy` alone.

    Args:
        model: what to write.
        path: the file of the function that answers, such as `"phone/model.tflite"`.
        quantize: `"float16"` stores weights in half precision, `"int8"` in whole numbers from -127
            to 127 with a scale, in about a quarter of the size. Default: None, float32.

    Returns:
        All files that were written: the graph, those of the other functions by their names
        (`encode.tflite`, `step.tflite`), `preprocessing.json`, `client.py`, and of a
        captioner `images.py`.

    Raises:
        BackendError: Keras does not run on TensorFlow.
        ConfigError: the path does not end in `.tflite`, or there is no such `quantize`.
    """
    if quantize not in (None, "float16", "int8"):
        raise ConfigError(f"quantize is None, 'float16' or 'int8'; got {shortened(quantize)}.")
    return model.write(Path(path), ".tflite", lambda x, y: to_litert(x, y, quantize))


def to_litert(
    function: Function, signature: Sequence[tf.TensorSpec], quantize: Quantize | None = None
) -> bytes:
    """A function of tensors to a dict of tensors, for batches of one, with its names."""
    alone = [tf.TensorSpec([1, *spec.shape[1:]], spec.dtype, name=spec.name) for spec in signature]
    with portable(), all_rows_kept():
        concrete = tf.function(function, autograph=False).get_concrete_function(*alone)
    module = tf.Module()
    module.weights = list(concrete.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantize is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    content: bytes = converter.convert()
    return content
