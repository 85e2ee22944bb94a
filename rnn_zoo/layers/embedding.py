"""Vectors for tokens."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Embedding(keras.layers.Embedding):
    """`keras.layers.Embedding` whose gradient is one dense array, repeated tokens summed.

    TensorFlow gives an embedding's gradient as one slice for every token of the batch, repeated
    tokens apart. Whatever takes its norm, `clipnorm` or a report, then takes that of the slices and
    not of the gradient. Arguments are those of `keras.layers.Embedding`.

    >>> import keras
    >>> from rnn_zoo.layers import Embedding
    >>> Embedding(1000, 16)(keras.ops.array([[3, 1, 3]])).shape == (1, 3, 16)
    True
    """

    def call(self, inputs: Any) -> Any:
        """Looks up `inputs (batch, time)`: `(batch, time, output_dim)`."""
        ids = inputs if keras.backend.is_int_dtype(inputs.dtype) else ops.cast(inputs, "int32")
        # The forward pass of this reshape does nothing. Its gradient is a dense array in TensorFlow
        # too, where a lookup in the table itself would leave slices.
        table = ops.reshape(self.embeddings, (self.input_dim, self.output_dim))
        return ops.cast(ops.take(table, ids, axis=0), self.compute_dtype)
