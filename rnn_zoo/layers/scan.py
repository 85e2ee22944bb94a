r"""The fast scan: a recurrence over all steps whose gradient is written for recurrences.

Automatic differentiation of a loop adds up the gradient of the recurrent kernel step by step. Here
a loop forwards keeps the states s of all steps and the preactivations z (of a cell that takes both
products separately, the recurrent ones $h'$). A loop backwards takes the vector-Jacobian product of
$f = \mathrm{update} \circ \mathrm{gates}$ from step to step,

$$\bar s_{t-1} = \bar h'_t U^\top + \partial f_t^\top \bar s_t,$$

and one matrix product over all steps after it gives the kernel's, $\sum_t h_{t-1}^\top \bar h'_t$.
A cell that implements `gates` and `update` needs no backward pass of its own. On TensorFlow each of
the two loops is one operation, compiled by XLA; the rows of a batch, sorted by length, run in
groups side by side, each from its first real step to its last.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops, tree

from rnn_zoo.cells import RecurrentCell
from rnn_zoo.cells.dropped_matmul import dropped_matmul
from rnn_zoo.cells.zoneout import zoned_out
from rnn_zoo.layers._backend import compiled, cotangents, loop, vjp
from rnn_zoo.layers.first_axes import merge_first_axes
from rnn_zoo.layers.step_scope import StepScope
from rnn_zoo.layers.window import Window

Tensors = list[Any]
SECOND_DERIVATIVE = (
    "The fast scan of rnn_zoo.layers.RNN has no second derivatives. Pass unroll=True to the layer, "
    "or use keras.layers.RNN with the same cell."
)


class ScanInputs(NamedTuple):
    """All tensors that a scan reads.

    Attributes:
        projected: What the cell's `project` returns, time first, `(time, batch, blocks * units)`.
        states: Those before the first step, each `(batch, units)`.
        kernel: The recurrent kernel, if the cell has one.
        bias: The recurrent bias, if the cell has one.
        step_weights: The values of the cell's `step_weights`.
        reset_states: The states that a row goes back to at a reset, each `(batch, units)`.
        flags: Ones and zeros `(time, batch, 1)`, without a gradient. `mask`: where it is zero a row
            keeps its states. `reset`: before a step where it is one a row goes back to
            `reset_states`. `cut`: no gradient goes back from a step where it is one. `kept_0` and
            so on, in training with zoneout: the units that keep the state, `(time, batch, units)`.
        dropout_masks: Of the hidden state, without a gradient: none, one, or one for each block.
    """

    projected: Any
    states: Tensors
    kernel: Tensors
    bias: Tensors
    step_weights: Tensors
    reset_states: Tensors
    flags: dict[str, Any]
    dropout_masks: Tensors


class ScanOutputs(NamedTuple):
    """What a scan returns, or the gradient of that.

    Attributes:
        hidden: The hidden states `(time, batch, units)`, if the scan returns sequences.
        last: The last states, each `(batch, units)`.
    """

    hidden: Tensors
    last: Tensors


class Kept(NamedTuple):
    """What the loop forwards keeps of every step for the loop backwards.

    Attributes:
        states: The states before it. To write those after it, XLA would compute them twice.
        product: With a recurrent kernel, its product; the sum, if the cell takes the sum.
    """

    states: Tensors
    product: Tensors


class _Step(NamedTuple):
    """What the loop forwards reads at a step."""

    projected: Any
    flags: dict[str, Any]


class _StepBack(NamedTuple):
    """What the loop backwards reads at a step."""

    products: Tensors
    states: Tensors
    flags: dict[str, Any]
    of_hidden: Tensors


class _BackwardCarry(NamedTuple):
    """Gradients that the loop backwards carries from a step to the one before."""

    states: Tensors
    reset_states: Tensors
    step_weights: Tensors


class Scan:
    """The states after every step of a cell that `is_scannable`.

    Several calls with tensors of the same shapes share what is compiled.

    Args:
        cell: The cell.
        backwards: Whether to run from the last step to the first.
        training: Whether the gradient will be needed.
        return_sequences: Whether to return the hidden states of all steps.

    Raises:
        NotImplementedError: If it is differentiated twice.
    """

    def __init__(
        self, cell: RecurrentCell, backwards: bool, training: bool, return_sequences: bool
    ) -> None:
        self.cell = cell
        self.backwards = backwards
        self.training = bool(training)  # Keras' Bidirectional hands None on
        self.return_sequences = return_sequences
        self.is_sum = cell.preactivation == "sum"

        def forward(inputs: ScanInputs) -> tuple[ScanOutputs, Kept]:
            return self._forward(inputs, keep=False)

        def forward_and_keep(inputs: ScanInputs) -> tuple[ScanOutputs, Kept]:
            return self._forward(inputs, keep=True)

        self.forward = compiled(forward)
        self.forward_and_keep = compiled(forward_and_keep)
        self.backward = compiled(self._backward)

    def __call__(self, inputs: ScanInputs) -> ScanOutputs:
        """Runs over the steps."""

        @ops.custom_gradient
        def run(*tensors: Any) -> tuple[Any, Callable]:
            # The gradient is given below; a tape that looks on would ask the compiled loop too.
            constants = tree.pack_sequence_as(inputs, list(map(ops.stop_gradient, tensors)))
            run_forward = self.forward_and_keep if self.training else self.forward
            outputs, kept = run_forward(constants)

            def backward(*upstream: Any) -> Tensors:
                of_outputs = tree.pack_sequence_as(outputs, list(upstream[len(tensors) :]))
                # Without training there is seldom a gradient; then the forward pass runs once more.
                again = kept if self.training else self.forward_and_keep(constants)[1]
                return tree.flatten(self.backward(constants, of_outputs, again))

            def gradient(*upstream: Any, **_: Any) -> Tensors:
                return _once(backward)(*tensors, *cotangents(upstream))

            return tuple(tree.flatten(outputs)), gradient

        hidden_and_last = list(run(*tree.flatten(inputs)))
        count = 1 if self.return_sequences else 0
        return ScanOutputs(hidden_and_last[:count], hidden_and_last[count:])

    def _forward(self, inputs: ScanInputs, keep: bool) -> tuple[ScanOutputs, Kept]:
        """The outputs and, if it is to `keep` it, what `_backward` needs."""

        def step(before: Tensors, now: _Step) -> tuple[Tensors, Kept]:
            begun = _begun(now.flags, inputs.reset_states, before)
            products = self._products(now.projected, begun[0], inputs)
            after = self._next_states(products, begun, inputs.step_weights, now.flags)
            if "mask" in now.flags:
                pairs = zip(after, before, strict=True)
                after = [ops.where(now.flags["mask"] > 0, *pair) for pair in pairs]
            if keep:
                return after, Kept(before, products[-1:] if inputs.kernel else [])
            return after, Kept(before[:1] if self.return_sequences else [], [])

        window = Window.of(inputs.flags)
        last, kept = loop(
            step,
            inputs.states,
            _Step(inputs.projected, inputs.flags),
            self.backwards,
            window=window,
            ahead=0 if self.is_sum else 1,
        )
        if not self.return_sequences:
            return ScanOutputs([], last), kept
        before, first = kept.states[0], inputs.states[0]
        if window is not None:
            hidden = window.states_after(before, first, last[0], self.backwards)
        else:
            ends = [last[0][None], before[:-1]] if self.backwards else [before[1:], last[0][None]]
            hidden = ops.concatenate(ends)
        return ScanOutputs([hidden], last), kept if keep else Kept([], [])

    def _backward(self, inputs: ScanInputs, of_outputs: ScanOutputs, kept: Kept) -> ScanInputs:
        """The gradient of the inputs, from that of the outputs."""
        products = [*([] if self.is_sum and inputs.kernel else [inputs.projected]), *kept.product]
        begun = _begun(inputs.flags, inputs.reset_states, kept.states)
        window = Window.of(inputs.flags)
        (of_hidden, of_last), backwards = of_outputs, self.backwards
        if window is not None and of_hidden:  # after the window the last state is the hidden one
            of_last = [of_last[0] + window.sum_after(of_hidden[0], backwards), *of_last[1:]]
        carry, of_products = loop(
            self._step_back(inputs),
            _BackwardCarry(
                list(of_last),
                [ops.zeros_like(state) for state in inputs.reset_states],
                [ops.zeros_like(weight) for weight in inputs.step_weights],
            ),
            _StepBack(products, begun, inputs.flags, list(of_hidden)),
            not backwards,
            window=window,
        )
        of_states = carry.states
        if window is not None and of_hidden:  # before it, the first one
            early = window.sum_after(of_hidden[0], not backwards)
            of_states = [of_states[0] + early, *of_states[1:]]
        return ScanInputs(
            projected=of_products[0],
            states=of_states,
            kernel=[self._of_kernel(begun[0], of_products[-1], inputs) for _ in inputs.kernel],
            bias=[ops.sum(of_products[-1], axis=(0, 1)) for _ in inputs.bias],
            step_weights=carry.step_weights,
            reset_states=carry.reset_states,
            flags={name: ops.zeros_like(flag) for name, flag in inputs.flags.items()},
            dropout_masks=[ops.zeros_like(mask) for mask in inputs.dropout_masks],
        )

    def _step_back(self, inputs: ScanInputs) -> Callable[[_BackwardCarry, _StepBack], Any]:
        """The body of the loop backwards."""
        # Before the loop, which is faster than a product with the transposed kernel at every step.
        transposed = [ops.transpose(kernel) for kernel in inputs.kernel]

        def step(carry: _BackwardCarry, now: _StepBack) -> tuple[_BackwardCarry, Tensors]:
            of_after, flags = carry.states, now.flags
            if now.of_hidden:
                of_after = [of_after[0] + now.of_hidden[0], *of_after[1:]]
            of_masked = []
            if "mask" in flags:
                zero = ops.zeros_like(of_after[0][:1, :1])
                of_masked = [ops.where(flags["mask"] > 0, zero, g) for g in of_after]
                of_after = [ops.where(flags["mask"] > 0, g, zero) for g in of_after]
            of_products, of_begun, of_weights = self._pull_back(now, inputs, of_after)
            for kernel in transposed:
                of_begun[0] += _of_state(of_products[-1], kernel, inputs.dropout_masks)
            if "cut" in flags:
                of_begun = [ops.where(flags["cut"] > 0, ops.zeros_like(g), g) for g in of_begun]
            of_reset = carry.reset_states
            if "reset" in flags:
                gone = [ops.where(flags["reset"] > 0, g, ops.zeros_like(g)) for g in of_begun]
                of_reset = _sums(of_reset, gone)
                of_begun = [g - lost for g, lost in zip(of_begun, gone, strict=True)]
            if "mask" in flags:
                of_begun = _sums(of_begun, of_masked)
            return _BackwardCarry(
                of_begun, of_reset, _sums(carry.step_weights, of_weights)
            ), of_products

        return step

    def _products(self, projected: Any, hidden: Any, inputs: ScanInputs) -> Tensors:
        """What a step's gates are computed from: the sum, or the products, of which there are."""
        if not inputs.kernel:
            return [projected]
        recurrent = self._recur(hidden, inputs.kernel[0], inputs)
        return [ops.add(projected, recurrent)] if self.is_sum else [projected, recurrent]

    def _recur(self, hidden: Any, kernel: Any, inputs: ScanInputs) -> Any:
        """What the cell's `recur` returns; `hidden` are those of one step, or of all."""
        masks = inputs.dropout_masks
        product = dropped_matmul(hidden, kernel, masks[0] if len(masks) == 1 else masks or None)
        return ops.add(product, inputs.bias[0]) if inputs.bias else product

    def _next_states(
        self, products: Tensors, states: Tensors, step_weights: Tensors, flags: dict[str, Any]
    ) -> Tensors:
        """The states after a step."""
        cell = self.cell
        z = products[0] if self.is_sum else (products[0], products[1] if products[1:] else None)
        with StepScope(cell, step_weights):
            after = list(cell.update(cell.gates(z, states), states))
        kept = [flags.get(f"kept_{i}", rate) for i, rate in enumerate(cell.zoneout)]
        return zoned_out(after, states, kept) if kept else after

    def _pull_back(
        self, now: _StepBack, inputs: ScanInputs, of_after: Tensors
    ) -> tuple[Tensors, Tensors, Tensors]:
        """The gradient of products, states and weights of a step, from that of its new states."""
        arguments = (now.products, now.states, inputs.step_weights)

        def next_states(*tensors: Any) -> Tensors:
            products, states, weights = tree.pack_sequence_as(arguments, list(tensors))
            return self._next_states(products, states, weights, now.flags)

        gradients = vjp(next_states, tree.flatten(arguments), of_after)
        of_products, of_states, of_weights = tree.pack_sequence_as(arguments, gradients)
        return of_products, of_states, of_weights

    def _of_kernel(self, hidden: Any, of_product: Any, inputs: ScanInputs) -> Any:
        """The gradient of the recurrent kernel, in one product over all steps."""
        (of_kernel,) = vjp(
            lambda kernel: [merge_first_axes(self._recur(hidden, kernel, inputs))],
            inputs.kernel,
            [merge_first_axes(of_product)],
        )
        return of_kernel


