"""The linear-chain conditional random field: potentials, likelihood and the best path."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

IMPOSSIBLE = -1e9  # a finite -inf: differences of two of them stay numbers


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CRF(keras.layers.Layer):
    r"""Log-potentials of a linear-chain conditional random field.

    $$p(y \mid x) = \frac{1}{Z} \exp \sum_t \psi_t(y_{t-1}, y_t), \qquad
    \psi_t(i, j) = e_{t,j} + A_{i,j}$$

    with the emissions $e$ that the layers below compute and the transitions $A$ that this layer
    learns. The first step has a start energy in the place of $A$; the last one adds an end energy.

    The output holds everything that `CRFLoss` and `viterbi` need, which makes them plain functions
    of it. A masked step is the identity: it keeps the tag of the step before at no cost, so padding
    changes neither likelihood nor path.

    | symbol | weight | shape |
    |---|---|---|
    | $A$ | `transitions` | `(tags, tags)`: from, to |
    | | `start`, `end` | `(tags,)` |

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    >>> import keras
    >>> from rnn_zoo.layers import CRF
    >>> CRF()(keras.ops.ones((2, 5, 3))).shape == (2, 5, 3, 3)
    True

    Source: Lafferty, McCallum and Pereira 2001, "Conditional Random Fields: Probabilistic Models
        for Segmenting and Labeling Sequence Data"; over a BiLSTM: Huang, Xu and Yu 2015,
        "Bidirectional LSTM-CRF Models for Sequence Tagging".
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for emissions `(batch, time, tags)`."""
        tags = input_shape[-1]
        self.transitions = self.add_weight(
            shape=(tags, tags), initializer="zeros", name="transitions"
        )
        self.start = self.add_weight(shape=(tags,), initializer="zeros", name="start")
        self.end = self.add_weight(shape=(tags,), initializer="zeros", name="end")

    def call(self, emissions: Any, mask: Any = None) -> Any:
        """Log-potentials.

        Args:
            emissions: `(batch, time, tags)`.
            mask: `(batch, time)`, true where a step is real: on the left, on the right or both
                sides of the padding. Default: all are.

        Returns:
            `(batch, time, tags, tags)`: of going from one tag to another at each step.
        """
        tags = emissions.shape[-1]
        if mask is None:
            mask = ops.ones(ops.shape(emissions)[:2], "bool")
        mask = ops.cast(mask, "bool")
        outside = ops.zeros_like(mask[:, :1])
        first = ops.logical_and(mask, ops.logical_not(ops.concatenate([outside, mask[:, :-1]], 1)))
        last = ops.logical_and(mask, ops.logical_not(ops.concatenate([mask[:, 1:], outside], 1)))
        emissions = emissions + ops.where(last[..., None], ops.convert_to_tensor(self.end), 0)
        entering = ops.where(
            first[..., None, None],
            ops.convert_to_tensor(self.start),
            ops.convert_to_tensor(self.transitions),
        )
        potentials = emissions[:, :, None, :] + entering  # (batch, time, tags, tags)
        stay = ops.where(ops.eye(tags, dtype="bool"), 0.0, IMPOSSIBLE)
        return ops.where(mask[..., None, None], potentials, ops.cast(stay, potentials.dtype))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """`(batch, time, tags, tags)`."""
        return (*input_shape, input_shape[-1])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:  # noqa: ARG002 - Keras' signature
        """The mask is part of the potentials; it passes on for metrics."""
        return previous_mask


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CRFLoss(keras.losses.Loss):
    r"""Negative log-likelihood of tag sequences, in nats, divided over the steps.

    $$-\log p(y \mid x) = \sum_t \bigl(\log Z_t - \log Z_{t-1} - \psi_t(y_{t-1}, y_t)\bigr)$$

    where $Z_t$ sums over the paths of the first t steps. A term belongs to a step, so the loss has
    the shape `(batch, time)` and takes sample weights like any loss over time: with weights that
    are 1 at real steps, `"mean_with_sample_weight"` gives nats a token.

    Args:
        reduction: As in Keras. Default: `"mean_with_sample_weight"`.
        name: Name of the loss.
        **kwargs: Arguments of `keras.losses.Loss`.
    """

    def __init__(
        self, reduction: str = "mean_with_sample_weight", name: str = "crf_loss", **kwargs: Any
    ) -> None:
        super().__init__(reduction=reduction, name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Terms `(batch, time)` of tags `(batch, time)` and potentials of `CRF`."""
        tags = y_pred.shape[-1]
        y_true = ops.cast(y_true, "int32")
        steps = ops.transpose(y_pred, (1, 0, 2, 3))  # (time, batch, tags, tags)

        def forward(alpha: Any, potentials: Any) -> tuple[Any, Any]:
            alpha = ops.logsumexp(alpha[:, :, None] + potentials, axis=1)  # (batch, tags)
            return alpha, alpha

        _, alphas = ops.scan(forward, _before_the_first(y_pred), steps)
        log_z = ops.transpose(ops.logsumexp(alphas, axis=-1))  # (batch, time)
        nothing = ops.zeros_like(y_true[:, :1])
        log_z_before = ops.concatenate([ops.cast(nothing, log_z.dtype), log_z[:, :-1]], axis=1)
        previous = ops.concatenate([nothing, y_true[:, :-1]], axis=1)
        flat = ops.reshape(y_pred, (*ops.shape(y_pred)[:2], tags * tags))
        taken = ops.take_along_axis(flat, (previous * tags + y_true)[..., None], axis=-1)[..., 0]
        return log_z - log_z_before - taken


