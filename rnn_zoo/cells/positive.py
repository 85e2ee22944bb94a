"""An activation whose values are positive."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
def positive(x: Any) -> Any:
    r"""The activation of the candidate of minimal recurrent cells.

    $$g(x) = \begin{cases} x + 1/2 & x \ge 0 \\ \sigma(x) & x < 0 \end{cases}$$

    Positive, continuous, with the slope 1 above zero and at most 1/4 below it.

    Args:
        x: A tensor.

    Returns:
        A tensor of the same shape.

    >>> from keras import ops
    >>> from rnn_zoo.cells import positive
    >>> ops.convert_to_numpy(positive(ops.array([0.0, 2.0]))).tolist()
    [0.5, 2.5]

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs All We Needed?".
    """
    return ops.where(x >= 0, x + 0.5, ops.sigmoid(x))
