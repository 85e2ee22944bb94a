"""Means over the steps of sequences, of which each that counts does so once."""

from typing import Any

import keras
from keras import ops

from rnn_zoo._keras_private import get_keras_mask


class MeanOverSteps(keras.metrics.Mean):
    r"""The mean of a measure over all steps since the last reset, however they were batched.

    $$\frac{\sum_{i,t} w_{it}\, m_{it}}{\sum_{i,t} w_{it}}$$

    Keras' own metrics divide both sums of a batch by the steps that it is padded to, so that a step
    of a batch with a long sequence counts less than one of a batch without.

    A subclass writes `measure`.
    """

    def measure(self, y_true: Any, y_pred: Any) -> Any:
        """The measure of each step, of the shape of `y_true`."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add steps.

        Args:
            y_true: classes `(batch, time)`, or `(steps,)`.
            y_pred: predictions with an axis more.
            sample_weight: of each step, or of each sequence; None: 1.
        """
        measured = self.measure(y_true, y_pred)
        weights = None
        if sample_weight is not None:
            weights = ops.cast(sample_weight, self.dtype)
            missing = len(measured.shape) - len(weights.shape)
            weights = ops.reshape(weights, (*ops.shape(weights), *([1] * missing)))
        mask = get_keras_mask(y_pred)
        if mask is not None:
            mask = ops.cast(mask, self.dtype)
            weights = mask if weights is None else weights * mask
        if weights is not None:
            weights = ops.reshape(ops.broadcast_to(weights, ops.shape(measured)), (-1,))
        super().update_state(ops.reshape(measured, (-1,)), weights)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="rnn_zoo")
class TokenAccuracy(MeanOverSteps):
    """Share of steps at which the true class has the highest score.

    Args:
        name: Name of the metric.
        dtype: Dtype of the result.

    >>> import numpy as np
    >>> accuracy = TokenAccuracy()
    >>> accuracy.update_state(np.array([[1, 0]]), np.array([[[0.1, 0.9], [0.2, 0.8]]]))
    >>> float(accuracy.result())
    0.5
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def measure(self, y_true: Any, y_pred: Any) -> Any:
        """Whether the best class is the true one."""
        best = ops.argmax(y_pred, axis=-1)
        return ops.cast(ops.equal(ops.cast(y_true, best.dtype), best), self.dtype)
