r"""The fast scan: a recurrence over all steps whose gradient is written for recurrences.

Automatic differentiation of a loop adds up the gradient of the recurrent kernel step by step. Here
a loop forwards keeps the states s and the recurrent products $h'$ of all steps (of a cell that sees
the sum $x' + h'$ alone, that), a loop backwards takes the vector-Jacobian product of `combine` from
step to step,

$$\bar s_{t-1} = \bar h'_t U^\top + \partial \mathrm{combine}_t^\top \bar s_t,$$

and one matrix product over all steps after it gives the kernel's, $\sum_t h_{t-1}^\top \bar h'_t$.
A cell that divides its step into `recur` and `combine` needs no backward pass of its own. On
TensorFlow each of the two loops is one operation, compiled by XLA; the rows of a batch, sorted by
length, run in groups side by side, each from its first real step to its last.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops, tree

from rnn_zoo.cells import RecurrentCell
from rnn_zoo.cells.base import dropped_matmul
from rnn_zoo.layers.loop import compiled, cotangents, loop, vjp

Tensors = list[Any]
Given = dict[str, Any]
SECOND_DERIVATIVE = (
    "rnn_zoo.layers.RNN was to be differentiated twice, and its fast scan gives first derivatives "
    "only. Make the layer with unroll=True, or take keras.layers.RNN over the same cell."
)
CONSTANT = ("flags", "masks")
"""What has no gradient."""


class Scan:
    """The states after every step, for a cell that `combines`.

    Several calls with tensors of the same shapes share what is compiled.

    Args:
        cell: The cell.
        backwards: Whether to run from the last step to the first.
        training: Whether a gradient is to be expected.
        return_sequences: Whether the hidden states of all steps are wanted.
    """

    def __init__(
        self, cell: RecurrentCell, backwards: bool, training: bool, return_sequences: bool
    ) -> None:
        self.cell = cell
        self.backwards = backwards
        self.training = bool(training)  # Keras' Bidirectional hands None on
        self.return_sequences = return_sequences

        def forward(given: Given) -> tuple[Any, Tensors, Tensors]:
            return self._forward(given, keep=False)

        def forward_and_keep(given: Given) -> tuple[Any, Tensors, Tensors]:
            return self._forward(given, keep=True)

        self.forward = compiled(forward)
        self.forward_and_keep = compiled(forward_and_keep)
        self.backward = compiled(self._backward)

    def __call__(
        self,
        projected: Any,
        states: Sequence[Any],
        *,
        mask: Any = None,
        resets: Any = None,
        cuts: Any = None,
        fresh: Sequence[Any] = (),
        masks: Sequence[Any] = (),
    ) -> tuple[Any, Tensors]:
        """Runs over the steps.

        Args:
            projected: What the cell's `project` returns, time first:
                `(time, batch, gates * units)`.
            states: Those before the first step, each `(batch, units)`.
            mask: `(time, batch)`, one or zero; where it is zero a row keeps its states.
            resets: The same; before a step where it is one a row goes back to `fresh`.
            cuts: The same; no gradient goes back from a step where it is one to the one before.
            fresh: States, each `(batch, units)`.
            masks: Of recurrent dropout: none, one, or one for each gate.

        Returns:
            The hidden states `(time, batch, units)`, in the order of `projected`, or None, and the
            last states.

        Raises:
            NotImplementedError: It is differentiated twice.
        """
        flags = {"mask": mask, "reset": resets, "cut": cuts}
        bias = self.cell.recurrent_bias
        given: Given = {
            "projected": projected,
            "states": list(states),
            # As tensors: a custom gradient is one of tensors.
            "kernel": ops.copy(self.cell.recurrent_kernel),
            "bias": [] if bias is None else [ops.copy(bias)],
            "fresh": list(fresh),
            "flags": {name: f[..., None] for name, f in flags.items() if f is not None},
            "masks": list(masks),
        }

        @ops.custom_gradient
        def run(*tensors: Any) -> tuple[Any, Callable]:
            # The gradient is given below; a tape that looks on would ask the compiled loop too.
            constants = tree.pack_sequence_as(given, list(map(ops.stop_gradient, tensors)))
            run_forward = self.forward_and_keep if self.training else self.forward
            hidden, last, kept = run_forward(constants)

            def back(*upstream: Any) -> Tensors:
                upstream = upstream[len(tensors) :]
                of_hidden, of_last = upstream[: len(hidden)], upstream[len(hidden) :]
                # Without training there is seldom a gradient; then the forward pass runs once more.
                again = kept if self.training else self.forward_and_keep(constants)[2]
                found = self.backward(constants, list(of_hidden), list(of_last), again)
                nothing = tree.map_structure(ops.zeros_like, {n: given[n] for n in CONSTANT})
                return tree.flatten({**found, **nothing})

            def gradient(*upstream: Any, **_: Any) -> Tensors:
                return _once(back)(*tensors, *cotangents(upstream))

            return (*hidden, *last), gradient

        outputs = list(run(*tree.flatten(given)))
        return outputs.pop(0) if self.return_sequences else None, outputs

    def _forward(self, given: Given, keep: bool) -> tuple[Tensors, Tensors, Tensors]:
        """To hidden states, the last ones and, if it is to `keep` it, what `_backward` needs."""
        names = list(given["flags"])

        def step(before: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
            x, *at = inputs
            here = dict(zip(names, at, strict=True))
            begun = _begun(here, given["fresh"], before)
            product = self._product(begun[0], given["kernel"], given)
            if self.cell.adds:
                product = ops.add(x, product)
                after = self.cell.combine_sum(product, begun)
            else:
                after = self.cell.combine(x, product, begun)
            if "mask" in here:
                pairs = zip(after, before, strict=True)
                after = [ops.where(here["mask"] > 0, *pair) for pair in pairs]
            # The states before the step: to write those after it, XLA would compute them twice.
            kept = [*before, product] if keep else before[:1] if self.return_sequences else []
            return after, kept

        window = _window(given)
        steps = [given["projected"], *given["flags"].values()]
        last, kept = loop(
            step, given["states"], steps, self.backwards, window, ahead=0 if self.cell.adds else 1
        )
        if not self.return_sequences:
            return [], last, kept
        hidden = _after(kept[0], given["states"][0], last[0], self.backwards, window)
        return [hidden], last, kept if keep else []

    def _backward(self, given: Given, of_hidden: Tensors, of_last: Tensors, kept: Tensors) -> Given:
        """The gradient of all but the flags and masks, from that of the outputs."""
        combine: Callable = self.cell.combine_sum if self.cell.adds else self.cell.combine
        *before, product = kept
        # Of a cell that adds both products, the sum is kept.
        products = [product] if self.cell.adds else [given["projected"], product]
        names, count = list(given["flags"]), len(before)
        begun = _begun(given["flags"], given["fresh"], before)

        def combined(*tensors: Any) -> Tensors:
            return combine(*tensors[: len(products)], tensors[len(products) :])

        def step(carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
            later, added = carry[:count], carry[count:]
            inputs = list(inputs)
            products_here = [inputs.pop(0) for _ in products]
            begun = [inputs.pop(0) for _ in before]
            here = {name: inputs.pop(0) for name in names}
            if inputs:
                later = [later[0] + inputs[0], *later[1:]]
            passed_on = later
            if "mask" in here:
                nothing = ops.zeros_like(later[0][:1, :1])
                passed_on = [ops.where(here["mask"] > 0, g, nothing) for g in later]
                kept_on = [ops.where(here["mask"] > 0, nothing, g) for g in later]
            found = vjp(combined, [*products_here, *begun], passed_on)
            of_products, of_begun = found[: len(products)], found[len(products) :]
            of_begun[0] += _through(of_products[-1], transposed, given["masks"])
            if "cut" in here:
                of_begun = [ops.where(here["cut"] > 0, ops.zeros_like(g), g) for g in of_begun]
            if "reset" in here:
                gone = [ops.where(here["reset"] > 0, g, ops.zeros_like(g)) for g in of_begun]
                added = [a + g for a, g in zip(added, gone, strict=True)]
                of_begun = [g - lost for g, lost in zip(of_begun, gone, strict=True)]
            if "mask" in here:
                of_begun = [g + old for g, old in zip(of_begun, kept_on, strict=True)]
            return [*of_begun, *added], of_products

        # Before the loop, which is faster than a product with the transposed kernel at every step.
        transposed = ops.transpose(given["kernel"])
        window = _window(given)
        if window is not None and of_hidden:
            late = _outside(of_hidden[0], self.backwards, window)
            of_last = [of_last[0] + late, *of_last[1:]]
        carry, of_products = loop(
            step,
            [*of_last, *map(ops.zeros_like, given["fresh"])],
            [*products, *begun, *given["flags"].values(), *of_hidden],
            not self.backwards,
            window,
        )
        of_states, of_fresh = carry[:count], carry[count:]
        if window is not None and of_hidden:
            early = _outside(of_hidden[0], not self.backwards, window)
            of_states = [of_states[0] + early, *of_states[1:]]
        (of_kernel,) = vjp(
            lambda kernel: [_flat(self._product(begun[0], kernel, given))],
            [given["kernel"]],
            [_flat(of_products[-1])],
        )
        return {
            "projected": of_products[0],
            "states": of_states,
            "kernel": of_kernel,
            "bias": [ops.sum(of_products[-1], axis=(0, 1))] if given["bias"] else [],
            "fresh": of_fresh,
        }

    def _product(self, hidden: Any, kernel: Any, given: Given) -> Any:
        """What the cell's `recur` returns; `hidden` are those of one step, or of all."""
        masks = given["masks"]
        result = dropped_matmul(hidden, kernel, masks[0] if len(masks) == 1 else masks or None)
        return ops.add(result, given["bias"][0]) if given["bias"] else result


