r"""The fast scan: a recurrence over all steps whose gradient is written for recurrences.

Automatic differentiation of a loop adds up the gradient of the recurrent kernel step by step. Here
a loop forwards keeps the states s and the recurrent products $h'$ of all steps, a loop backwards
takes the vector-Jacobian product of `combine` from step to step,

$$\bar s_{t-1} = \bar h'_t U^\top + \partial \mathrm{combine}_t^\top \bar s_t,$$

and one matrix product over all steps after it gives the kernel's, $\sum_t h_{t-1}^\top \bar h'_t$.
A cell that divides its step into `recur` and `combine` needs no backward pass of its own. On
TensorFlow each of the two loops is one operation, compiled by XLA; the rows of a batch, sorted by
length, run in groups side by side, each from its first real step to its last.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from rnn_zoo.cells import RecurrentCell
from rnn_zoo.cells.base import dropped_matmul
from rnn_zoo.layers.groups import Groups
from rnn_zoo.layers.loop import compiled, loop, vjp

Tensors = list[Any]
SECOND_DERIVATIVE = (
    "rnn_zoo.layers.RNN was to be differentiated twice, and its fast scan gives first derivatives "
    "only. Make the layer with unroll=True, or take keras.layers.RNN over the same cell."
)
WEIGHTS = ("kernel", "bias")
"""What is the same for all rows."""


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
    return_sequences: bool = True,
    groups: int = 1,
) -> tuple[Any, Tensors]:
    """The states after every step, for a cell that `combines`.

    Args:
        cell: The cell.
        projected: What its `project` returns, `(batch, time, gates * units)`.
        states: Those before the first step, each `(batch, units)`.
        mask: Booleans `(batch, time)`; where they are false a row keeps its states.
        resets: The same; before a step where they are true a row goes back to `fresh`.
        cuts: The same; no gradient goes back from a step where they are true to the one before.
        fresh: States, each `(batch, units)`.
        masks: What the cell's `recurrent_masks` returns.
        backwards: Whether to run from the last step to the first.
        training: Whether a gradient is to be expected.
        return_sequences: Whether the hidden states of all steps are wanted.
        groups: How many groups of rows run side by side.

    Returns:
        The hidden states `(batch, time, units)`, in the order of `projected`, or None, and the last
        states.

    Raises:
        NotImplementedError: It is differentiated twice.
    """
    dtype = projected.dtype
    training = bool(training)  # Keras' Bidirectional hands None on
    flags = {
        name: ops.cast(flag, dtype)[..., None]
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
    names = [name for name, tensors in inputs.items() for _ in tensors]
    have_rows = [name not in WEIGHTS for name in names]

    def by_name(tensors: Sequence[Any]) -> dict[str, Tensors]:
        given: dict[str, Tensors] = {name: [] for name in inputs}
        for name, tensor in zip(names, tensors, strict=True):
            given[name].append(tensor)
        # A loop runs over the first axis.
        for name in ("projected", "flags"):
            given[name] = [ops.swapaxes(tensor, 0, 1) for tensor in given[name]]
        return given

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

    def window(given: dict[str, Tensors]) -> tuple[Any, Any] | None:
        """From the first step at which any row is real to the one after the last."""
        if "mask" not in flags or keras.backend.backend() == "jax":
            return None
        real = ops.any(given["flags"][0] > 0, axis=(1, 2))  # (time,)
        steps = ops.arange(ops.shape(real)[0], dtype="int32")
        end = ops.max(ops.where(real, steps + 1, 0), initial=0)
        return ops.min(ops.where(real, steps, end), initial=2**31 - 1), end

    def forwards(keep: bool) -> Callable:
        """To hidden states, the last ones and, if it is to `keep` it, what `backward` needs."""

        def forward(*tensors: Any) -> tuple[Any, Tensors, Tensors]:
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
                if keep:
                    return after, [*after, recurrent]
                return after, after[:1] if return_sequences else []

            run = window(given)
            last, kept = loop(
                step, given["states"], [*given["projected"], *given["flags"]], backwards, run
            )
            if not return_sequences:
                return [], last, kept
            hidden = kept[0]
            if run is not None:  # outside of the window a row keeps its state
                hidden = ops.where(_passed(hidden, backwards, run), last[0], hidden)
                hidden = ops.where(_passed(hidden, not backwards, run), given["states"][0], hidden)
            return [ops.swapaxes(hidden, 0, 1)], last, kept if keep else []

        return compiled(forward)

    def backward(*tensors: Any) -> Tensors:
        given, rest = by_name(tensors[: len(names)]), list(tensors[len(names) :])
        wanted = [ops.swapaxes(rest.pop(0), 0, 1)] if return_sequences else []
        later, kept = rest[: len(states)], rest[len(states) :]
        (x,), (kernel,) = given["projected"], given["kernel"]
        after, recurrent = kept[: len(states)], kept[len(states) :]
        run = window(given)
        if run is not None and return_sequences:
            passed = _passed(wanted[0], backwards, run)
            late = ops.where(passed, wanted[0], ops.zeros_like(wanted[0]))
            later = [later[0] + ops.sum(late, axis=0), *later[1:]]
        before = [
            _before(s, first, backwards, run)
            for s, first in zip(after, given["states"], strict=True)
        ]
        begun = begin(given["flags"], before, given)

        def step(carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
            later, added = carry[: len(states)], carry[len(states) :]
            x, recurrent, *rest = inputs
            if return_sequences:
                later = [later[0] + rest.pop(0), *later[1:]]
            begun, at = rest[: len(states)], rest[len(states) :]
            here = dict(zip(flags, at, strict=True))
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
            [*later, *map(ops.zeros_like, given["fresh"])],
            [x, *recurrent, *wanted, *begun, *given["flags"]],
            not backwards,
            run,
        )
        if run is not None and return_sequences:
            soon = _passed(wanted[0], not backwards, run)
            early = ops.where(soon, wanted[0], ops.zeros_like(wanted[0]))
            carry = [carry[0] + ops.sum(early, axis=0), *carry[1:]]
        (of_kernel,) = vjp(
            lambda kernel: [_flat(product(begun[0], kernel, given))],
            [kernel],
            [_flat(of_recurrent)],
        )
        of_bias = [ops.sum(of_recurrent, axis=(0, 1))] if given["bias"] else []
        return [ops.swapaxes(of_x, 0, 1), *carry, of_kernel, *of_bias]

    run_forward = {keep: forwards(keep) for keep in (False, True)}
    run_backward = compiled(backward)

    @ops.custom_gradient
    def run(*tensors: Any) -> tuple[Any, Callable]:
        divided = Groups(groups, mask)
        # The gradient is given below; a tape that looks on would ask the compiled loop for one too.
        parts = divided.split(list(map(ops.stop_gradient, tensors)), have_rows)
        hidden, last, kept = zip(*(run_forward[training](*part) for part in parts), strict=True)

        def back(*given: Any) -> Tensors:
            # Without training there is seldom a gradient; then the forward pass runs once more.
            again = kept if training else [run_forward[True](*part)[2] for part in parts]
            later = divided.split(given[len(tensors) :])
            found = [
                run_backward(*part, *upstream, *states)
                for part, upstream, states in zip(parts, later, again, strict=True)
            ]
            constants = len(names) - len(found[0])
            nothing = map(ops.zeros_like, tensors[-constants:] if constants else ())
            return [*divided.join(found, have_rows), *nothing]

        def gradient(*upstream: Any, **_: Any) -> Tensors:
            if isinstance(upstream[0], tuple | list):  # on JAX
                (upstream,) = upstream
            return _once(back)(*tensors, *upstream)

        return (*divided.join(hidden), *divided.join(last)), gradient

    outputs = run(*(tensor for tensors in inputs.values() for tensor in tensors))
    return (outputs[0], list(outputs[1:])) if return_sequences else (None, list(outputs))


def _before(after: Any, first: Any, backwards: bool, window: tuple[Any, Any] | None) -> Any:
    """States after every step, `(time, batch, units)`, to those before it."""
    if window is None:
        shifted = [after[1:], first[None]] if backwards else [first[None], after[:-1]]
        return ops.concatenate(shifted)
    shifted = [after[1:], after[:1]] if backwards else [after[:1], after[:-1]]
    steps = ops.arange(ops.shape(after)[0], dtype="int32")[:, None, None]
    begin = window[1] - 1 if backwards else window[0]
    return ops.where(steps == begin, first, ops.concatenate(shifted))


def _passed(x: Any, backwards: bool, window: tuple[Any, Any]) -> Any:
    """Which steps of `x (time, ...)` a loop over the window does not come to, `(time, 1, 1)`."""
    steps = ops.arange(ops.shape(x)[0], dtype="int32")[:, None, None]
    return steps < window[0] if backwards else steps >= window[1]


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
