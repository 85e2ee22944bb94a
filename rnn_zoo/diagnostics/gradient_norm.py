"""How long gradients are before they are clipped, and how often they are."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops


class GradientNorm(keras.callbacks.Callback):
    """Report the gradient's norm before clipping, and the share of steps that are clipped.

    At the end of an epoch it adds to `logs`, where `History` finds them, and every callback after
    this one, `CSVLogger` and `TensorBoard` say:

    - `gradient_norm`: the norm of all gradients together, mean over the epoch's steps;
    - `gradient_norm_max`: the largest one;
    - `clipped`: the share of steps in which the optimizer's `clipnorm` (of a variable's gradient),
      `global_clipnorm` (of all together) or `clipvalue` (of a number) was exceeded; 0 where it
      clips nothing.

    It works on TensorFlow and on JAX, compiled or not. A callback is shown no gradients: while
    `fit` runs, the optimizer's `apply` is wrapped, and the training step is traced anew with it.
    Gradients that are accumulated over batches (`gradient_accumulation_steps`) are clipped
    together; what is reported then is each batch's.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 1)), keras.layers.SimpleRNN(2)])
        >>> model.compile(keras.optimizers.SGD(0.1, clipnorm=1e-3), loss="mse")
        >>> x, y = np.ones((8, 5, 1)), np.ones((8, 2))
        >>> history = model.fit(x, y, callbacks=[GradientNorm()], verbose=0).history
        >>> history["clipped"]
        [1.0]

    Source: Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural
        networks".
    """

    def __init__(self) -> None:
        super().__init__()
        self._optimizer: Any = None
        self._sums: Any = None

    @property
    def counted(self) -> Any:
        """The counts of this epoch as JSON values, from which a resumed run continues."""
        return self._sums.counted

    @counted.setter
    def counted(self, counted: Any) -> None:
        self._sums.counted = counted

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Wrap the optimizer's `apply`."""
        self._optimizer = _innermost(self.model.optimizer)
        # Where a fit was broken off its end was not announced: what it left is replaced.
        if isinstance(vars(self._optimizer).get("apply"), _Measured):
            del vars(self._optimizer)["apply"]
        self._sums = _TensorFlowSums() if keras.backend.backend() == "tensorflow" else _JAXSums()
        # Not setattr, through which Keras would track it.
        vars(self._optimizer)["apply"] = _Measured(self._optimizer, self._sums.add)
        self.model.make_train_function(force=True)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Begin to count."""
        self._sums.clear()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Report."""
        steps, total, largest, clipped = self._sums.read()
        if logs is not None and steps:
            logs |= {
                "gradient_norm": total / steps,
                "gradient_norm_max": largest,
                "clipped": clipped / steps,
            }

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Leave the optimizer as it was."""
        vars(self._optimizer).pop("apply", None)
        self.model.train_function = None  # what was traced measures


class _Measured:
    """An optimizer's `apply` that tells the gradients' norm, and whether they will be clipped."""

    def __init__(self, optimizer: Any, tell: Callable[[Any, Any], None]):
        self.optimizer = optimizer
        self.apply = optimizer.apply
        self.tell = tell

    def __call__(self, grads: Any, trainable_variables: Any = None) -> Any:
        grads = list(grads)
        if given := [_numbers(gradient) for gradient in grads if gradient is not None]:
            scale = self.optimizer.loss_scale_factor or 1.0
            norms = ops.stack([_norm(gradient) for gradient in given]) / scale
            largest = ops.max(ops.stack([ops.max(ops.abs(gradient)) for gradient in given])) / scale
            self.tell(_norm(norms), ops.cast(self._clips(norms, largest), "float32"))
        return self.apply(grads, trainable_variables)

    def _clips(self, norms: Any, largest: Any) -> Any:
        # In the order in which Keras asks; an optimizer has one of them.
        if self.optimizer.clipnorm:
            return ops.max(norms) > self.optimizer.clipnorm
        if self.optimizer.global_clipnorm:
            return _norm(norms) > self.optimizer.global_clipnorm
        if self.optimizer.clipvalue:
            return largest > self.optimizer.clipvalue
        return False


class _TensorFlowSums:
    """Sums in variables, which a compiled graph can write."""

    def __init__(self) -> None:
        import tensorflow as tf

        # Not Keras', which a model would track and save: steps, total, largest, clipped.
        self.sums = tf.Variable(np.zeros(4, "float32"), trainable=False)

    def add(self, norm: Any, clipped: Any) -> None:
        steps, total, largest, count = ops.unstack(self.sums.value(), 4)
        # A norm that is not a number makes the maximum so, and that stays.
        keep = ops.logical_or(ops.isnan(largest), norm <= largest)
        largest = ops.where(keep, largest, norm)
        self.sums.assign(ops.stack([steps + 1, total + norm, largest, count + clipped]))

    def clear(self) -> None:
        self.counted = [0.0] * 4

    def read(self) -> list[float]:
        return self.counted

    @property
    def counted(self) -> list[float]:
        return [float(value) for value in self.sums.numpy()]

    @counted.setter
    def counted(self, counted: list[float]) -> None:
        self.sums.assign(counted)


class _JAXSums:
    """Lists in Python, which a compiled function calls back to."""

    def __init__(self) -> None:
        self.clear()

    def add(self, norm: Any, clipped: Any) -> None:
        import jax

        jax.debug.callback(self._append, norm, clipped)

    def _append(self, norm: Any, clipped: Any) -> None:
        self.norms.append(float(norm))
        self.clipped.append(float(clipped))

    def clear(self) -> None:
        self.norms: list[float] = []
        self.clipped: list[float] = []

    def read(self) -> list[float]:
        norms, clipped = self.counted
        return [len(norms), sum(norms), float(np.max(norms, initial=0.0)), sum(clipped)]

    @property
    def counted(self) -> list[list[float]]:
        import jax

        jax.effects_barrier()  # until all of them have come
        return [self.norms, self.clipped]

    @counted.setter
    def counted(self, counted: list[list[float]]) -> None:
        import jax

        jax.effects_barrier()  # those that are on their way are not to be counted
        self.norms, self.clipped = map(list, counted)


def _innermost(optimizer: Any) -> Any:
    """The optimizer that clips: a `LossScaleOptimizer` hands it gradients unscaled."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _numbers(gradient: Any) -> Any:
    """The gradient in single precision; the slices of an embedding are summed by row."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gradient = tf.convert_to_tensor(gradient)
    return ops.cast(gradient, "float32")


def _norm(numbers: Any) -> Any:
    """The Euclidean norm, without the overflow of squares."""
    largest = ops.max(ops.abs(numbers))
    scale = ops.where(largest > 0, largest, ops.ones_like(largest))
    return scale * ops.sqrt(ops.sum(ops.square(numbers / scale)))
