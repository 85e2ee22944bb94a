r"""The fast scan: a recurrence over all steps whose gradient is written for recurrences.

Automatic differentiation of a loop adds up the gradient of the recurrent kernel step by step. Here
a loop forwards keeps the states s and the recurrent products $h'$ of all steps, a loop backwards
takes the vector-Jacobian product of `combine` from step to step,

$$\bar s_{t-1} = \bar h'_t U^\top + \partial \mathrm{combine}_t^\top \bar s_t,$$

and one matrix product over all steps after it gives the kernel's, $\sum_t h_{t-1}^\top \bar h'_t$.
A cell that divides its step into `recur` and `combine` needs no backward pass of its own. On
TensorFlow each of the two loops is one operation, compiled by XLA.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from rnn_zoo.cells import RecurrentCell
from rnn_zoo.cells.base import dropped_matmul
from rnn_zoo.layers.loop import compiled, loop, vjp

Tensors = list[Any]
SECOND_DERIVATIVE = (
    "rnn_zoo.layers.RNN was to be differentiated twice, and its fast scan gives first derivatives "
    "only. Make the layer with unroll=True, or take keras.layers.RNN over the same cell."
)


def scan(
    cell: RecurrentCell,
    projected: Any,
    states: Sequence[Any],
    *,
    mask: Any = None,
    resets: Any = None,
    cuts: Any = None,
    fresh: Sequence[Any] = (),
    masks: Any = None,
    backwards: bool = False,
    training: bool = False,
) -> tuple[Any, Tensors]:
    """The states after every step, for a cell that `combines`.

    Args:
        cell: The cell.
        projected: What its `project` returns, with time first, `(time, batch, gates * units)`.
        states: Those before the first step, each `(batch, units)`.
        mask: Booleans `(time, batch, 1)`; where they are false a row keeps its states.
        resets: The same; before a step where they are true a row goes back to `fresh`.
        cuts: The same; no gradient goes back from a step where they are true to the one before.
        fresh: States, each `(batch, units)`.
        masks: What the cell's `recurrent_masks` returns.
        backwards: Whether to run from the last step to the first.
        training: Whether a gradient is to be expected.

    Returns:
        The hidden states `(time, batch, units)`, in the order of `projected`, and the last states.

    Raises:
        NotImplementedError: It is differentiated twice.
    """
    dtype = projected.dtype
    flags = {
        name: ops.cast(flag, dtype)
        for name, flag in (("mask", mask), ("reset", resets), ("cut", cuts))
        if flag is not None
    }
    many_masks = isinstance(masks, list)
    inputs: dict[str, Tensors] = {
        "projected": [projected],
        "states": list(states),
        "fresh": list(fresh) if "reset" in flags else [],
        # As tensors: a custom gradient is one of tensors.
        "kernel": [ops.copy(cell.recurrent_kernel)],
        "bias": [] if cell.recurrent_bias is None else [ops.copy(cell.recurrent_bias)],
        "flags": [ops.stop_gradient(flag) for flag in flags.values()],
        "masks": [] if masks is None else masks if many_masks else [masks],
    }
    names = list(inputs)
    counts = [len(tensors) for tensors in inputs.values()]

    def by_name(tensors: Sequence[Any]) -> dict[str, Tensors]:
        rest = list(tensors)
        return {
            name: [rest.pop(0) for _ in range(count)]
            for name, count in zip(names, counts, strict=True)
        }

    def product(hidden: Any, kernel: Any, given: dict[str, Tensors]) -> Any:
        """What `recur` returns; `hidden` are those of one step, or of all."""
        chosen = given["masks"]
        dropped = None if not chosen else chosen if many_masks else chosen[0]
        result = dropped_matmul(hidden, kernel, dropped)
        return ops.add(result, given["bias"][0]) if given["bias"] else result

    def begin(at: Tensors, states: Tensors, given: dict[str, Tensors]) -> Tensors:
        """The states that a step really begins with."""
        here = dict(zip(flags, at, strict=True))
        if "reset" not in here:
            return states
        pairs = zip(given["fresh"], states, strict=True)
        return [ops.where(here["reset"] > 0, *pair) for pair in pairs]

    def forward(*tensors: Any) -> tuple[Tensors, Tensors]:
        given = by_name(tensors)
        (kernel,) = given["kernel"]

        def step(before: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
            x, *at = inputs
            here = dict(zip(flags, at, strict=True))
            begun = begin(at, before, given)
            recurrent = product(begun[0], kernel, given)
            after = cell.combine(x, recurrent, begun)
            if "mask" in here:
                pairs = zip(after, before, strict=True)
                after = [ops.where(here["mask"] > 0, *pair) for pair in pairs]
            # Without training there is seldom a gradient; then all products are taken at once.
            return after, [*after, recurrent] if training else after

        return loop(step, given["states"], [*given["projected"], *given["flags"]], backwards)

    def backward(*tensors: Any) -> Tensors:
        size = sum(counts)
        given, rest = by_name(tensors[:size]), list(tensors[size:])
        kept, (hidden_gradient, *last) = rest[: -1 - len(states)], rest[-1 - len(states) :]
        (x,), (kernel,) = given["projected"], given["kernel"]
        after, recurrent = kept[: len(states)], kept[len(states) :]
        before = [
            ops.concatenate([s[1:], first[None]] if backwards else [first[None], s[:-1]])
            for s, first in zip(after, given["states"], strict=True)
        ]
        begun = begin(given["flags"], before, given)
        recurrent = recurrent or [product(begun[0], kernel, given)]

        def step(carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
            later, added = carry[: len(states)], carry[len(states) :]
            x, recurrent, hidden_gradient, *rest = inputs
            begun, at = rest[: len(states)], rest[len(states) :]
            here = dict(zip(flags, at, strict=True))
            later = [later[0] + hidden_gradient, *later[1:]]
            passed_on = later
            if "mask" in here:
                nothing = ops.zeros_like(later[0][:1, :1])
                passed_on = [ops.where(here["mask"] > 0, g, nothing) for g in later]
                kept_on = [ops.where(here["mask"] > 0, nothing, g) for g in later]
            of_x, of_recurrent, *of_begun = vjp(
                lambda x, recurrent, *begun: cell.combine(x, recurrent, begun),
                [x, recurrent, *begun],
                passed_on,
            )
            (through,) = vjp(lambda h: [product(h, kernel, given)], begun[:1], [of_recurrent])
            of_begun[0] += through
            if "cut" in here:
                of_begun = [ops.where(here["cut"] > 0, ops.zeros_like(g), g) for g in of_begun]
            if "reset" in here:
                gone = [ops.where(here["reset"] > 0, g, ops.zeros_like(g)) for g in of_begun]
                added = [a + g for a, g in zip(added, gone, strict=True)]
                of_begun = [g - lost for g, lost in zip(of_begun, gone, strict=True)]
            if "mask" in here:
                of_begun = [g + old for g, old in zip(of_begun, kept_on, strict=True)]
            return [*of_begun, *added], [of_x, of_recurrent]

        carry, (of_x, of_recurrent) = loop(
            step,
            [*last, *map(ops.zeros_like, given["fresh"])],
            [x, *recurrent, hidden_gradient, *begun, *given["flags"]],
            not backwards,
        )
        (of_kernel,) = vjp(
            lambda kernel: [_flat(product(begun[0], kernel, given))],
            [kernel],
            [_flat(of_recurrent)],
        )
        of_bias = [ops.sum(of_recurrent, axis=(0, 1))] if given["bias"] else []
        nothing = map(ops.zeros_like, [*given["flags"], *given["masks"]])
        return [of_x, *carry, of_kernel, *of_bias, *nothing]

    run_forward, run_backward = compiled(forward), compiled(backward)

    @ops.custom_gradient
    def run(*tensors: Any) -> tuple[Any, Callable]:
        last, kept = run_forward(*tensors)

        def gradient(*upstream: Any, **_: Any) -> Tensors:
            upstream = upstream[0] if len(upstream) == 1 else upstream
            return _once(run_backward)(*tensors, *kept, *upstream)

        return (kept[0], *last), gradient

    hidden, *last = run(*(tensor for tensors in inputs.values() for tensor in tensors))
    return hidden, last


def _flat(x: Any) -> Any:
    """`(time, batch, columns)` to `(time * batch, columns)`."""
    return ops.reshape(x, (-1, x.shape[-1]))


def _once(function: Callable) -> Callable:
    """`function` of tensors, which cannot be differentiated."""

    @ops.custom_gradient
    def refusing(*tensors: Any) -> tuple[Any, Callable]:
        def refuse(*_: Any, **__: Any) -> Any:
            raise NotImplementedError(SECOND_DERIVATIVE)

        return function(*tensors), refuse

    return refusing
