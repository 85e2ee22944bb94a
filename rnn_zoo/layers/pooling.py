"""Pooling over the real steps of a sequence."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

LOWEST = -3e38
"""A finite -inf: tf2onnx multiplies both sides of a `where` by 0 or 1."""


@keras.saving.register_keras_serializable(package="rnn_zoo")
class SequencePooling(keras.layers.Layer):
    """Maximum or mean over the steps that the mask keeps.

    Padding never changes the result, and a row without any real step gives zeros.

    Args:
        mode: `"max"` or `"mean"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `mode` is neither.

    >>> import keras
    >>> from rnn_zoo.layers import SequencePooling
    >>> x = keras.ops.array([[[1.0], [3.0], [9.0]]])  # (batch, time, features)
    >>> mask = keras.ops.array([[True, True, False]])  # (batch, time)
    >>> float(SequencePooling("max")(x, mask=mask)[0, 0])
    3.0
    >>> float(SequencePooling("mean")(x, mask=mask)[0, 0])
    2.0
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        if mode not in ("max", "mean"):
            raise ValueError(f"SequencePooling: `mode` must be 'max' or 'mean'. Received: {mode!r}")
        super().__init__(**kwargs)
        self.mode = mode
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pools.

        Args:
            inputs: `(batch, time, features)`.
            mask: `(batch, time)`, true where a step is real. Default: all are.

        Returns:
            `(batch, features)`.
        """
        if mask is None:
            return ops.max(inputs, axis=1) if self.mode == "max" else ops.mean(inputs, axis=1)
        real = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (batch, time, 1)
        if self.mode == "max":
            pooled = ops.max(ops.where(real, inputs, LOWEST), axis=1)  # (batch, features)
            return ops.where(ops.any(real, axis=1), pooled, 0)
        wide = keras.backend.result_type(
            inputs.dtype, "float32"
        )  # half precision cannot sum long rows
        total = ops.sum(ops.where(real, ops.cast(inputs, wide), 0), axis=1)  # (batch, features)
        count = ops.sum(ops.cast(real, wide), axis=1)  # (batch, 1)
        return ops.cast(total / ops.maximum(count, 1), inputs.dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:  # noqa: ARG002
        """No mask is left: the time axis is gone."""
        return

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """`(batch, features)`."""
        return (input_shape[0], input_shape[2])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mode": self.mode}
