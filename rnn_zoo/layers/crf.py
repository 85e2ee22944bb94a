"""The linear-chain conditional random field: potentials, likelihood and the best path."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from rnn_zoo.layers._backend import loop
from rnn_zoo.metrics.over_steps import MeanOverSteps

IMPOSSIBLE = -1e9
"""A finite stand-in for minus infinity, so that differences are numbers; too large for float16."""


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CRF(keras.layers.Layer):
    r"""Log-potentials of a linear-chain conditional random field.

    $$p(y \mid x) = \frac{1}{Z} \exp \sum_t \psi_t(y_{t-1}, y_t), \qquad
    \psi_t(i, j) = e_{t,j} + A_{i,j}$$

    with the emissions $e$ that the layers below compute and the transitions $A$ that this layer
    learns. The first step has a start energy in the place of $A$; the last one adds an end energy.

    The first and the last step are those that the mask keeps. A masked step is the identity: it
    keeps the tag of the step before at no cost, so a masked sequence has the likelihood, the
    gradient and the best path of the sequence without its masked steps, wherever they stand.

    The output holds everything that `CRFLoss` and `viterbi` need, which makes them plain functions
    of it. It is float32 at least, whatever the dtype policy: half precision cannot hold sums over
    paths.

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

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # `call` casts emissions and weights

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for emissions `(batch, time, tags)`."""
        tags = input_shape[-1]
        options: dict[str, Any] = {"initializer": "zeros", "autocast": False}
        self.transitions = self.add_weight(shape=(tags, tags), name="transitions", **options)
        self.start = self.add_weight(shape=(tags,), name="start", **options)
        self.end = self.add_weight(shape=(tags,), name="end", **options)

    def call(self, emissions: Any, mask: Any = None) -> Any:
        """Log-potentials.

        Args:
            emissions: `(batch, time, tags)`.
            mask: `(batch, time)`, true where a step is real. Default: all are.

        Returns:
            `(batch, time, tags, tags)`: of going from one tag to another at each step.
        """
        dtype = self._potentials_dtype(emissions)
        transitions, start, end = (
            ops.cast(weight, dtype) for weight in (self.transitions, self.start, self.end)
        )
        emissions = ops.cast(emissions, dtype)
        tags = emissions.shape[-1]
        if mask is None:
            mask = ops.ones(ops.shape(emissions)[:2], "bool")
        mask = ops.cast(mask, "bool")
        count = ops.cumsum(ops.cast(mask, "int32"), axis=1)  # real steps so far, (batch, time)
        first = ops.logical_and(mask, ops.equal(count, 1))
        last = ops.logical_and(mask, ops.equal(count, ops.max(count, axis=1, keepdims=True)))
        emissions = emissions + ops.where(ops.expand_dims(last, -1), end, 0)
        entering = ops.where(ops.expand_dims(first, (-2, -1)), start, transitions)
        potentials = emissions[:, :, None, :] + entering  # (batch, time, tags, tags)
        identity = ops.where(ops.eye(tags, dtype="bool"), 0.0, IMPOSSIBLE)
        return ops.where(ops.expand_dims(mask, (-2, -1)), potentials, ops.cast(identity, dtype))

    def compute_output_spec(
        self,
        emissions: Any,
        mask: Any = None,  # noqa: ARG002 - Keras passes what `call` takes
    ) -> Any:
        """Potentials `(batch, time, tags, tags)`, float32 at least."""
        shape = self.compute_output_shape(emissions.shape)
        return keras.KerasTensor(shape, dtype=self._potentials_dtype(emissions))

    def _potentials_dtype(self, emissions: Any) -> str:
        return keras.backend.result_type(emissions.dtype, self.variable_dtype, "float32")

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
    are 1 at real steps, `"mean_with_sample_weight"` gives nats a token. The terms of masked steps
    are zero, whatever tags stand there, and so are those of a tag below zero, which the model does
    not have.

    Args:
        reduction: As in Keras. Default: `"mean_with_sample_weight"`.
        name: Name of the loss.
        dtype: Dtype to compute in. Default: Keras' `floatx`; half precision becomes float32.
    """

    def __init__(
        self,
        reduction: str = "mean_with_sample_weight",
        name: str = "crf_loss",
        dtype: Any = None,
    ) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.floatx())
        dtype = keras.backend.result_type(policy.compute_dtype, "float32")
        super().__init__(reduction=reduction, name=name, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Terms `(batch, time)` of tags `(batch, time)` and potentials of `CRF`."""
        _check_tags(y_true, y_pred)
        tags = y_pred.shape[-1]
        log_z = ops.logsumexp(_forward_scores(y_pred), axis=-1)  # (batch, time)
        log_z_before = ops.concatenate([ops.zeros_like(log_z[:, :1]), log_z[:, :-1]], axis=1)
        previous, current = _real_transitions(ops.cast(y_true, "int32"), y_pred)
        flat = ops.reshape(y_pred, (*ops.shape(y_pred)[:2], tags * tags))
        taken = ops.take_along_axis(flat, (previous * tags + current)[..., None], axis=-1)[..., 0]
        terms = log_z - log_z_before - taken
        return ops.where(ops.cast(y_true, "int32") < 0, ops.zeros_like(terms), terms)


def _real_transitions(y_true: Any, potentials: Any) -> tuple[Any, Any]:
    """The tag before each step and at it, `(batch, time)` each; a masked step repeats a tag."""
    # Going from the first tag to the last is impossible at masked steps alone.
    masked = potentials[..., 0, -1] <= IMPOSSIBLE / 2

    def forward(tag: Any, step: Any) -> tuple[Any, Any]:
        tag = ops.where(step < 0, tag, step)
        return tag, tag

    steps = ops.transpose(ops.where(masked, -1, y_true))  # (time, batch)
    before = ops.zeros_like(y_true[:, 0])  # (batch,)
    current = ops.transpose(ops.scan(forward, before, steps)[1])  # (batch, time)
    return ops.concatenate([before[:, None], current[:, :-1]], axis=1), current


@ops.custom_gradient
def _forward_scores(potentials: Any) -> Any:
    r"""The forward algorithm, `(batch, time, tags)`.

    $$\alpha_t(j) = \log \sum_i \exp \bigl(\alpha_{t-1}(i) + \psi_t(i, j)\bigr)$$

    The backward pass is a scan too, $\bar\alpha_{t-1}(i) \mathrel{+}= \sum_j P_t(i \mid j)
    \bar\alpha_t(j)$ with $P_t(i \mid j) = \exp(\alpha_{t-1}(i) + \psi_t(i, j) - \alpha_t(j))$:
    TensorFlow's own gradient of a loop needs the number of steps under XLA when it is traced.
    """
    before = _before_the_first(potentials)
    steps = ops.transpose(potentials, (1, 0, 2, 3))  # (time, batch, tags, tags)

    def forward(alpha: Any, step: Any) -> tuple[Any, Any]:
        alpha = ops.logsumexp(alpha[:, :, None] + step, axis=1)  # (batch, tags)
        return alpha, alpha

    _, alphas = ops.scan(forward, before, steps)  # (time, batch, tags)

    def gradient(*args: Any, upstream: Any = None) -> Any:
        upstream = args[-1] if upstream is None else upstream  # (batch, time, tags)
        previous = ops.concatenate([before[None], alphas[:-1]], axis=0)
        shares = ops.exp(previous[..., None] + steps - alphas[:, :, None])  # P

        def backward(carried: Any, step: Any) -> tuple[Any, Any]:
            total = carried + step[:, -1]  # (batch, tags)
            return ops.sum(step[:, :-1] * total[:, None], axis=-1), total

        own = ops.transpose(upstream, (1, 0, 2))  # (time, batch, tags)
        # One array: on TensorFlow, `scan` takes no two of a length that is unknown.
        both = ops.concatenate([shares, own[:, :, None]], axis=2)
        _, totals = ops.scan(backward, ops.zeros_like(before), both, reverse=True)
        return ops.transpose(shares * totals[:, :, None], (1, 0, 2, 3))

    return ops.transpose(alphas, (1, 0, 2)), gradient


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
        scores = ops.swapaxes(ops.expand_dims(delta, -1) + potentials, 1, 2)  # (batch, to, from)
        best, origin = ops.top_k(scores, 1)
        return best[..., 0], origin[..., 0]  # (batch, tags) each

    delta, origins = loop(forward, _before_the_first(potentials), steps)

    def backward(tag: Any, origin: Any) -> tuple[Any, Any]:
        return ops.take_along_axis(origin, ops.expand_dims(tag, -1), axis=1)[:, 0], tag

    last = ops.top_k(delta, 1)[1][:, 0]  # (batch,)
    _, tags = loop(backward, last, ops.flip(origins, axis=0))
    return ops.transpose(ops.flip(tags, axis=0))  # (batch, time)


def _before_the_first(potentials: Any) -> Any:
    """Log-potentials `(batch, tags)` before any step: one path, which has come to tag 0."""
    tags = potentials.shape[-1]
    only = ops.cast(ops.where(ops.arange(tags) == 0, 0.0, IMPOSSIBLE), potentials.dtype)
    return ops.tile(only[None], (ops.shape(potentials)[0], 1))


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CRFAccuracy(MeanOverSteps):
    """Share of steps at which the best path of a `CRF` has the true tag.

    Args:
        name: Name of the metric.
        dtype: Dtype of the result.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def measure(self, y_true: Any, y_pred: Any) -> Any:
        """Whether the best path has the true tag."""
        _check_tags(y_true, y_pred)
        return ops.cast(ops.equal(ops.cast(y_true, "int32"), viterbi(y_pred)), self.dtype)


def _check_tags(y_true: Any, potentials: Any) -> None:
    """Raises where tags would be broadcast, as far as the shapes are known."""
    shape, expected = tuple(y_true.shape), tuple(potentials.shape[:2])
    sizes = zip(shape, expected, strict=False)
    if len(shape) != 2 or any(None not in pair and pair[0] != pair[1] for pair in sizes):
        raise ValueError(
            f"Tags of the shape (batch, time) = {expected} belong to these potentials. "
            f"Received tags of the shape {shape}."
        )
