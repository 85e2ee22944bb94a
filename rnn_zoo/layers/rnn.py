"""The layer that runs a cell over time."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import ops, tree

from rnn_zoo._keras_private import draw_dropout_masks, forget_dropout_masks
from rnn_zoo.cells import RecurrentCell, zoneout
from rnn_zoo.cells.declarations import holds
from rnn_zoo.layers import choice
from rnn_zoo.layers.fast_loop import FastLoop
from rnn_zoo.layers.generic_loop import GenericLoop, Step
from rnn_zoo.layers.segments import Segment

Tensors = list[Any]


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RNN(keras.layers.RNN):
    """`keras.layers.RNN` with the input product out of the loop, resets and truncated gradients.

    An `rnn_zoo.cells.RecurrentCell`, also a user's own, has its input product (`project`) computed
    for all steps at once, before the loop. A cell that `is_scannable` runs in the fast scan
    (`rnn_zoo.layers.scan`; of a `LinearRecurrentCell` in that of `rnn_zoo.layers.linear_scan`)
    where `rnn_zoo.layers.choice` finds that it pays; else a generic loop runs the `step` of the
    cell. Any other cell, one that is not `is_divided`, and a list of cells are called step by step.
    Arguments, options, masks and states are those of `keras.layers.RNN`, and so are the results,
    but for `unroll`.

    Called with `resets`, booleans `(batch, time)`, the state of a row is reset to the initial state
    before each step whose flag is true, for example where a document starts. See
    `rnn_zoo.streams`.

    At a masked step a row keeps its states, and its output is the one of the step before. Before a
    row's first real step the backends of Keras differ: the output is zero on TensorFlow, and the
    initial state on JAX. With `zero_output_for_mask` it is zero at every masked step on both. An
    unrolled loop gives the same as one that is not; that of `keras.layers.RNN` does not, with a
    mask.

    Args:
        cell: A cell, or a list of cells to be stacked.
        return_sequences: Whether to return the output of every step, and not of the last. Default:
            False.
        return_state: Whether to return the last states too. Default: False.
        go_backwards: Whether to run from the last step to the first; the outputs stand in the order
            in which they were computed. Default: False.
        stateful: Whether a batch starts from the states that the one before ended with. Default:
            False.
        unroll: Whether to unroll the loop; the number of steps must be static. Default: False.
        zero_output_for_mask: Whether a masked step's output is zero, and not the output of the step
            before. Default: False.
        truncate_gradient: After how many real steps of a row the gradient is cut, counted from its
            first one: the states that cross a cut are constants to the steps after it (truncated
            backpropagation through time), while the forward pass is whole. From the length of the
            sequence on nothing is cut. Default: None, never.
        learn_initial_state: Whether the initial state of a row that is not given one is learned,
            and not zero: weights `initial_state_0`, ..., each `(units,)`, zero before training.
            Default: False.
        recompute_every: The number of steps in a segment. For the gradient, only the states between
            segments are kept, and the steps of each segment are computed again: the memory of
            `time / recompute_every + recompute_every` steps instead of `time`, for one more forward
            pass. The gradient is the same. About the square root of the number of steps takes the
            least memory. The generic loop, which runs outside of a graph, keeps everything.
            Default: None, everything is kept.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `truncate_gradient` or `recompute_every` is no positive integer; if a layer
            that is `stateful` is to learn its initial state; or if a layer with `recompute_every`
            has to `unroll`, or has a cell that is not scannable, drops its inputs, or does not
            project each step alone.

    >>> import keras
    >>> from rnn_zoo import cells, layers
    >>> outputs = layers.RNN(cells.LSTMCell(4), return_sequences=True)(keras.ops.ones((2, 5, 3)))
    >>> outputs.shape == (2, 5, 4)
    True

    Source: Williams and Peng 1990, "An Efficient Gradient-Based Algorithm for On-Line Training of
        Recurrent Network Trajectories".
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        truncate_gradient: int | None = None,
        learn_initial_state: bool = False,
        recompute_every: int | None = None,
        **kwargs: Any,
    ) -> None:
        for argument, steps in (
            ("truncate_gradient", truncate_gradient),
            ("recompute_every", recompute_every),
        ):
            if steps is not None and not (isinstance(steps, int) and steps > 0):
                raise ValueError(
                    f"RNN: `{argument}` must be a positive number of steps, or None. "
                    f"Received: {steps!r}"
                )
        # A segment is projected by itself, without what would be drawn for all steps.
        projects_alone = choice.is_scannable(cell) and holds(cell, "projects_each_step")
        can_recompute = projects_alone and not cell.dropout
        if recompute_every is not None and (unroll or not can_recompute):
            raise ValueError(
                "RNN: `recompute_every` needs a loop that is not unrolled, and a cell that "
                "`is_scannable`, see rnn_zoo.cells.RecurrentCell, projects each step alone and "
                "does not drop its inputs; a keras.layers.Dropout before the layer does. "
                f"Received: cell={cell}, unroll={unroll}"
            )
        if learn_initial_state and stateful:
            raise ValueError(
                "RNN: a `stateful` layer begins with the states of the batch before, which "
                "`learn_initial_state` would not reach. Choose one."
            )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **kwargs,
        )
        self.truncate_gradient = truncate_gradient
        self.learn_initial_state = learn_initial_state
        self.recompute_every = recompute_every
        self.initial_state_weights: list[Any] = []
        """The learned initial states, each `(units,)`."""

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Makes the weights."""
        super().build(sequences_shape, initial_state_shape)
        if self.learn_initial_state:
            self.initial_state_weights = [
                self.add_weight(shape=(size,), initializer="zeros", name=f"initial_state_{i}")
                for i, size in enumerate(tree.flatten(self.cell.state_size))
            ]

    def get_initial_state(self, batch_size: Any) -> Any:
        """The states of so many rows before their first step, each `(batch, units)`."""
        zeros = super().get_initial_state(batch_size)
        if not self.initial_state_weights:
            return zeros
        pairs = zip(tree.flatten(zeros), self.initial_state_weights, strict=True)
        return tree.pack_sequence_as(
            zeros, [zero + ops.cast(weight, zero.dtype) for zero, weight in pairs]
        )

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        resets: Any = None,
    ) -> Any:
        """Runs over a batch of sequences.

        Args:
            sequences: `(batch, time, features)`.
            initial_state: The states before the first step, each `(batch, units)`. Default: zeros,
                or what is learned, or, if `stateful`, the last states of the batch before.
            mask: Booleans `(batch, time)`, true at real steps. Default: all steps are real.
            training: Whether dropout is applied.
            resets: Booleans `(batch, time)`, true where a row begins anew before a step.

        Returns:
            The last output `(batch, units)`, or all of them `(batch, time, units)`; then, if
            `return_state`, the last states.
        """
        if self.unroll and sequences.shape[1] is None:
            raise ValueError(
                "RNN: `unroll` needs a number of steps that is known, such as "
                f"keras.Input((10, 3)). Received inputs of shape {tuple(sequences.shape)}"
            )
        if self.stateful:
            _check_rows(sequences, tree.flatten(self.states)[0].shape[0])
        states = self._first_states(sequences, initial_state)
        if training:
            draw_dropout_masks(self, sequences[:, 0], states)
        try:
            last_output, outputs, states = self.inner_loop(
                sequences, states, mask, training=training, resets=resets
            )
        finally:
            forget_dropout_masks(self)
        states = tree.map_structure(lambda state: ops.cast(state, self.compute_dtype), states)
        if self.stateful:
            for variable, state in zip(
                tree.flatten(self.states), tree.flatten(states), strict=True
            ):
                variable.assign(state)
        output = ops.cast(outputs if self.return_sequences else last_output, self.compute_dtype)
        return (output, *states) if self.return_state else output

    def _first_states(self, sequences: Any, initial_state: Any) -> Any:
        """The states before the first step, as a list in the cell's dtype."""
        if initial_state is None and self.stateful:
            initial_state = self.states
        elif initial_state is None:
            initial_state = self.get_initial_state(ops.shape(sequences)[0])
        if not tree.is_nested(initial_state):
            initial_state = [initial_state]
        dtype = self.cell.compute_dtype
        return tree.map_structure(
            lambda state: ops.convert_to_tensor(state, dtype=dtype), list(initial_state)
        )

    def inner_loop(
        self,
        sequences: Any,
        initial_state: Any,
        mask: Any,
        training: bool = False,
        resets: Any = None,
    ) -> tuple[Any, Any, Any]:
        """The loop over `sequences`.

        Returns:
            The last output, all outputs, and the last states.
        """
        cell = self.cell
        shape = ops.shape(sequences)[:2]
        flags, reset_states = {}, []
        if mask is not None:  # one row may stand for all
            flags["mask"] = ops.broadcast_to(ops.cast(mask, "bool"), shape)
        if resets is not None:
            flags["reset"] = ops.cast(resets, "bool")
            reset_states = self.get_initial_state(shape[0])
        if self.truncate_gradient is not None:
            flags["cut"] = self._cuts(flags.get("mask", ops.ones(shape, "bool")))
        has_zoneout = isinstance(cell, RecurrentCell) and cell.zoneout
        kept = zoneout.draw(cell, *shape) if training and has_zoneout else []
        # Weights are cast to the dtype of the layer at work: cell and layer must agree on it.
        is_divided = choice.is_divided(cell) and cell.compute_dtype == self.compute_dtype
        if is_divided and not self.unroll and choice.scans_fast(cell, self.recompute_every):
            run = FastLoop(
                cell, self.go_backwards, training, self.return_sequences, self.recompute_every
            )
            hidden, last = run(
                Segment(sequences, flags | {f"kept_{i}": units for i, units in enumerate(kept)}),
                tree.flatten(initial_state),
                tree.flatten(reset_states),
            )
            return *self._masked_outputs(hidden, last[0], flags.get("mask")), last
        loop = GenericLoop(
            self._step(is_divided, training),
            self.go_backwards,
            choice.unrolls(self.unroll, sequences.shape[1]),
            self.return_sequences,
            self.zero_output_for_mask,
        )
        if choice.runs_whole(cell) and flags.keys() <= {"mask"}:
            from rnn_zoo.layers import recurrence  # TensorFlow's

            whole = recurrence.whole(cell, self._all_states, self.go_backwards)
            if whole is not None:
                mask = flags.get("mask")
                first = tree.flatten(initial_state)
                hidden, last = recurrence.run(
                    whole, cell, sequences, mask, first, self.go_backwards
                )
                return *self._masked_outputs([hidden], last[0], mask), last
        inputs = [cell.project(sequences, training) if is_divided else sequences]
        inputs += [kept] if is_divided and kept else []
        columns = {name: flag[..., None] for name, flag in flags.items()}
        return loop(Step(inputs, columns), initial_state, reset_states)

    def _step(self, is_divided: bool, training: bool) -> Callable[[Any, Any], tuple[Any, Any]]:
        """What the generic loop calls at a step."""
        cell = self.cell
        if is_divided:
            return lambda inputs, states: cell.step(inputs[0], states, training, *inputs[1:])
        if "training" in inspect.signature(cell.call).parameters:
            return lambda inputs, states: cell(*inputs, states, training=training)
        return lambda inputs, states: cell(*inputs, states)

    def _all_states(self, sequences: Any, mask: Any, states: Tensors) -> tuple[Any, Tensors]:
        """The hidden states of rows padded on the right, in order of time, and the last states."""
        run = GenericLoop(self._step(True, False), self.go_backwards, False, True, False)
        steps = Step([self.cell.project(sequences)], {"mask": mask[..., None]})
        _, hidden, last = run(steps, states)
        return ops.flip(hidden, axis=1) if self.go_backwards else hidden, last

    def _masked_outputs(self, hidden: Tensors, last: Any, mask: Any) -> tuple[Any, Any]:
        """The last output and all outputs, from the hidden states in order of time and the last."""

        def in_order(x: Any) -> Any:
            return ops.flip(x, axis=1) if self.go_backwards else x

        outputs = in_order(hidden[0]) if hidden else last[:, None]
        is_shown = None if mask is None else in_order(mask)
        if mask is not None and not self.zero_output_for_mask:
            if keras.backend.backend() == "jax":
                is_shown = None  # there the state is the output
            else:  # zero before the first real step, whatever the state is
                is_shown = ops.cumsum(ops.cast(is_shown, "int32"), axis=1) > 0
        if is_shown is None:
            return last, outputs
        last = ops.where(is_shown[:, -1:], last, ops.zeros_like(last))
        if not hidden:
            return last, last[:, None]
        return last, ops.where(is_shown[..., None], outputs, ops.zeros_like(outputs))

    def _cuts(self, mask: Any) -> Any:
        """Where the gradient is cut, `(batch, time)`: before every k-th real step of a row."""

        def in_order(x: Any) -> Any:
            return ops.flip(x, axis=1) if self.go_backwards else x

        real = ops.cast(mask, "int32")
        before = in_order(ops.cumsum(in_order(real), axis=1)) - 1  # real steps before each
        at_cut = ops.logical_and(before > 0, before % self.truncate_gradient == 0)
        return ops.logical_and(at_cut, real > 0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "truncate_gradient": self.truncate_gradient,
            "learn_initial_state": self.learn_initial_state,
            "recompute_every": self.recompute_every,
        }


def _check_rows(sequences: Any, rows: int) -> None:
    """Raise where a batch has another number of rows than a stateful layer keeps states for."""
    message = (
        f"This layer is stateful and keeps the states of {rows} rows: every batch must have as "
        f"many. Pass batch_size={rows}, and leave out the rest of the data or see "
        "rnn_zoo.layers.Carry, which takes any number of rows."
    )
    if sequences.shape[0] is None and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.debugging.assert_equal(tf.shape(sequences)[0], rows, message)
    elif sequences.shape[0] not in (None, rows):
        raise ValueError(f"{message} Received: {sequences.shape[0]} rows")
