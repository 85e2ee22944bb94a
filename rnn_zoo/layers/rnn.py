"""The scan over time."""

from typing import Any

import keras

# A private path of Keras: the loop that keras.layers.RNN runs, which has no public name.
from keras.src.backend import rnn as rnn

from rnn_zoo.cells import RecurrentCell


@keras.saving.register_keras_serializable(package="rnn_zoo")
class RNN(keras.layers.RNN):
    """`keras.layers.RNN`, with the input product taken out of the loop where a cell allows it.

    An `rnn_zoo.cells.RecurrentCell`, also a user's own, has its input product (`project`) computed
    for all steps at once, before the loop; the loop runs its `step` alone. The results are those of
    `keras.layers.RNN`, and so are the arguments, options, masks and states. Any other cell, one
    that overrides `call`, and a list of cells take Keras' loop.

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

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, Any]:
        """The loop over `sequences (batch, time, features)`, called by `keras.layers.RNN.call`."""
        cell = self.cell
        # A cell whose class has a `call` of its own means that one.
        divided = isinstance(cell, RecurrentCell) and type(cell).call is RecurrentCell.call
        # Weights are cast to the dtype of the layer at work: cell and scan must agree on it.
        if not divided or cell.compute_dtype != self.compute_dtype:
            return super().inner_loop(sequences, initial_state, mask, training=training)
        return rnn(
            lambda projected, states: cell.step(projected, states, training),
            cell.project(sequences, training),  # (batch, time, gates * units)
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            input_length=sequences.shape[1],
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
