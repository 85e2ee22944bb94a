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
    so that training and validation share the room, one after the other.

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
        self.rooms: dict[int, list[Any]] = {}  # by rows; the largest is in use

    def make_room(self, rows: int) -> bool:
        """Keeps states for at least so many rows; whether that takes new variables.

        With new variables whatever was traced before, a training step say, has to be traced anew.
        """
        if rows <= max(self.rooms, default=0):
            return False
        self.rooms[rows] = [
            self.add_weight(
                shape=(rows, size), initializer="zeros", trainable=False, name=f"state_{i}"
            )
            for i, size in enumerate(self.sizes)
        ]
        return True

    def read(self, rows: Any) -> list[Any]:
        """The states of so many rows, each `(rows, size)`; zeros where there was no room."""
        room = max(self.rooms, default=0)
        more = [ops.zeros((rows, size), self.variable_dtype)[room:] for size in self.sizes]
        if not room:
            return more
        kept = [variable.value[:rows] for variable in self.rooms[room]]
        return [ops.concatenate(pair) for pair in zip(kept, more, strict=True)]

    def write(self, states: Sequence[Any]) -> None:
        """Keeps states `(rows, size)` for the next batch, of as many rows as there is room for."""
        room = max(self.rooms, default=0)
        for variable, state in zip(self.rooms.get(room, ()), states, strict=bool(room)):
            rest = variable.value[ops.shape(state)[0] :]
            variable.assign(ops.concatenate([ops.cast(state[:room], variable.dtype), rest]))

    def save_own_variables(self, store: Any) -> None:
        """Writes nothing."""

    def load_own_variables(self, store: Any) -> None:
        """Reads nothing."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "sizes": self.sizes}
