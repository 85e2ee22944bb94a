"""Attention of a decoder over the outputs of an encoder."""

import abc
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from rnn_zoo._keras_private import get_keras_mask

IMPOSSIBLE = -1e9
"""A finite stand-in for minus infinity: a row of padding alone gets equal weights, and not NaN."""


class Attention(keras.layers.Layer, abc.ABC):
    r"""What the attention layers share: keys, weights and context.

    $$k_s = U m_s, \qquad \alpha_{t,s} = \mathrm{softmax}_s\, \mathrm{score}(q_t, k_s), \qquad
    c_t = \sum_s \alpha_{t,s} m_s$$

    over the real steps s of the memory m. A row of the memory without a real step gets equal
    weights. The keys do not depend on the query: a decoder that goes step by step computes them
    once (`project`) and attends with them (`attend`).

    Args:
        units: Features of a key.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    @abc.abstractmethod
    def score(self, query: Any, keys: Any) -> Any:
        """Scores `(batch, queries, source)` of queries and keys."""

    def build(
        self,
        query_shape: Sequence[int | None],  # noqa: ARG002 - what extends it needs it
        memory_shape: Sequence[int | None],
    ) -> None:
        """Makes the weights for queries and a memory of these shapes."""
        self.key_kernel = self.add_weight(
            shape=(memory_shape[-1], self.units), initializer="glorot_uniform", name="key_kernel"
        )

    def call(self, query: Any, memory: Any, memory_mask: Any = None) -> tuple[Any, Any]:
        """Attends.

        Args:
            query: `(batch, queries, features)`.
            memory: `(batch, source, memory_features)`.
            memory_mask: `(batch, source)`, true where a step is real. Default: the mask that Keras
                has attached to `memory`; without one, all steps are real.

        Returns:
            The contexts `(batch, queries, memory_features)` and the weights `(batch, queries,
            source)`.
        """
        return self.attend(query, self.project(memory), memory, memory_mask)

    def project(self, memory: Any) -> Any:
        """Keys `(batch, source, units)` of a memory `(batch, source, memory_features)`."""
        return ops.matmul(memory, self.key_kernel)

    def attend(
        self, query: Any, keys: Any, memory: Any, memory_mask: Any = None
    ) -> tuple[Any, Any]:
        """As `call`, with the keys of `project` and the same default of the mask."""
        if memory_mask is None:
            memory_mask = get_keras_mask(memory)
        scores = self.score(query, keys)  # (batch, queries, source)
        # Half precision cannot hold `IMPOSSIBLE`.
        scores = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
        if memory_mask is not None:
            scores = ops.where(ops.cast(memory_mask, "bool")[:, None, :], scores, IMPOSSIBLE)
        weights = ops.cast(ops.softmax(scores, axis=-1), memory.dtype)
        return ops.matmul(weights, memory), weights

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> list[Any]:  # noqa: ARG002 - Keras' signature
        """The mask of the queries, for contexts and weights alike."""
        return [previous_mask, previous_mask]

    def compute_output_spec(
        self,
        query: Any,
        memory: Any,
        memory_mask: Any = None,  # noqa: ARG002 - Keras passes what `call` takes
    ) -> tuple[Any, Any]:
        """Contexts and weights."""
        batch, queries = query.shape[:2]
        return (
            keras.KerasTensor((batch, queries, memory.shape[-1]), dtype=self.compute_dtype),
            keras.KerasTensor((batch, queries, memory.shape[1]), dtype=self.compute_dtype),
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="rnn_zoo")
class AdditiveAttention(Attention):
    r"""Attention by a small network with one hidden layer.

    $$\mathrm{score}(q, k) = v^\top \tanh(W q + k + b)$$

    with the keys $k_s = U m_s$ of the memory; the context is the mean of the memory under
    the softmax of the scores.

    Args:
        units: Size of the hidden layer.
        **kwargs: Arguments of `keras.layers.Layer`.

    >>> import keras
    >>> from rnn_zoo.layers import AdditiveAttention
    >>> query, memory = keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 6))
    >>> context, weights = AdditiveAttention(8)(query, memory)
    >>> context.shape == (2, 3, 6), weights.shape == (2, 3, 5)
    (True, True)

    Source: Bahdanau, Cho and Bengio 2015, "Neural Machine Translation by Jointly Learning to Align
        and Translate".
    """

    def build(self, query_shape: Sequence[int | None], memory_shape: Sequence[int | None]) -> None:
        """Makes the weights for queries and a memory of these shapes."""
        super().build(query_shape, memory_shape)
        self.query_kernel = self.add_weight(
            shape=(query_shape[-1], self.units), initializer="glorot_uniform", name="query_kernel"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.vector = self.add_weight(
            shape=(self.units, 1), initializer="glorot_uniform", name="vector"
        )

    def score(self, query: Any, keys: Any) -> Any:
        """The equation's score, `(batch, queries, source)`."""
        query = ops.matmul(query, self.query_kernel) + self.bias  # (batch, queries, units)
        hidden = ops.tanh(query[:, :, None] + keys[:, None])  # (batch, queries, source, units)
        return ops.matmul(hidden, self.vector)[..., 0]


@keras.saving.register_keras_serializable(package="rnn_zoo")
class MultiplicativeAttention(Attention):
    r"""Attention by a bilinear form, scaled.

    $$\mathrm{score}(q, k) = \frac{q^\top k}{\sqrt{d}}$$

    with the keys $k_s = U m_s$ of the memory, which have the d features of a query; the context is
    the mean of the memory under the softmax of the scores. Not scaled, the softmax of large states
    saturates and learns little.

    Args:
        units: Features of a key and of a query.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If the queries have another number of features.

    >>> import keras
    >>> from rnn_zoo.layers import MultiplicativeAttention
    >>> query, memory = keras.ops.ones((2, 3, 4)), keras.ops.ones((2, 5, 6))
    >>> context, weights = MultiplicativeAttention(4)(query, memory)
    >>> context.shape == (2, 3, 6), weights.shape == (2, 3, 5)
    (True, True)

    Source: Luong, Pham and Manning 2015, "Effective Approaches to Attention-based Neural Machine
        Translation" (there `general`); the scale: Vaswani et al. 2017, "Attention Is All You Need".
    """

    def build(self, query_shape: Sequence[int | None], memory_shape: Sequence[int | None]) -> None:
        """Makes the weights for queries and a memory of these shapes."""
        if query_shape[-1] != self.units:
            raise ValueError(
                f"MultiplicativeAttention: `units` must be the features of a query, "
                f"{query_shape[-1]}. Received: {self.units}"
            )
        super().build(query_shape, memory_shape)

    def score(self, query: Any, keys: Any) -> Any:
        """The equation's score, `(batch, queries, source)`."""
        return ops.matmul(query, ops.transpose(keys, (0, 2, 1))) / math.sqrt(self.units)