def _begun(flags: dict[str, Any], reset_states: Tensors, before: Tensors) -> Tensors:
    """The states that a step, or every one, begins with: after the resets."""
    if "reset" not in flags:
        return before
    pairs = zip(reset_states, before, strict=True)
    return [ops.where(flags["reset"] > 0, *pair) for pair in pairs]


def _of_state(of_product: Any, transposed: Any, masks: Tensors) -> Any:
    """The gradient of the hidden state, from that of its product with the kernel."""
    if len(masks) < 2:
        of_state = ops.matmul(of_product, transposed)
        return of_state * masks[0] if masks else of_state
    blocks = zip(
        ops.split(of_product, len(masks), axis=-1),
        ops.split(transposed, len(masks), axis=0),
        masks,
        strict=True,
    )
    return sum(ops.matmul(g, block) * mask for g, block, mask in blocks)


def _sums(tensors: Tensors, others: Tensors) -> Tensors:
    return [a + b for a, b in zip(tensors, others, strict=True)]


def _once(function: Callable) -> Callable:
    """`function` of tensors, which cannot be differentiated."""

    @ops.custom_gradient
    def refusing(*tensors: Any) -> tuple[Any, Callable]:
        def refuse(*_: Any, **__: Any) -> Any:
            raise NotImplementedError(SECOND_DERIVATIVE)

        return function(*tensors), refuse

    return refusing
