"""The loop over time for cells that the fast scan runs."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops, tree

from rnn_zoo._keras_private import AutocastScope
from rnn_zoo.cells import RecurrentCell
from rnn_zoo.cells.declarations import holds
from rnn_zoo.layers import choice
from rnn_zoo.layers._backend import group_rows
from rnn_zoo.layers.linear_scan import LinearScan
from rnn_zoo.layers.scan import Scan, ScanInputs
from rnn_zoo.layers.segments import Segment, in_segments

Tensors = list[Any]


@dataclass(frozen=True)
class FastLoop:
    """Projects the inputs of all steps at once, then scans over groups of rows.

    Attributes:
        cell: The cell, which `is_scannable`.
        backwards: Whether to run from the last step to the first.
        training: Whether dropout is applied, and the gradient will be needed.
        return_sequences: Whether to return the hidden states of all steps.
        recompute_every: The number of steps in a segment, of which only the first states are kept.
            None: everything is kept.
    """

    cell: RecurrentCell
    backwards: bool
    training: bool
    return_sequences: bool
    recompute_every: int | None = None

    def __call__(
        self, sequence: Segment, states: Tensors, reset_states: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Runs over all steps.

        Args:
            sequence: The inputs `(batch, time, features)` and booleans `(batch, time)`: `mask`,
                `reset`, `cut`; with zoneout `kept_0` and so on, `(batch, time, units)`.
            states: Those before the first step, each `(batch, units)`.
            reset_states: Those that a row goes back to at a reset, each `(batch, units)`.

        Returns:
            The hidden states `(batch, time, units)`, in order of time, in a list that is empty
            unless `return_sequences`; and the last states.
        """
        masks = self.cell.recurrent_masks(states[0], self.training)
        masks = [] if masks is None else tree.flatten(masks)
        if self.recompute_every is None:
            return self._run(sequence, states, reset_states, masks)
        return self._run_in_segments(sequence, states, reset_states, masks)

    def _run(
        self, sequence: Segment, states: Tensors, reset_states: Tensors, masks: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Everything is kept."""
        cell, x = self.cell, sequence.x
        rows = group_rows(choice.groups(x.shape[0]), sequence.flags.get("mask"))
        # One dropout mask of the inputs is drawn for all rows; and what a cell projects in a way of
        # its own may depend on all rows, and on their order.
        is_early = bool(self.training and cell.dropout) or not holds(cell, "projects_each_step")
        if is_early:
            x = cell.project(x, self.training)
        flags = {name: ops.cast(flag, cell.compute_dtype) for name, flag in sequence.flags.items()}
        make_scan = LinearScan if choice.is_linear(cell) else Scan
        scan = make_scan(cell, self.backwards, self.training, self.return_sequences)
        weights = self._weights()
        groups = zip(
            rows.split_steps([x, *flags.values()]),
            rows.split_rows(states),
            rows.split_rows(reset_states),
            rows.split_rows(masks),
            strict=True,
        )
        outputs = [
            scan(
                ScanInputs(
                    projected=steps if is_early else cell.project(steps, self.training),
                    states=first,
                    reset_states=resets,
                    flags=dict(zip(flags, map(_column, at), strict=True)),
                    dropout_masks=dropped,
                    **weights,
                )
            )
            for (steps, *at), first, resets, dropped in groups
        ]
        hidden = rows.join_steps([group.hidden for group in outputs])
        return hidden, rows.join_rows([group.last for group in outputs])

    def _weights(self) -> dict[str, Tensors]:
        """The weights of a step, as tensors: a custom gradient is one of tensors."""
        cell = self.cell
        kernel, bias = cell.recurrent_kernel, cell.recurrent_bias
        with AutocastScope(None):  # their gradient is summed over steps, not in half precision
            step_weights = [ops.copy(weight) for weight in cell.step_weights]
        return {
            "kernel": [] if kernel is None else [ops.copy(kernel)],
            "bias": [] if bias is None else [ops.copy(bias)],
            "step_weights": step_weights,
        }

    def _run_in_segments(
        self, sequence: Segment, states: Tensors, reset_states: Tensors, masks: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Only the states between segments are kept."""
        cell, x, every = self.cell, sequence.x, self.recompute_every
        assert every is not None
        weights = cell.trainable_variables
        others = [(variable, variable.value) for variable in cell.non_trainable_variables]
        # Their gradient is summed over segments: not in half precision.
        with AutocastScope(None):
            values = [ops.copy(weight) for weight in weights]
        constants = [values, [ops.cast(state, cell.variable_dtype) for state in reset_states]]

        def run(segment: Segment, states: Tensors, tensors: Tensors) -> tuple[Tensors, Tensors]:
            values, resets = tree.pack_sequence_as(constants, tensors)
            resets = [ops.cast(state, cell.compute_dtype) for state in resets]
            flags = {name: flag > 0 for name, flag in segment.flags.items()}
            # A gradient is one of tensors, and so the cell has to read its weights from them; on
            # TensorFlow it is computed after the call, outside of the scope that Keras sets.
            mapping = [*zip(weights, values, strict=True), *others]
            with keras.StatelessScope(mapping), AutocastScope(cell.compute_dtype):
                return self._run(Segment(segment.x, flags), states, resets, masks)

        flags = {"mask": ops.ones(ops.shape(x)[:2], "bool"), **sequence.flags}
        floats = {name: ops.cast(flag, x.dtype) for name, flag in flags.items()}
        return in_segments(
            run, Segment(x, floats), states, tree.flatten(constants), every, self.backwards
        )


def _column(flag: Any) -> Any:
    """A flag of steps as one for all units, `(time, batch, 1)`; one of units as it is."""
    return flag[..., None] if len(flag.shape) == 2 else flag
