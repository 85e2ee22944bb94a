"""ONNX: a graph of numbers for each function of a task, with ONNX's own recurrent operators."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from rnn_zoo._keras_private import frozen_graph
from rnn_zoo.decoding.step import all_rows_kept
from rnn_zoo.errors import BackendError, ConfigError
from rnn_zoo.export.tensors import Function, TensorModel
from rnn_zoo.layers.choice import operators

OPSET = 18


def export_onnx(model: TensorModel, path: str | Path) -> list[Path]:
    """Write a task as ONNX, beside it its settings and a client.

    A recurrent layer whose cell ONNX has an operator for is that operator, with any mask; others
    are loops. The client needs `onnxruntime` and `numpy` alone.

    Args:
        model: what to write.
        path: the file of the function that answers, such as `"serving/model.onnx"`.

    Returns:
        All files that were written: the graph, those of the other functions by their names
        (`encode.onnx`, `step.onnx`), `preprocessing.json`, `client.py`, and of a
        captioner `images.py`.

    Raises:
        BackendError: Keras does not run on TensorFlow, or `tf2onnx` is not installed.
        ConfigError: the path does not end in `.onnx`, or ONNX lacks an operation.
    """
    return model.write(Path(path), ".onnx", lambda *x: to_onnx(*x).SerializeToString())


def to_onnx(function: Function, signature: Sequence[tf.TensorSpec]) -> Any:
    """A function of tensors to a dict of tensors as an ONNX model with inputs and outputs by name.

    Raises:
        BackendError: `tf2onnx` is not installed.
        ConfigError: ONNX lacks an operation.
    """
    try:
        from tf2onnx import optimizer, tfonnx
    except ImportError:
        raise BackendError("ONNX is written by: pip install 'rnn_zoo[onnx]'.") from None

    from rnn_zoo.export.onnx_operators import handlers

    with operators(), all_rows_kept():
        concrete = tf.function(function, autograph=False).get_concrete_function(*signature)
    with _quiet():
        graph_def, inputs, outputs = frozen_graph(concrete)
    names = dict(zip(inputs, (spec.name for spec in signature), strict=True))
    names |= dict(zip(outputs, sorted(concrete.structured_outputs), strict=True))
    with tf.Graph().as_default() as graph, _quiet():
        tf.import_graph_def(graph_def, name="")
        converted = tfonnx.process_tf_graph(
            graph,
            opset=OPSET,
            input_names=inputs,
            output_names=outputs,
            custom_op_handlers=handlers(),
        )
        model = optimizer.optimize_graph(converted).make_model("rnn_zoo")
    _check_operators(model.graph)
    _rename(model.graph, names)
    return model


def _check_operators(graph: Any) -> None:
    """Raise where something is left that ONNX has no operator for."""
    from onnx import defs

    known = {schema.name for schema in defs.get_all_schemas_with_history() if not schema.domain}
    unknown = sorted({node.op_type for node in graph.node} - known)
    if unknown:
        raise ConfigError(
            f"ONNX has no operator for {', '.join(unknown)} of TensorFlow. What draws at random, "
            "such as decoding by Sample, is not exported: choose greedy or beam, or decode with "
            "encode.onnx and step.onnx."
        )


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Call inputs and outputs by other names, wherever they stand."""
    inner = [
        attribute.g
        for node in graph.node
        for attribute in node.attribute
        if attribute.HasField("g")
    ]
    for part in (graph.input, graph.output):
        for value in part:
            value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for subgraph in inner:
        _rename(subgraph, names)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of lookup tables, which stay behind, and of shapes that vary."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "tf2onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
