"""The loop over time for every cell, one step after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import ops, tree

from rnn_zoo.layers._backend import loop, shapes_of
from rnn_zoo.layers.choice import is_portable

Tensors = list[Any]


class Step(NamedTuple):
    """What the loop reads at a step; before it, that of all steps.

    Attributes:
        inputs: What `advance` takes, nested tensors `(batch, ...)`.
        flags: By name, booleans `(batch, 1)`. `mask`: where it is false a row keeps its states.
            `reset`: before the step a row goes back to the states given for that. `cut`: no
            gradient goes back from this step to the one before.
    """

    inputs: Any
    flags: dict[str, Any]


class LoopCarry(NamedTuple):
    """What goes from a step to the next.

    Attributes:
        states: In the structure that the cell gives them.
        output: The output, if it is read.
    """

    states: Any
    output: Tensors


@dataclass(frozen=True)
class GenericLoop:
    """Runs any function of a step over time.

    Attributes:
        advance: From the inputs of a step and the states before it to the output and the states
            after it.
        backwards: Whether to run from the last step to the first.
        unroll: Whether every step has operations of its own; the number of steps must be static.
        return_sequences: Whether to return the outputs of all steps.
        zero_output_for_mask: Whether a masked step's output is zero, and not the one before.
    """

    advance: Callable[[Any, Any], tuple[Any, Any]]
    backwards: bool
    unroll: bool
    return_sequences: bool
    zero_output_for_mask: bool

    def __call__(self, steps: Step, states: Any, reset_states: Any = None) -> tuple[Any, Any, Any]:
        """Runs over all steps.

        Args:
            steps: The inputs `(batch, time, features)` and flags `(batch, time, 1)`.
            states: Those before the first step, each `(batch, units)`.
            reset_states: Those that a row goes back to at a reset, in the same structure.

        Returns:
            The last output `(batch, features)`, all outputs `(batch, time, features)` in the order
            in which they were computed, or the last one alone, and the last states.
        """
        steps = tree.map_structure(lambda x: ops.swapaxes(x, 0, 1), steps)
        reads_output = not self.return_sequences or (
            "mask" in steps.flags and not self.zero_output_for_mask and not _gives_states()
        )

        def body(carry: LoopCarry, step: Step) -> tuple[LoopCarry, Tensors]:
            output, after = self._advance(carry, step, reset_states)
            kept = [output] if self.return_sequences else []
            return LoopCarry(after, [output] if reads_output else []), kept

        if self.unroll:
            last, outputs = self._unrolled(body, LoopCarry(states, []), steps)
        else:
            first = [self._zero_output(steps, states)] if reads_output else []
            # The loops of some formats write their outputs in the order of the steps.
            turns = self.backwards and is_portable()
            if turns:
                steps = tree.map_structure(lambda x: ops.flip(x, axis=0), steps)
            backwards = self.backwards and not turns
            last, outputs = loop(
                body, LoopCarry(states, first), steps, backwards, differentiable=True
            )
            if backwards:
                outputs = [ops.flip(output, axis=0) for output in outputs]
        final = outputs[0][-1] if self.return_sequences else last.output[0]
        outputs = ops.swapaxes(outputs[0], 0, 1) if self.return_sequences else final[:, None]
        return final, outputs, last.states

    def _advance(self, before: LoopCarry, step: Step, reset_states: Any) -> tuple[Any, Any]:
        """The output of a step, and the states after it."""
        states, flags = before.states, step.flags
        if "reset" in flags:
            states = _where(flags["reset"], reset_states, states)
        if "cut" in flags:
            constant = tree.map_structure(ops.stop_gradient, states)
            states = _where(flags["cut"], constant, states)
        output, after = self.advance(step.inputs, states)
        after = tree.pack_sequence_as(states, tree.flatten(after))
        if "mask" not in flags:
            return output, after
        if self.zero_output_for_mask:
            masked_output = ops.zeros_like(output)
        elif _gives_states():
            masked_output = _hidden(before.states)
        else:
            masked_output = before.output[0] if before.output else ops.zeros_like(output)
        mask = flags["mask"]
        return _where(mask, output, masked_output), _where(mask, after, before.states)

    def _unrolled(self, body: Callable, carry: Any, steps: Any) -> tuple[Any, Tensors]:
        """As `loop`, with the outputs in the order in which they were computed."""
        by_step = [ops.unstack(x, axis=0) for x in tree.flatten(steps)]
        kept = []
        for tensors in list(zip(*by_step, strict=True))[:: -1 if self.backwards else 1]:
            carry, outputs = body(carry, tree.pack_sequence_as(steps, list(tensors)))
            kept.append(outputs)
        return carry, [ops.stack(parts) for parts in zip(*kept, strict=True)]

    def _zero_output(self, steps: Step, states: Any) -> Any:
        """Zeros in the shape of an output."""

        def output() -> Any:
            first = tree.map_structure(lambda x: ops.take(x, 0, axis=0), steps.inputs)
            return self.advance(first, states)[0]

        like = shapes_of(output)
        rows = ops.shape(tree.flatten(steps.inputs)[0])[1]
        return ops.zeros((rows, *like.shape[1:]), like.dtype)


def _gives_states() -> bool:
    """Whether a masked step's output is the state before it, as Keras has it on JAX.

    On TensorFlow it is the output of the step before, and zero before the first real step.
    """
    return keras.backend.backend() == "jax"


def _hidden(states: Any) -> Any:
    """The first state; of stacked cells, that of the last one."""
    return states[-1][0] if tree.is_nested(states[0]) else states[0]


def _where(flag: Any, states: Any, others: Any) -> Any:
    """`states` in the rows whose flag is true, `others` in the rest, in the structure of these."""
    chosen = []
    for state, other in zip(tree.flatten(states), tree.flatten(others), strict=True):
        more = tuple(range(2, len(state.shape)))  # states may be images
        chosen.append(ops.where(ops.expand_dims(flag, more) if more else flag, state, other))
    return tree.pack_sequence_as(others, chosen)
