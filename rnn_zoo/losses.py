"""Losses that Keras does not have."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class CrossEntropy(keras.losses.Loss):
    r"""Cross-entropy of class ids, where some labels are not known.

    $$\ell = -\log \mathrm{softmax}(z)_y \quad\text{if } y \ge 0, \qquad \ell = 0
    \quad\text{else}$$

    A class id below zero stands for a label that the model does not have: no probability can be
    given to it, so it costs nothing here, and an accuracy counts it as an error.

    Args:
        reduction: As in Keras. Default: `"mean_with_sample_weight"`.
        name: Name of the loss.
        **kwargs: Arguments of `keras.losses.Loss`.

    >>> import numpy as np
    >>> from rnn_zoo.losses import CrossEntropy
    >>> loss = CrossEntropy(reduction=None)
    >>> nats = loss(np.array([0, -1]), np.zeros((2, 4), "float32"))
    >>> [round(float(value), 4) for value in nats]  # ln 4
    [1.3863, 0.0]
    """

    def __init__(
        self,
        reduction: str | None = "mean_with_sample_weight",
        name: str = "cross_entropy",
        **kwargs: Any,
    ) -> None:
        super().__init__(reduction=reduction, name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Nats `(...)` of class ids `(...)` and logits `(..., classes)`."""
        has_label = ops.greater_equal(y_true, 0)
        ids = ops.where(has_label, y_true, ops.zeros_like(y_true))
        loss = ops.sparse_categorical_crossentropy(ids, y_pred, from_logits=True)
        return ops.where(has_label, loss, ops.zeros_like(loss))


@keras.saving.register_keras_serializable(package="rnn_zoo")
class SmoothedCrossEntropy(keras.losses.Loss):
    r"""Cross-entropy of token ids, with a share of the probability spread over all tokens.

    $$\ell = -(1 - \epsilon) \log p_y - \frac{\epsilon}{V} \sum_w \log p_w, \qquad p =
    \mathrm{softmax}(z)$$

    Args:
        label_smoothing: The equation's epsilon, in [0, 1).
        reduction: As in Keras. Default: `"mean_with_sample_weight"`.
        name: Name of the loss.
        **kwargs: Arguments of `keras.losses.Loss`.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1).

    >>> import numpy as np
    >>> from rnn_zoo.losses import SmoothedCrossEntropy
    >>> loss = SmoothedCrossEntropy(0.1)
    >>> round(float(loss(np.array([[0]]), np.zeros((1, 1, 4), "float32"))), 4)  # ln 4
    1.3863

    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision".
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        reduction: str = "mean_with_sample_weight",
        name: str = "smoothed_cross_entropy",
        **kwargs: Any,
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                "SmoothedCrossEntropy: `label_smoothing` must be in [0, 1). "
                f"Received: {label_smoothing}"
            )
        super().__init__(reduction=reduction, name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Nats `(batch, time)` of ids `(batch, time)` and logits `(batch, time, V)`."""
        loss = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        if not self.label_smoothing:
            return loss
        # -mean(log p): the normalizer, less the mean logit
        uniform = ops.logsumexp(y_pred, axis=-1) - ops.mean(y_pred, axis=-1)
        return (1.0 - self.label_smoothing) * loss + self.label_smoothing * uniform

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
