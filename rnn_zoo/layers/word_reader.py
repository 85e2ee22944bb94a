"""Features of words, from their characters."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from rnn_zoo.cells import LSTMCell
from rnn_zoo.layers.embedding import Embedding
from rnn_zoo.layers.pooling import SequencePooling
from rnn_zoo.layers.rnn import RNN


@keras.saving.register_keras_serializable(package="rnn_zoo")
class WordReader(keras.layers.Layer):
    """A small reader of each word of a sequence, the same for all words.

    A `"recurrent"` reader is a bidirectional LSTM over the characters, of which the two last states
    are taken (Lample et al., 2016, "Neural architectures for named entity recognition"); a
    `"convolutional"` one takes the maximum over the word of filters that are three characters wide
    (Ma and Hovy, 2016, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF"). Padding
    changes nothing, and a word without characters gives a vector like any other.

    Args:
        kind: `"recurrent"` or `"convolutional"`.
        vocabulary_size: Number of character ids; 0 is padding.
        embedding_dim: Features of a character's vector.
        units: Features of a word; for a recurrent reader an even number.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `kind` is neither, or a recurrent reader's `units` are odd.

    >>> import keras
    >>> from rnn_zoo.layers import WordReader
    >>> characters = keras.ops.ones((2, 5, 7), "int32")  # (batch, words, characters)
    >>> WordReader("recurrent", 10, 4, 6)(characters).shape == (2, 5, 6)
    True
    """

    def __init__(
        self, kind: str, vocabulary_size: int, embedding_dim: int, units: int, **kwargs: Any
    ) -> None:
        if kind not in ("recurrent", "convolutional"):
            raise ValueError(
                f"WordReader: `kind` must be 'recurrent' or 'convolutional'. Received: {kind!r}"
            )
        if kind == "recurrent" and units % 2:
            raise ValueError(
                f"WordReader: half of the `units` read in each direction; {units} is odd."
            )
        super().__init__(**kwargs)
        self.kind = kind
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        dtype = self.dtype_policy
        self.embedding = Embedding(vocabulary_size, embedding_dim, dtype=dtype, name="embedding")
        if kind == "recurrent":
            self.reader = keras.layers.Bidirectional(
                RNN(LSTMCell(units // 2, dtype=dtype), dtype=dtype), dtype=dtype, name="reader"
            )
        else:
            self.reader = keras.layers.Conv1D(units, 3, padding="same", dtype=dtype, name="reader")
            self.pooling = SequencePooling("max", dtype=dtype, name="pooling")

    def build(self, input_shape: Sequence[int | None]) -> None:  # noqa: ARG002 - Keras' signature
        """Makes the weights for ids `(batch, words, characters)`."""
        self.embedding.build((None, None))
        self.reader.build((None, None, self.embedding_dim))

    def call(self, characters: Any) -> Any:
        """Reads.

        Args:
            characters: Ids `(batch, words, characters)`.

        Returns:
            `(batch, words, units)`.
        """
        batch, words, length = ops.shape(characters)
        flat = ops.reshape(characters, (-1, length))  # (batch * words, characters)
        mask = ops.not_equal(flat, 0)
        x = self.embedding(flat)  # (batch * words, characters, embedding_dim)
        if self.kind == "recurrent":
            x = self.reader(x, mask=mask)
        else:  # what lies beyond the word is zero, padding or not
            x = self.reader(x * ops.expand_dims(ops.cast(mask, x.dtype), -1))
            x = self.pooling(x, mask=mask)
        return ops.reshape(x, (batch, words, self.units))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """`(batch, words, units)`."""
        return (*input_shape[:2], self.units)

    def compute_output_spec(self, characters: Any) -> Any:
        """The output's shape and dtype, without running `call`, which needs the number of words."""
        shape = self.compute_output_shape(characters.shape)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "kind": self.kind,
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
        }
