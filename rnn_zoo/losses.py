"""Losses that Keras does not have."""

from typing import Any

import keras
from keras import ops


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
