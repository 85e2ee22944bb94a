"""Perplexity and bits per character, from total nats over total tokens."""

import math
from typing import Any

import keras
from keras import ops

from rnn_zoo.metrics.over_steps import MeanOverSteps


class _NatsPerToken(MeanOverSteps):
    """Total nats over total tokens, in nats; NaN before any token, since 0 would be perfect."""

    def measure(self, y_true: Any, y_pred: Any) -> Any:
        """The nats of each token."""
        logits = ops.cast(y_pred, self.dtype)
        return keras.losses.sparse_categorical_crossentropy(y_true, logits, from_logits=True)

    def result(self) -> Any:
        """The nats per token since the last reset."""
        return ops.where(ops.equal(self.count, 0), float("nan"), super().result())


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Perplexity(_NatsPerToken):
    r"""The number of equally probable tokens among which a model would be as uncertain.

    $$\exp \frac{\sum_t -\log p(y_t)}{\text{number of tokens}}$$

    over all tokens since the last reset; sample weights say which count. It is never a mean of the
    perplexities of batches. Without any token it is NaN.

    Args:
        name: Name of the metric.
        dtype: Dtype of the result.

    >>> import numpy as np
    >>> perplexity = Perplexity()
    >>> perplexity.update_state(np.array([[0, 1]]), np.zeros((1, 2, 4)))
    >>> round(float(perplexity.result()), 3)
    4.0
    """

    def __init__(self, name: str = "perplexity", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def result(self) -> Any:
        """The perplexity since the last reset."""
        return ops.exp(super().result())


@keras.saving.register_keras_serializable(package="rnn_zoo")
class BitsPerCharacter(_NatsPerToken):
    r"""Bits per character, where the tokens are characters.

    $$\frac{1}{\ln 2} \frac{\sum_t -\log p(y_t)}{\text{number of characters}}$$

    over all characters since the last reset; sample weights say which count. Without any character
    it is NaN.

    Args:
        name: Name of the metric.
        dtype: Dtype of the result.

    >>> import numpy as np
    >>> bits = BitsPerCharacter()
    >>> bits.update_state(np.array([[0, 1]]), np.zeros((1, 2, 4)))
    >>> round(float(bits.result()), 3)
    2.0
    """

    def __init__(self, name: str = "bits_per_character", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def result(self) -> Any:
        """The bits per character since the last reset."""
        return super().result() / math.log(2)
