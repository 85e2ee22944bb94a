"""A recurrence in segments of time, whose gradient computes again what the forward pass had."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from rnn_zoo.layers.loop import cotangents, loop, vjp

Tensors = list[Any]


def in_segments(
    run: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]],
    sequences: Any,
    flags: Sequence[Any],
    states: Sequence[Any],
    constants: Sequence[Any],
    every: int,
    backwards: bool = False,
) -> tuple[Tensors, Tensors]:
    """Runs over segments of `every` steps and keeps nothing but the states between them.

    The gradient takes the segments from the last to the first, runs each once more and
    differentiates it alone: memory for `time / every + every` steps in place of `time`, for one
    more forward pass.

    Args:
        run: From `[sequences, *flags]` of one segment, the states before it and the constants to a
            list of outputs `(batch, every, ...)` and the states after it. It reads nothing else
            that has a gradient.
        sequences: `(batch, time, features)`.
        flags: Others `(batch, time)`, without a gradient; the first is false, zero, where there is
            nothing to run: so are the steps that fill up the last segment.
        states: Those before the first step, each `(batch, units)`.
        constants: Tensors that are the same for all steps.
        every: Steps of a segment.
        backwards: Whether `run` runs from the last step to the first, and so do the segments.

    Returns:
        The outputs `(batch, time, ...)` and the last states.

    Source: Chen, Xu, Zhang and Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost".
    """
    time = ops.shape(sequences)[1]
    steps = [_segments(part, every) for part in (sequences, *flags)]

    @ops.custom_gradient
    def whole(*tensors: Any) -> tuple[Any, Callable]:
        steps, rest = list(tensors[: 1 + len(flags)]), list(tensors[1 + len(flags) :])
        first, constants = rest[: len(states)], rest[len(states) :]

        def advance(before: Tensors, segment: Tensors) -> tuple[Tensors, Tensors]:
            outputs, after = run(segment, before, constants)
            return after, [*before, *outputs]

        last, kept = loop(advance, first, steps, backwards)
        before, outputs = kept[: len(states)], kept[len(states) :]

        def gradient(*upstream: Any, **_: Any) -> Tensors:
            given = cotangents(upstream)
            of_outputs, of_last = given[: len(outputs)], given[len(outputs) :]

            def back(carry: Tensors, segment: Tensors) -> tuple[Tensors, Tensors]:
                of_after, added = carry[: len(states)], carry[len(states) :]
                x, *rest = segment
                flags_here, rest = rest[: len(flags)], rest[len(flags) :]
                begun, of_outputs = rest[: len(states)], rest[len(states) :]

                def again(x: Any, *given: Any) -> Tensors:
                    states_here, rest = list(given[: len(states)]), list(given[len(states) :])
                    outputs, after = run([x, *flags_here], states_here, rest)
                    return [*outputs, *after]

                of_x, *found = vjp(again, [x, *begun, *constants], [*of_outputs, *of_after])
                of_begun, more = found[: len(states)], found[len(states) :]
                return [*of_begun, *(a + b for a, b in zip(added, more, strict=True))], [of_x]

            nothing = [ops.zeros_like(constant) for constant in constants]
            carry, (of_x,) = loop(
                back, [*of_last, *nothing], [*steps, *before, *of_outputs], not backwards
            )
            return [of_x, *map(ops.zeros_like, steps[1:]), *carry]

        return (*outputs, *last), gradient

    found: Tensors = list(whole(*steps, *states, *constants))
    count = len(found) - len(states)
    return [_joined(part, time) for part in found[:count]], found[count:]


def _segments(x: Any, every: int) -> Any:
    """`(batch, time, ...)` to `(segments, batch, every, ...)`, filled up with zeros behind."""
    rows, time, *rest = ops.shape(x)
    missing = -time % every
    if not (isinstance(missing, int) and missing == 0):
        x = ops.pad(x, [(0, 0), (0, missing), *((0, 0) for _ in rest)])
    return ops.swapaxes(ops.reshape(x, (rows, -1, every, *rest)), 0, 1)


def _joined(x: Any, time: Any) -> Any:
    """`(segments, batch, every, ...)` to `(batch, time, ...)`."""
    _, rows, _, *rest = ops.shape(x)
    return ops.reshape(ops.swapaxes(x, 0, 1), (rows, -1, *rest))[:, :time]