def viterbi(potentials: Any) -> Any:
    """The most probable tags.

    Args:
        potentials: of `CRF`, `(batch, time, tags, tags)`.

    Returns:
        Tags `(batch, time)`, int32; a masked step repeats the tag before it.

    Source: Viterbi 1967, "Error Bounds for Convolutional Codes and an Asymptotically Optimum
        Decoding Algorithm".
    """
    steps = ops.transpose(potentials, (1, 0, 2, 3))  # (time, batch, tags, tags)

    def forward(delta: Any, potentials: Any) -> tuple[Any, Any]:
        delta = ops.max(delta[:, :, None] + potentials, axis=1)  # (batch, tags)
        return delta, delta

    before = _before_the_first(potentials)
    delta, deltas = ops.scan(forward, before, steps)  # (batch, tags), (time, batch, tags)
    previous = ops.concatenate([before[None], deltas[:-1]], axis=0)
    origins = ops.cast(ops.argmax(previous[..., None] + steps, axis=2), "int32")

    def backward(tag: Any, origin: Any) -> tuple[Any, Any]:
        return ops.take_along_axis(origin, tag[:, None], axis=1)[:, 0], tag

    last = ops.cast(ops.argmax(delta, axis=-1), "int32")  # (batch,)
    _, tags = ops.scan(backward, last, origins, reverse=True)
    return ops.transpose(tags)  # (batch, time)


def _before_the_first(potentials: Any) -> Any:
    """Log-potentials `(batch, tags)` before any step: one path, which has come to tag 0."""
    tags = potentials.shape[-1]
    only = ops.cast(ops.where(ops.arange(tags) == 0, 0.0, IMPOSSIBLE), potentials.dtype)
    return ops.tile(only[None], (ops.shape(potentials)[0], 1))


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CRFAccuracy(keras.metrics.MeanMetricWrapper):
    """Share of steps at which the best path of a `CRF` has the true tag.

    Args:
        name: Name of the metric.
        dtype: Dtype of the result.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(_correct, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


def _correct(y_true: Any, y_pred: Any) -> Any:
    return ops.cast(ops.equal(ops.cast(y_true, "int32"), viterbi(y_pred)), "float32")
