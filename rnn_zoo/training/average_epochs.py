"""Weights averaged over epochs."""

from typing import Any

import keras
from keras import ops

GROWTH = 20  # the memory is 1/GROWTH of an epoch after the first epoch


class AverageEpochs(keras.callbacks.SwapEMAWeights):
    r"""Average the weights exponentially, and validate and save the averaged ones.

    If an epoch has $n$ steps, the average $a$ of the weights $w$ after step $t$, counted from 0, is

    $$a_t = \mu_t a_{t-1} + (1 - \mu_t) w_t, \qquad
    \mu_t = 1 - \frac{1}{m_t}, \qquad
    m_t = \max\left(1, \min\left(n \cdot \text{epochs}, \frac{t^2}{20 n}\right)\right)$$

    The memory $m_t$ grows from one step, so that the random weights that training begins with are
    forgotten: it is a twentieth of an epoch after the first epoch, and one epoch after four and a
    half. With a constant memory of one epoch, the random weights would still count 37 % after the
    first epoch.

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
        if isinstance(vars(optimizer).get("apply"), _GrowingMomentum):
            del vars(optimizer)["apply"]
        # Not setattr, through which Keras would track it.
        vars(optimizer)["apply"] = _GrowingMomentum(optimizer, self.params["steps"])
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
        self.model.train_function = None  # its trace has the growing momentum


class _GrowingMomentum:
    """An optimizer's `apply` during which `ema_momentum` grows with the steps.

    Keras reads the attribute while it traces a training step: there it may be a tensor. Everywhere
    else, and in the saved config, it stays a number.
    """

    def __init__(self, optimizer: Any, steps: int):
        self.optimizer = optimizer
        self.steps = steps
        self.apply = optimizer.apply

    def __call__(self, grads: Any, trainable_variables: Any = None) -> Any:
        optimizer, constant = self.optimizer, self.optimizer.ema_momentum
        step = ops.cast(optimizer.iterations, keras.config.floatx())
        memory = ops.maximum(step * step / (GROWTH * self.steps), 1)
        optimizer.ema_momentum = ops.minimum(constant, 1 - 1 / memory)
        try:
            return self.apply(grads, trainable_variables)
        finally:
            optimizer.ema_momentum = constant
