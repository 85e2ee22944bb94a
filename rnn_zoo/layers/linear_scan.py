r"""The scan of cells that are linear in the state, $h_t = a_t \odot h_{t-1} + b_t$.

All $a_t$ and $b_t$ are known before the first step, and what may happen at a step is a change of
them:

| at a step | a | b |
|---|---|---|
| nothing | $a_t$ | $b_t$ |
| zoneout, the share $k$ | $k + (1 - k) \odot a_t$ | $(1 - k) \odot b_t$ |
| a reset to $s$ | 0 | $b_t + a_t \odot s$ |
| a mask, also with a reset | 1 | 0 |

The gradient is the same recurrence from the last step to the first. With $\bar y_t$ for what comes
from the output of a step alone,

$$\bar h_t = \bar y_t + a_{t+1} \odot \bar h_{t+1}, \qquad
\bar a_t = \bar h_t \odot h_{t-1}, \qquad \bar b_t = \bar h_t,$$

and 0 stands for $a_{t+1}$ where the gradient is cut. The forward pass keeps the states alone; a and
b are computed again.

No logarithms are needed. A closed form, a cumulative sum of $b_t$ over the product of all $a$ up to
$t$, needs them: the product vanishes, and what is divided by it overflows. Here nothing is divided,
and a product of numbers in [0, 1] that vanishes says what is left of an old state.
"""

from typing import Any

from keras import ops

from rnn_zoo.cells.zoneout import zoned_out
from rnn_zoo.layers import choice
from rnn_zoo.layers._backend import loop, vjp
from rnn_zoo.layers.scan import Kept, Scan, ScanInputs, ScanOutputs
from rnn_zoo.layers.step_scope import StepScope

Tensors = list[Any]


class LinearScan(Scan):
    """As `Scan`, of a cell that is a `LinearRecurrentCell`."""

    def _forward(self, inputs: ScanInputs, keep: bool) -> tuple[ScanOutputs, Kept]:
        """The outputs and, if it is to `keep` them, the states for `_backward`."""
        a, b = self._coefficients(inputs, _sources(inputs))
        (first,) = inputs.states
        keeps_states = keep or self.return_sequences
        last, states = recurrence(a, b, ops.cast(first, a.dtype), self.backwards, keeps_states)
        last, *hidden = [ops.cast(state, first.dtype) for state in (last, *states)]
        outputs = ScanOutputs(hidden if self.return_sequences else [], [last])
        return outputs, Kept(hidden if keep else [], [])

    def _backward(self, inputs: ScanInputs, of_outputs: ScanOutputs, kept: Kept) -> ScanInputs:
        """The gradient of the inputs, from that of the outputs."""
        sources, (first,), (hidden,) = _sources(inputs), inputs.states, kept.states
        a, _ = self._coefficients(inputs, sources)
        if "cut" in inputs.flags:
            a = ops.where(inputs.flags["cut"] > 0, ops.zeros_like(a), a)
        of_last = ops.cast(of_outputs.last[0], a.dtype)
        of_output = ops.zeros_like(a)
        if of_outputs.hidden:
            of_output = ops.cast(of_outputs.hidden[0], a.dtype)
        # From the gradient of the state after the last step to those of the states before each.
        backwards = not self.backwards
        of_first, (of_before,) = recurrence(a, a * of_output, of_last, backwards, True)
        of_hidden = of_output + _before(of_before, of_last, backwards)
        before = _before(ops.cast(hidden, a.dtype), ops.cast(first, a.dtype), self.backwards)
        of_sources = vjp(
            lambda *tensors: list(self._coefficients(inputs, list(tensors))),
            sources,
            [of_hidden * before, of_hidden],
        )
        count = len(inputs.reset_states)
        return inputs._replace(
            projected=of_sources[0],
            states=[ops.cast(of_first, first.dtype)],
            step_weights=of_sources[1 + count :],
            reset_states=of_sources[1 : 1 + count],
            flags={name: ops.zeros_like(flag) for name, flag in inputs.flags.items()},
        )

    def _coefficients(self, inputs: ScanInputs, sources: Tensors) -> tuple[Any, Any]:
        """The a and b of all steps, each `(time, batch, units)`, from what has a gradient."""
        cell, flags = self.cell, inputs.flags
        projected, *others = sources
        count = len(inputs.reset_states)
        with StepScope(cell, others[count:]):
            a, b = cell.coefficients(cell.gates(cell.preactivate(projected, None), ()))
        for rate in cell.zoneout:
            kept = flags.get("kept_0", rate)
            a, b = zoned_out([a, b], [1.0, 0.0], [kept, kept])
        if "reset" in flags:
            state = ops.cast(others[0], a.dtype)
            if "cut" in flags:
                state = ops.where(flags["cut"] > 0, ops.stop_gradient(state), state)
            is_reset = flags["reset"] > 0
            b = ops.where(is_reset, a * state + b, b)
            a = ops.where(is_reset, ops.zeros_like(a), a)
        if "mask" in flags:
            is_real = flags["mask"] > 0
            a = ops.where(is_real, a, ops.ones_like(a))
            b = ops.where(is_real, b, ops.zeros_like(b))
        return a, b


def recurrence(
    a: Any, b: Any, first: Any, backwards: bool = False, keep: bool = True
) -> tuple[Any, Tensors]:
    """The states $h_t = a_t h_{t-1} + b_t$ after every step.

    Args:
        a: `(time, batch, units)`.
        b: The same shape.
        first: The state before the first step, `(batch, units)`.
        backwards: Whether to run from the last step to the first.
        keep: Whether to return the states of all steps.

    Returns:
        The last state, and a list of all states `(time, batch, units)` in the order of the steps,
        or an empty one.

    >>> from keras import ops
    >>> a, b = 0.5 * ops.ones((3, 1, 1)), ops.ones((3, 1, 1))
    >>> last, (states,) = recurrence(a, b, ops.zeros((1, 1)))
    >>> float(last[0, 0]), [float(state) for state in states[:, 0, 0]]
    (1.75, [1.0, 1.5, 1.75])
    """
    if choice.scans_in_parallel():
        return _in_parallel(a, b, first, backwards)

    def advance(state: Any, step: tuple[Any, Any]) -> tuple[Any, Tensors]:
        state = step[0] * state + step[1]
        return state, [state] if keep else []

    last, states = loop(advance, first, (a, b), backwards)
    return last, states


def _in_parallel(a: Any, b: Any, first: Any, backwards: bool) -> tuple[Any, Tensors]:
    """The same, in as many steps as the logarithm of the number of steps."""

    def joined(one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any]:
        return other[0] * one[0], other[0] * one[1] + other[1]

    products, sums = ops.associative_scan(joined, (a, b), reverse=backwards, axis=0)
    states = products * first + sums
    ends = [states, first[None]] if backwards else [first[None], states]
    return ops.concatenate(ends)[0 if backwards else -1], [states]


def _sources(inputs: ScanInputs) -> Tensors:
    """What coefficients are computed from and have a gradient for."""
    return [inputs.projected, *inputs.reset_states, *inputs.step_weights]


def _before(states: Any, first: Any, backwards: bool) -> Any:
    """From the states after every step, `(time, batch, units)`, to those before it."""
    return ops.concatenate([states[1:], first[None]] if backwards else [first[None], states[:-1]])
