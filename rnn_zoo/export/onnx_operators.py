"""Operations of TensorFlow that `tf2onnx` does not turn into the ONNX operators that fit them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_zoo.layers.recurrence import PREFIX


@dataclass(frozen=True)
class Operator:
    """A recurrent operator of ONNX.

    Attributes:
        name: what ONNX calls it.
        order: the blocks of our kernels in ONNX's order.
        states: number of states.
        attributes: those of the operator.
    """

    name: str
    order: Sequence[int]
    states: int
    attributes: dict[str, Any]


OPERATORS = {
    "lstm": Operator("LSTM", (0, 3, 1, 2), 2, {}),  # i, f, g, o to i, o, f, g
    "gru": Operator("GRU", (0, 1, 2), 1, {"linear_before_reset": 1}),
    "rnn_tanh": Operator("RNN", (0,), 1, {"activations": ["Tanh"]}),
    "rnn_relu": Operator("RNN", (0,), 1, {"activations": ["Relu"]}),
}
"""By the name that `rnn_zoo.layers.recurrence` gives a recurrence."""

CALLED = re.compile(f"{PREFIX}({'|'.join(OPERATORS)})_(forward|reverse)_")
"""The cell and the direction in the name of a function."""


def handlers() -> dict[str, tuple[Callable[..., None], list[Any]]]:
    """What `tf2onnx` takes as `custom_op_handlers`."""
    return {
        "PartitionedCall": (_recurrence, []),
        "StatefulPartitionedCall": (_recurrence, []),
        # Its own multiplies both sides by 0 or 1: 0 times infinity is no number.
        "SelectV2": (_where, []),
    }


def _where(ctx: Any, node: Any, name: str, args: Any) -> None:  # noqa: ARG001 - tf2onnx'
    _replace(ctx, node, "Where", list(node.input))


def _recurrence(ctx: Any, node: Any, name: str, args: Any) -> None:  # noqa: ARG001 - tf2onnx'
    """A function of `rnn_zoo.layers.recurrence` to the operator, with weights as ONNX has them."""
    called = CALLED.search(node.attr["f"].s.decode())
    if called is None:
        raise ValueError(f"{node.name} calls a function that ONNX has no operator for.")
    operator, direction = OPERATORS[called[1]], called[2]
    x, lengths, *rest = node.input
    states = rest[: operator.states]
    kernel, recurrent_kernel, bias, *_ = rest[operator.states :]  # then what the function reads
    units = ctx.get_shape(recurrent_kernel)[0]
    columns = np.concatenate([np.arange(units) + block * units for block in operator.order])
    graph = _Graph(ctx, columns.astype("int64"))
    ends = list(zip(node.output, node.output_shapes, node.output_dtypes, strict=True))
    ctx.remove_node(node.name)
    inputs = [
        graph.op("Transpose", [x], perm=[1, 0, 2]),
        graph.kernel(kernel),
        graph.kernel(recurrent_kernel),
        graph.bias(bias),
        lengths,
        *(graph.op("Unsqueeze", [state, graph.axis(0)]) for state in states),
    ]
    attributes = operator.attributes | {"hidden_size": units, "direction": direction}
    hidden, *last = graph.ops(operator.name, inputs, 1 + operator.states, **attributes)
    hidden = graph.op("Squeeze", [hidden, graph.axis(1)])  # (time, batch, units)
    graph.end(ends[0], "Transpose", [hidden], perm=[1, 0, 2])
    for end, state in zip(ends[1:], last, strict=True):
        graph.end(end, "Squeeze", [state, graph.axis(0)])


def _replace(ctx: Any, node: Any, operator: str, inputs: list[str]) -> None:
    """Put an operator with one output in the place of a node."""
    output = node.output[0]
    shape, dtype = ctx.get_shape(output), ctx.get_dtype(output)
    ctx.remove_node(node.name)
    ctx.make_node(
        operator, inputs, name=node.name, outputs=[output], shapes=[shape], dtypes=[dtype]
    )


class _Graph:
    """What is added to the graph that `tf2onnx` makes.

    Args:
        ctx: that graph.
        columns: of our kernels, in ONNX's order.
    """

    def __init__(self, ctx: Any, columns: np.ndarray):
        self.ctx = ctx
        self.count = len(columns)
        self.columns = self.constant(columns)

    def ops(self, operator: str, inputs: list[str], count: int, **attributes: Any) -> list[str]:
        """An operator of float32 values with so many outputs."""
        from onnx import TensorProto

        node = self.ctx.make_node(
            operator,
            inputs,
            attr=attributes,
            output_count=count,
            shapes=[None] * count,
            dtypes=[TensorProto.FLOAT] * count,
        )
        return list(node.output)

    def op(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """An operator with one output."""
        return self.ops(operator, inputs, 1, **attributes)[0]

    def end(
        self, end: tuple[str, Any, Any], operator: str, inputs: list[str], **attributes: Any
    ) -> None:
        """An operator whose output, with this name, shape and dtype, others read already."""
        name, shape, dtype = end
        self.ctx.make_node(
            operator, inputs, attr=attributes, outputs=[name], shapes=[shape], dtypes=[dtype]
        )

    def constant(self, value: Any) -> str:
        """A constant."""
        from tf2onnx import utils

        node = self.ctx.make_const(utils.make_name("recurrence"), np.asarray(value))
        return str(node.output[0])

    def axis(self, axis: int) -> str:
        """An axis, which operators take as a tensor."""
        return self.constant(np.array([axis], "int64"))

    def kernel(self, kernel: str) -> str:
        """`(features, blocks * units)` to `(1, blocks * units, features)`."""
        rows = self.op("Transpose", [kernel], perm=[1, 0])
        return self.op("Unsqueeze", [self.op("Gather", [rows, self.columns], axis=0), self.axis(0)])

    def bias(self, bias: str) -> str:
        """`(blocks * units,)`, or of a GRU `(2, blocks * units)`, to `(1, 2 * blocks * units)`."""
        if len(self.ctx.get_shape(bias)) == 2:
            ordered = self.op("Gather", [bias, self.columns], axis=1)
            return self.op("Reshape", [ordered, self.constant(np.array([1, -1], "int64"))])
        ordered = self.op("Gather", [bias, self.columns], axis=0)
        none = self.constant(np.zeros(self.count, "float32"))
        return self.op("Unsqueeze", [self.op("Concat", [ordered, none], axis=0), self.axis(0)])