def _begun(flags: dict[str, Any], fresh: Tensors, before: Tensors) -> Tensors:
    """The states that a step, or every one, really begins with."""
    if "reset" not in flags:
        return before
    return [ops.where(flags["reset"] > 0, *pair) for pair in zip(fresh, before, strict=True)]


def _through(of_product: Any, transposed: Any, masks: Tensors) -> Any:
    """The gradient of the hidden state, from that of its product with the kernel."""
    if len(masks) < 2:
        through = ops.matmul(of_product, transposed)
        return through * masks[0] if masks else through
    blocks = zip(
        ops.split(of_product, len(masks), axis=-1),
        ops.split(transposed, len(masks), axis=0),
        masks,
        strict=True,
    )
    return sum(ops.matmul(g, block) * mask for g, block, mask in blocks)


def _window(given: Given) -> tuple[Any, Any] | None:
    """From the first step at which any row is real to the one after the last."""
    if "mask" not in given["flags"] or keras.backend.backend() == "jax":
        return None
    real = ops.any(given["flags"]["mask"] > 0, axis=(1, 2))  # (time,)
    steps = ops.arange(ops.shape(real)[0], dtype="int32")
    end = ops.max(ops.where(real, steps + 1, 0), initial=0)
    return ops.min(ops.where(real, steps, end), initial=2**31 - 1), end


