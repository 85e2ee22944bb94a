"""Weights averaged over epochs."""

from typing import Any

import keras


class AverageEpochs(keras.callbacks.SwapEMAWeights):
    """Average the weights exponentially, and validate and save the averaged ones.

    The optimizer has to be compiled with `use_ema=True`; its `ema_momentum` is set here, where it
    is known how many steps an epoch has.

    Args:
        epochs: the memory of the average.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, epochs: float):
        super().__init__(swap_on_epoch=True)
        self.epochs = epochs

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Set the momentum, before the first step is traced."""
        steps = self.epochs * self.params["steps"]
        self.model.optimizer.ema_momentum = max(0.0, 1 - 1 / steps)
