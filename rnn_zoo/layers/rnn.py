"""The scan over time."""

import inspect
from typing import Any

import keras
from keras import ops, tree

# A private path of Keras: the loop that keras.layers.RNN runs, which has no public name.
from keras.src.backend import rnn as rnn

from rnn_zoo.cells import RecurrentCell


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RNN(keras.layers.RNN):
    """`keras.layers.RNN`, with the input product out of the loop, and states that can be reset.

    An `rnn_zoo.cells.RecurrentCell`, also a user's own, has its input product (`project`) computed
    for all steps at once, before the loop; the loop runs its `step` alone. The results are those of
    `keras.layers.RNN`, and so are the arguments, options, masks and states. Any other cell, one
    that overrides `call`, and a list of cells take Keras' loop.

    Called with `resets`, booleans `(batch, time)`, a row's states become zero before each step
    whose flag is true: there another document begins, and nothing of the one before is known. See
    `rnn_zoo.streams`.

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
        **kwargs: Arguments of `keras.layers.Layer`.

    >>> import keras
    >>> from rnn_zoo import cells, layers
    >>> outputs = layers.RNN(cells.LSTMCell(4), return_sequences=True)(keras.ops.ones((2, 5, 3)))
    >>> outputs.shape == (2, 5, 4)
    True
    """

    _resets: Any = None

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
        resets: Any = None,
    ) -> Any:
        """Runs over `sequences (batch, time, features)`, as `keras.layers.RNN` does."""
        self._resets = resets  # Keras' call hands `inner_loop` what it knows, and no more
        try:
            return super().call(sequences, initial_state, mask=mask, training=training)
        finally:
            self._resets = None

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, Any]:
        """The loop over `sequences (batch, time, features)`, called by `keras.layers.RNN.call`."""
        cell, resets = self.cell, self._resets
        # A cell whose class has a `call` of its own means that one.
        divided = isinstance(cell, RecurrentCell) and type(cell).call is RecurrentCell.call
        # Weights are cast to the dtype of the layer at work: cell and scan must agree on it.
        divided = divided and cell.compute_dtype == self.compute_dtype
        if not divided and resets is None:
            return super().inner_loop(sequences, initial_state, mask, training=training)
        advance = cell.step if divided else cell
        takes_training = divided or "training" in inspect.signature(cell.call).parameters
        arguments = {"training": training} if takes_training else {}
        if divided:
            sequences = cell.project(sequences, training)  # (batch, time, gates * units)

        def step(inputs: Any, states: Any) -> tuple[Any, Any]:
            if resets is None:
                return advance(inputs, states, **arguments)
            x, reset = inputs
            states = tree.map_structure(
                lambda state: ops.where(reset, ops.zeros_like(state), state), states
            )
            output, states = advance(x, states, **arguments)
            return output, states if tree.is_nested(states) else [states]

        # Keras asks nested inputs for their shape where it does not know a length; any that is not
        # too small will do, since the loop ends with the sequence.
        length = sequences.shape[1] or 2**31 - 1
        if resets is not None:
            sequences = (sequences, ops.cast(resets, "bool")[..., None])
        return rnn(
            step,
            sequences,
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            input_length=length,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
