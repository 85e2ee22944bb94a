"""Weights averaged over epochs."""

from typing import Any

import keras
from keras import ops


class AverageEpochs(keras.callbacks.SwapEMAWeights):
    r"""Average the weights exponentially, and validate and save the averaged ones.

    If an epoch has $n$ steps, the average $a$ of the weights $w$ after step $t$, counted from 0, is

    $$a_t = \mu_t a_{t-1} + (1 - \mu_t) w_t, \qquad
    \mu_t = \begin{cases} 0 & t < n \\ 1 - 1 / (n \cdot \text{epochs}) & t \ge n \end{cases}$$

    It begins with the weights after the first epoch. If it began with the first step, the random
    initial weights would still count 37 % after an epoch.

    The optimizer must be compiled with `use_ema=True`. The callback sets its `ema_momentum`, which
    depends on the number of steps in an epoch.

    Args:
        epochs: the memory of the average, in epochs.

    Source: Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, epochs: float):
        super().__init__(swap_on_epoch=True)
        self.epochs = epochs

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Set the momentum before the first step is traced."""
        optimizer: Any = self.model.optimizer
        optimizer.ema_momentum = max(0.0, 1 - 1 / (self.epochs * self.params["steps"]))
        # An interrupted fit does not announce its end, and leaves its own.
        if isinstance(vars(optimizer).get("apply"), _LateMomentum):
            del vars(optimizer)["apply"]
        # Not setattr, through which Keras would track it.
        vars(optimizer)["apply"] = _LateMomentum(optimizer, self.params["steps"])
        self.model.make_train_function(force=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Put the averaged weights into the model, for the callbacks that follow."""
        # As for validation. At the end of the last epoch Keras' own would lose the raw weights,
        # from which training can go on.
        self.on_test_begin(logs)

    def swap_out(self) -> None:
        """Put the raw weights back into the model."""
        self.on_test_end()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Leave the optimizer as it was."""
        vars(self.model.optimizer).pop("apply", None)
        self.model.train_function = None  # its trace has the momentum of both phases


class _LateMomentum:
    """An optimizer's `apply` during which `ema_momentum` is zero in the first epoch.

    Keras reads the attribute while it traces a training step: there it may be a tensor. Everywhere
    else, and in the saved config, it stays a number.
    """

    def __init__(self, optimizer: Any, steps: int):
        self.optimizer = optimizer
        self.steps = steps
        self.apply = optimizer.apply

    def __call__(self, grads: Any, trainable_variables: Any = None) -> Any:
        optimizer, constant = self.optimizer, self.optimizer.ema_momentum
        optimizer.ema_momentum = ops.where(optimizer.iterations < self.steps, 0.0, constant)
        try:
            return self.apply(grads, trainable_variables)
        finally:
            optimizer.ema_momentum = constant
