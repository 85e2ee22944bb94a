"""State from one window to the next."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Carry(keras.layers.Layer):
    """States that a batch hands to the next one, row by row, without their gradient.

    Keras' `stateful=True` builds the number of rows into a network; here the network takes its
    first states and gives its last ones, works with any number of rows, and this layer keeps the
    states in between. They are no part of what is learned: a saved model does not hold them. A
    reset flag at the beginning of a pass (`rnn_zoo.streams`) makes the states before it irrelevant,
    so that training and validation use the same variables, one after the other.

    Args:
        sizes: Features of each state.
        **kwargs: Arguments of `keras.layers.Layer`.

    >>> from keras import ops
    >>> from rnn_zoo.layers import Carry
    >>> carry = Carry([2])
    >>> carry.make_room(3)
    True
    >>> carry.write([ops.ones((3, 2))])
    >>> carry.read(3)[0].shape == (3, 2)
    True
    """

    def __init__(self, sizes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = list(sizes)
        self.buffers: dict[int, list[Any]] = {}  # by their rows; the largest are in use

    def make_room(self, rows: int) -> bool:
        """Makes variables for the states of at least so many rows.

        Returns:
            Whether there are new variables. Then a function that was traced before, such as a
            training step, has to be traced again.
        """
        if rows <= self.capacity:
            return False
        self.buffers[rows] = [
            self.add_weight(
                shape=(rows, size), initializer="zeros", trainable=False, name=f"state_{i}"
            )
            for i, size in enumerate(self.sizes)
        ]
        return True

    @property
    def capacity(self) -> int:
        """The number of rows whose states are kept."""
        return max(self.buffers, default=0)

    def read(self, rows: Any) -> list[Any]:
        """The states of so many rows, each `(rows, size)`; zeros beyond `capacity`."""
        capacity = self.capacity
        zeros = [ops.zeros((rows, size), self.variable_dtype)[capacity:] for size in self.sizes]
        if not capacity:
            return zeros
        kept = [variable.value[:rows] for variable in self.buffers[capacity]]
        return [ops.concatenate(pair) for pair in zip(kept, zeros, strict=True)]

    def write(self, states: Sequence[Any]) -> None:
        """Keeps states `(rows, size)` for the next batch, of the first `capacity` rows."""
        capacity = self.capacity
        for variable, state in zip(self.buffers.get(capacity, ()), states, strict=bool(capacity)):
            rest = variable.value[ops.shape(state)[0] :]
            variable.assign(ops.concatenate([ops.cast(state[:capacity], variable.dtype), rest]))

    def save_own_variables(self, store: Any) -> None:
        """Writes nothing."""

    def load_own_variables(self, store: Any) -> None:
        """Reads nothing."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "sizes": self.sizes}
