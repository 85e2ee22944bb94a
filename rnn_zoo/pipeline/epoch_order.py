"""The order of the examples, drawn anew for every epoch."""

import random
from typing import Any

import keras
import tensorflow as tf


class EpochOrder(keras.callbacks.Callback):
    """Which order an epoch has: another in each, and always the same in the same one.

    So training can go on in the middle of a run, where a dataset's own reshuffling depends on how
    often it has been iterated over.
    """

    def __init__(self) -> None:
        super().__init__()
        first = random.randrange(2**31)
        self.seed = tf.Variable(first, dtype=tf.int64, trainable=False)
        """What the shuffling of the epoch begins with."""
        self._first = first

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Turn to another order."""
        self.seed.assign(self._first + epoch)
