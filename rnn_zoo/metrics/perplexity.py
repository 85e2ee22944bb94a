"""Perplexity and bits a character, from total nats over total tokens."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Perplexity(keras.metrics.SparseCategoricalCrossentropy):
    r"""How many equally probable tokens a model is as unsure as.

    $$\exp \frac{\sum_t -\log p(y_t)}{\text{number of tokens}}$$

    over all tokens seen since the last reset; sample weights say which count. It is never a mean of
    the perplexities of batches.

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
        super().__init__(name=name, dtype=dtype, from_logits=True)

    def result(self) -> Any:
        """Of all tokens so far."""
        return ops.exp(super().result())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable(package="rnn_zoo")
class BitsPerCharacter(keras.metrics.SparseCategoricalCrossentropy):
    r"""Bits that a character takes, where the tokens are characters.

    $$\frac{1}{\ln 2} \frac{\sum_t -\log p(y_t)}{\text{number of characters}}$$

    over all characters seen since the last reset; sample weights say which count.

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
        super().__init__(name=name, dtype=dtype, from_logits=True)

    def result(self) -> Any:
        """Of all characters so far."""
        return super().result() / math.log(2)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}
