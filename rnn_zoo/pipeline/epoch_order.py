"""The order of the examples, drawn anew for every epoch."""

import random
from typing import Any

import keras
import tensorflow as tf


class EpochOrder(keras.callbacks.Callback):
    """Gives each epoch a shuffling seed that depends on the number of the epoch alone.

    Training can therefore be resumed in the middle of a run. A dataset's own reshuffling depends on
    how often it has been iterated over.
    """

    def __init__(self) -> None:
        super().__init__()
        first = random.randrange(2**31)
        self.seed = tf.Variable(first, dtype=tf.int64, trainable=False)
        """The shuffling seed of the current epoch."""
        self._first = first

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Set the seed of this epoch."""
        self.seed.assign(self._first + epoch)
