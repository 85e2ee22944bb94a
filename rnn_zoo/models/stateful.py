"""A network whose states go from batch to batch."""

from typing import Any

import keras
from keras import ops

from rnn_zoo import layers
from rnn_zoo.models.language_model import NextToken


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Stateful(keras.layers.Layer):
    """A language model on windows of parallel streams.

    The network takes its first states and gives its last ones; this layer keeps the last ones, and
    hands them to the network with the next window (`rnn_zoo.layers.Carry`).

    Args:
        network: the network.
        **kwargs: Arguments of `keras.layers.Layer`.

    Attributes:
        carry: keeps the states; `make_room` before a batch has more rows than any before.
    """

    def __init__(self, network: NextToken, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.carry = layers.Carry(network.decoder.state_sizes, dtype=self.dtype_policy)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits `(batch, time, vocabulary_size)` of `(tokens, resets)`, `(batch, time)` each.

        With a target mask `(batch, time)` after them, logits at those steps alone.
        """
        tokens, resets, *target_mask = inputs
        states = self.carry.read(ops.shape(tokens)[0])
        network = self.network.at_targets if target_mask else self.network
        outputs = network([tokens, resets, *states, *target_mask], training=training)
        self.carry.write(outputs["states"])
        return outputs["logits"]
