"""A recurrence in segments of time, whose gradient computes again what the forward pass had."""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops, tree

from rnn_zoo.layers._backend import cotangents, loop, vjp

Tensors = list[Any]


class Segment(NamedTuple):
    """Some steps of a batch.

    Attributes:
        x: `(batch, time, features)`.
        flags: By name, `(batch, time)`, without a gradient. Among them is `mask`, false or zero
            where there is nothing to run.
    """

    x: Any
    flags: dict[str, Any]


class _Read(NamedTuple):
    """What the gradient reads of a segment; `before` are the states before it."""

    segment: Segment
    before: Tensors
    of_outputs: Tensors


class _SegmentCarry(NamedTuple):
    """What the gradient carries to the segment before."""

    of_states: Tensors
    of_constants: Tensors


def in_segments(
    run: Callable[[Segment, Tensors, Tensors], tuple[Tensors, Tensors]],
    sequence: Segment,
    states: Tensors,
    constants: Tensors,
    every: int,
    backwards: bool = False,
) -> tuple[Tensors, Tensors]:
    """Runs over segments of `every` steps and keeps nothing but the states between them.

    The gradient takes the segments from the last to the first, runs each once more and
    differentiates it alone: memory for `time / every + every` steps in place of `time`, for one
    more forward pass.

    Args:
        run: From one segment, the states before it and the constants to a list of outputs
            `(batch, every, ...)` and the states after it. It reads nothing else that has a
            gradient.
        sequence: All steps. The last segment is filled up with zeros, also in the mask.
        states: Those before the first step, each `(batch, units)`.
        constants: Tensors that are the same for all steps.
        every: Steps of a segment.
        backwards: Whether `run` runs from the last step to the first, and so do the segments.

    Returns:
        The outputs `(batch, time, ...)` and the last states.

    Source: Chen, Xu, Zhang and Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost".
    """
    time = ops.shape(sequence.x)[1]
    arguments = (tree.map_structure(lambda x: _cut(x, every), sequence), states, constants)

    @ops.custom_gradient
    def recomputed(*tensors: Any) -> tuple[Any, Callable]:
        segments, first, constants = tree.pack_sequence_as(arguments, list(tensors))

        def advance(before: Tensors, segment: Segment) -> tuple[Tensors, tuple[Tensors, Tensors]]:
            outputs, after = run(segment, before, constants)
            return after, (before, outputs)

        last, (before, outputs) = loop(advance, first, segments, backwards)

        def gradient(*upstream: Any, **_: Any) -> Tensors:
            of_results = cotangents(upstream)
            count = len(outputs)
            of_constants = [ops.zeros_like(constant) for constant in constants]
            carry, (of_x,) = loop(
                _gradient_of_segment(run, constants),
                _SegmentCarry(of_results[count:], of_constants),
                _Read(segments, before, of_results[:count]),
                not backwards,
            )
            of_flags = tree.map_structure(ops.zeros_like, segments.flags)
            return tree.flatten((Segment(of_x, of_flags), carry.of_states, carry.of_constants))

        return (*outputs, *last), gradient

    results: Tensors = list(recomputed(*tree.flatten(arguments)))
    count = len(results) - len(states)
    return [_joined(part, time) for part in results[:count]], results[count:]


def _gradient_of_segment(
    run: Callable, constants: Tensors
) -> Callable[[_SegmentCarry, _Read], Any]:
    """The body of the loop over segments that computes their gradient."""

    def back(carry: _SegmentCarry, now: _Read) -> tuple[_SegmentCarry, Tensors]:
        primals = (now.segment.x, now.before, constants)

        def again(*tensors: Any) -> Tensors:
            x, before, constants = tree.pack_sequence_as(primals, list(tensors))
            outputs, after = run(Segment(x, now.segment.flags), before, constants)
            return [*outputs, *after]

        gradients = vjp(again, tree.flatten(primals), [*now.of_outputs, *carry.of_states])
        of_x, of_before, of_constants = tree.pack_sequence_as(primals, gradients)
        pairs = zip(carry.of_constants, of_constants, strict=True)
        return _SegmentCarry(of_before, [a + b for a, b in pairs]), [of_x]

    return back


def _cut(x: Any, every: int) -> Any:
    """`(batch, time, ...)` to `(segments, batch, every, ...)`, filled up with zeros behind."""
    batch, time, *rest = ops.shape(x)
    missing = -time % every
    if not (isinstance(missing, int) and missing == 0):
        x = ops.pad(x, [(0, 0), (0, missing), *((0, 0) for _ in rest)])
    return ops.swapaxes(ops.reshape(x, (batch, -1, every, *rest)), 0, 1)


def _joined(x: Any, time: Any) -> Any:
    """`(segments, batch, every, ...)` to `(batch, time, ...)`."""
    _, batch, _, *rest = ops.shape(x)
    return ops.reshape(ops.swapaxes(x, 0, 1), (batch, -1, *rest))[:, :time]
