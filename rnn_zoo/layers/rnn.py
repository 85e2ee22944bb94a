"""The scan over time."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import ops, tree

from rnn_zoo._keras_private import AutocastScope, rnn
from rnn_zoo.cells import RecurrentCell
from rnn_zoo.layers import choice
from rnn_zoo.layers.groups import Groups
from rnn_zoo.layers.scan import Scan
from rnn_zoo.layers.segments import in_segments


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RNN(keras.layers.RNN):
    """`keras.layers.RNN` with the input product out of the loop, resets and truncated gradients.

    An `rnn_zoo.cells.RecurrentCell`, also a user's own, has its input product (`project`) computed
    for all steps at once, before the loop. What `combine`s runs in the fast scan
    (`rnn_zoo.layers.scan`) where `rnn_zoo.layers.choice` finds that it pays, else Keras' loop runs
    the `step` of the cell. The results are those of `keras.layers.RNN`, and so are the arguments,
    options, masks and states. Any other cell, one that overrides `call`, and a list of cells take
    Keras' loop.

    Called with `resets`, booleans `(batch, time)`, a row begins anew, with the initial state,
    before each step whose flag is true: there another document begins, and nothing of the one
    before is known. See `rnn_zoo.streams`.

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
        recompute_every: Keeps, for the gradient, the states of every so many steps alone, and
            computes the steps between them again when it is needed: memory for so many steps and
            for each so manieth one, in place of all, for one more forward pass. The gradient is the
            same. About the root of the number of steps takes the least memory. Where the generic
            loop runs, as outside of a graph, all is kept. Default: None, all is kept.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `truncate_gradient` or `recompute_every` is no positive integer, a layer that
            is `stateful` is to learn its initial state, or one with `recompute_every` is to
            `unroll`, or has a cell that does not divide its step into `recur` and `combine`, drops
            its inputs or has a `project` of its own.

    >>> import keras
    >>> from rnn_zoo import cells, layers
    >>> outputs = layers.RNN(cells.LSTMCell(4), return_sequences=True)(keras.ops.ones((2, 5, 3)))
    >>> outputs.shape == (2, 5, 4)
    True

    Source: Williams and Peng 1990, "An Efficient Gradient-Based Algorithm for On-Line Training of
        Recurrent Network Trajectories".
    """

    resets: Any = None
    """The `resets` of the call that is at work, read by `rnn_zoo.diagnostics`."""

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
        combines = isinstance(cell, RecurrentCell) and cell.combines
        # A segment is projected by itself: what would depend on other steps, and one dropout mask
        # for all of them, would come out otherwise.
        by_step = combines and not cell.dropout and type(cell).project is RecurrentCell.project
        if recompute_every is not None and (unroll or not by_step):
            raise ValueError(
                "RNN: `recompute_every` needs a cell that divides its step into `recur` and "
                "`combine`, see rnn_zoo.cells.RecurrentCell, has no `project` of its own and does "
                "not drop its inputs (a keras.layers.Dropout before the layer does), in a loop "
                f"that is not unrolled. Received: cell={cell}, unroll={unroll}"
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
        self.first: list[Any] = []
        """The learned initial states, each `(units,)`."""

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Makes the weights."""
        super().build(sequences_shape, initial_state_shape)
        if self.learn_initial_state:
            self.first = [
                self.add_weight(shape=(size,), initializer="zeros", name=f"initial_state_{i}")
                for i, size in enumerate(tree.flatten(self.cell.state_size))
            ]

    def get_initial_state(self, batch_size: Any) -> Any:
        """The states of so many rows before their first step, each `(batch, units)`."""
        zeros = super().get_initial_state(batch_size)
        if not self.first:
            return zeros
        return tree.pack_sequence_as(
            zeros,
            [
                zero + ops.cast(learned, zero.dtype)
                for zero, learned in zip(tree.flatten(zeros), self.first, strict=True)
            ],
        )

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        resets: Any = None,
    ) -> Any:
        """Runs over `sequences (batch, time, features)`, as `keras.layers.RNN` does."""
        if self.stateful and initial_state is None:
            _check_rows(sequences, tree.flatten(self.states)[0].shape[0])
        self.resets = resets  # Keras' call hands `inner_loop` what it knows, and no more
        try:
            return super().call(sequences, initial_state, mask=mask, training=training)
        finally:
            self.resets = None

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, Any]:
        """The loop over `sequences (batch, time, features)`, called by `keras.layers.RNN.call`."""
        cell, resets = self.cell, self.resets
        # A cell whose class has a `call` of its own means that one.
        divided = isinstance(cell, RecurrentCell) and type(cell).call is RecurrentCell.call
        # Weights are cast to the dtype of the layer at work: cell and scan must agree on it.
        divided = divided and cell.compute_dtype == self.compute_dtype
        if not divided and resets is None and self.truncate_gradient is None:
            return super().inner_loop(sequences, initial_state, mask, training=training)
        if divided and not self.unroll and choice.scans_fast(cell, self.recompute_every):
            return self._scan(sequences, initial_state, mask, training)
        advance = cell.step if divided else cell
        takes_training = divided or "training" in inspect.signature(cell.call).parameters
        arguments = {"training": training} if takes_training else {}
        # Where a row begins anew, and where its gradient is cut: (batch, time, 1) each.
        flags = {}
        if resets is not None:
            flags["reset"] = ops.cast(resets, "bool")[..., None]
            fresh = self.get_initial_state(ops.shape(sequences)[0])
        if self.truncate_gradient is not None:
            flags["cut"] = self._cuts(sequences, mask)[..., None]
        if divided:
            sequences = cell.project(sequences, training)  # (batch, time, gates * units)

        def step(inputs: Any, states: Any) -> tuple[Any, Any]:
            x, *at = inputs if flags else [inputs]
            here = dict(zip(flags, at, strict=True))
            if "reset" in here:
                states = _where(here["reset"], fresh, states)
            if "cut" in here:
                states = _where(here["cut"], tree.map_structure(ops.stop_gradient, states), states)
            output, states = advance(x, states, **arguments)
            return output, states if tree.is_nested(states) else [states]

        # Keras asks nested inputs for their shape where it does not know a length; any that is not
        # too small will do, since the loop ends with the sequence.
        length = sequences.shape[1] or 2**31 - 1
        return rnn(
            step,
            (sequences, *flags.values()) if flags else sequences,
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            input_length=length,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )

    def _scan(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool
    ) -> tuple[Any, Any, Any]:
        """The loop as the fast scan runs it."""
        cell = self.cell
        states = tree.flatten(initial_state)
        masks = cell.recurrent_masks(states[0], training)
        masks = [] if masks is None else tree.flatten(masks)
        shape = ops.shape(sequences)[:2]
        flags = {}
        if mask is not None:  # one row may stand for all, as in Keras' loop
            flags["mask"] = ops.broadcast_to(ops.cast(mask, "bool"), shape)
        fresh = []
        if self.resets is not None:
            flags["resets"] = ops.cast(self.resets, "bool")
            fresh = tree.flatten(self.get_initial_state(shape[0]))
        if self.truncate_gradient is not None:
            flags["cuts"] = self._cuts(sequences, mask)

        # One dropout mask of the inputs is drawn for all rows; and what a cell projects in a way of
        # its own may depend on all rows, and on their order.
        early = bool(training and cell.dropout) or type(cell).project is not RecurrentCell.project
        count = choice.groups(sequences.shape[0])
        scan = Scan(cell, self.go_backwards, training, self.return_sequences)

        def run(x: Any, states: Any, fresh: Any, flags: Any) -> tuple[Any, Any]:
            groups = Groups(count, flags.get("mask"))
            if early:
                x = cell.project(x, training)
            given = {name: ops.cast(flag, self.compute_dtype) for name, flag in flags.items()}
            parts = []
            for (steps, *at), before, anew, dropped in zip(
                groups.steps([x, *given.values()]),
                groups.rows(states),
                groups.rows(fresh),
                groups.rows(masks),
                strict=True,
            ):
                hidden, last = scan(
                    steps if early else cell.project(steps, training),
                    before,
                    **dict(zip(given, at, strict=True)),
                    fresh=anew,
                    masks=dropped,
                )
                parts.append(([hidden] if self.return_sequences else [], last))
            hidden, last = zip(*parts, strict=True)
            return (groups.join_steps(hidden) or [None])[0], groups.join_rows(last)

        every = self.recompute_every
        if every is None:
            hidden, last = run(sequences, states, fresh, flags)
        else:
            hidden, last = self._in_segments(run, sequences, states, fresh, flags, every)
        mask = flags.get("mask")
        in_order = (lambda x: ops.flip(x, axis=1)) if self.go_backwards else (lambda x: x)
        final = last[0]
        outputs = in_order(hidden) if self.return_sequences else final[:, None]
        if mask is None:
            return final, outputs, last
        seen = in_order(mask)
        if not self.zero_output_for_mask:
            if keras.backend.backend() == "jax":  # where Keras gives the state at once
                return final, outputs, last
            # Before the first real step of a row the output is zero, whatever its state is.
            seen = ops.cumsum(ops.cast(seen, "int32"), axis=1) > 0
        final = ops.where(seen[:, -1:], final, ops.zeros_like(final))
        if self.return_sequences:
            outputs = ops.where(seen[..., None], outputs, ops.zeros_like(outputs))
        return final, outputs, last

    def _in_segments(
        self,
        run: Callable,
        sequences: Any,
        states: Any,
        fresh: Any,
        flags: dict[str, Any],
        every: int,
    ) -> tuple[Any, Any]:
        """What `run` returns, with nothing kept but the states between segments."""
        flags = {"mask": ops.ones(ops.shape(sequences)[:2], "bool"), **flags}
        weights = self.cell.trainable_variables
        others = [(v, v.value) for v in self.cell.non_trainable_variables]

        def segment(steps: Any, states: Any, constants: Any) -> tuple[Any, Any]:
            x, *at = steps
            here = {name: flag > 0 for name, flag in zip(flags, at, strict=True)}
            fresh, values = constants[len(weights) :], constants[: len(weights)]
            fresh = [ops.cast(state, self.compute_dtype) for state in fresh]
            # A gradient is one of tensors, and so the cell has to read its weights from them; on
            # TensorFlow it is computed after the call, outside of the scope that Keras sets.
            mapping = [*zip(weights, values, strict=True), *others]
            with keras.StatelessScope(mapping), AutocastScope(self.compute_dtype):
                hidden, after = run(x, states, fresh, here)
            return [hidden] if self.return_sequences else [], after

        # Their gradient is summed over segments: not in half precision.
        with AutocastScope(None):
            constants = [ops.copy(w) for w in weights]
        constants += [ops.cast(state, self.variable_dtype) for state in fresh]
        outputs, last = in_segments(
            segment,
            sequences,
            [ops.cast(flag, sequences.dtype) for flag in flags.values()],
            states,
            constants,
            every,
            self.go_backwards,
        )
        return (outputs or [None])[0], last

    def _cuts(self, sequences: Any, mask: Any) -> Any:
        """Where the gradient is cut, `(batch, time)`: before every k-th real step of a row."""
        real = (
            ops.ones_like(sequences[..., 0], "int32") if mask is None else ops.cast(mask, "int32")
        )
        in_order = (lambda x: ops.flip(x, axis=1)) if self.go_backwards else (lambda x: x)
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
    """Raise where a batch has another number of rows than a stateful layer keeps states for.

    Keras does so where the number is known before the graph runs, which is always so on JAX.
    """
    if keras.backend.backend() == "tensorflow" and sequences.shape[0] is None:
        import tensorflow as tf

        tf.debugging.assert_equal(
            tf.shape(sequences)[0],
            rows,
            f"This layer is stateful and keeps the states of {rows} rows: every batch must have as "
            f"many. Pass batch_size={rows}, and leave out the rest of the data or see "
            "rnn_zoo.layers.Carry, which takes any number of rows.",
        )


def _where(flag: Any, states: Any, others: Any) -> Any:
    """`states` in the rows whose flag is true, `others` in the rest, in the structure of these."""
    pairs = zip(tree.flatten(states), tree.flatten(others), strict=True)
    return tree.pack_sequence_as(others, [ops.where(flag, *pair) for pair in pairs])