def _after(
    before: Any, first: Any, last: Any, backwards: bool, window: tuple[Any, Any] | None
) -> Any:
    """States before every step, `(time, batch, units)`, to those after it."""
    if window is None:
        shifted = [last[None], before[:-1]] if backwards else [before[1:], last[None]]
        return ops.concatenate(shifted)
    shifted = [before[:1], before[:-1]] if backwards else [before[1:], before[:1]]
    steps = _numbers(before)
    # Outside of the window a row keeps its state.
    ended = steps <= window[0] if backwards else steps >= window[1] - 1
    after = ops.where(ended, last, ops.concatenate(shifted))
    return ops.where(_passed(before, not backwards, window), first, after)


def _passed(x: Any, backwards: bool, window: tuple[Any, Any]) -> Any:
    """Which steps of `x (time, ...)` lie behind the window, `(time, 1, 1)`."""
    return _numbers(x) < window[0] if backwards else _numbers(x) >= window[1]


def _outside(x: Any, backwards: bool, window: tuple[Any, Any]) -> Any:
    """The sum of `x (time, batch, units)` over the steps behind the window."""
    return ops.sum(ops.where(_passed(x, backwards, window), x, ops.zeros_like(x)), axis=0)


def _numbers(x: Any) -> Any:
    """Those of the steps of `x (time, ...)`, `(time, 1, 1)`."""
    return ops.arange(ops.shape(x)[0], dtype="int32")[:, None, None]


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
