"""Adam that updates a large weight in one pass."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras

from rnn_zoo._keras_private import ClippingAdam, weight_and_moments
from rnn_zoo.declarations import check_declarations

# An update with clipnorm, Keras' against one pass, in ms on 2 CPUs: of 512 x 512 numbers 1.5 and
# 0.9, of 20,000 x 128 6.9 and 2.5, of 20,000 x 650 49 and 15. Compiling takes 0.1 s a weight.
LARGE = 2**18


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Adam(ClippingAdam):
    r"""`keras.optimizers.Adam`, faster for large weights such as the vectors of a vocabulary.

    $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2,
    \qquad w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}
    \frac{m}{\sqrt v + \epsilon}$$

    Keras computes that operation by operation, and each reads and writes arrays of the weight's
    size. Here XLA makes one operation of it, in TensorFlow's graphs on CPUs; the results
    are the same but for rounding, and the arrays are written in place. Smaller weights, slices (the
    gradient of `keras.layers.Embedding`), `amsgrad`, GPUs, several replicas and JAX, which compiles
    the whole step anyway, take Keras' way.

    With `clipnorm` that operation clips too: where `clips_late` is true, as it is here, a large
    gradient that `update_step` is given is not clipped yet. A subclass that replaces `update_step`
    declares `clips_late`, as a class attribute: with `False` it is given clipped gradients.

    Args:
        learning_rate: As all arguments, that of `keras.optimizers.Adam`.
        **kwargs: Its other arguments.

    Raises:
        ValueError: As `keras.optimizers.Adam`: an argument is unknown, or more than one way to clip
            is set.
        TypeError: If a subclass replaces `update_step` and does not declare `clips_late`.

    >>> import keras
    >>> from rnn_zoo.optimizers import Adam
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(Adam(0.01, clipnorm=1.0), loss="mse")

    Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization".
    """

    clips_late: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_declarations(cls, Adam, {"update_step": "clips_late"})

    # What Keras clips is a new array: a large gradient waits for the pass, which multiplies as it
    # reads.
    def clip_gradients(self, gradients: Sequence[Any]) -> list[Any]:
        """Clip the gradients that are not clipped by `update_step`."""
        clip = super().clip_gradients
        if not self._clips_late():
            return clip(gradients)
        return [g if self._takes_one_pass(g) else clip([g])[0] for g in gradients]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one weight and its moments."""
        if not self._takes_one_pass(gradient):
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        w, m, v = (
            state.value if isinstance(state, keras.Variable) else state
            for state in weight_and_moments(self, variable)
        )

        # Assigned within, arrays are written in place. With new ones, of 20,000 x 128 numbers, the
        # pass took 3.4 ms, not 2.2.
        @tf.function(jit_compile=True, autograph=False)
        def one_pass(g: Any, scale: Any, rate: Any) -> None:
            g *= scale
            m.assign_add((g - m) * (1 - self.beta_1))
            v.assign_add((tf.square(g) - v) * (1 - self.beta_2))
            w.assign_sub(m * rate / (tf.sqrt(v) + self.epsilon))

        g = tf.cast(gradient, w.dtype)
        scale = tf.cast(self._clipping(g), w.dtype)
        one_pass(g, scale, self._corrected_rate(learning_rate, w.dtype))

    def _takes_one_pass(self, gradient: Any) -> bool:
        """Whether the gradient is a large array, where XLA compiles its update."""
        if self.amsgrad or not _compiles():
            return False
        import tensorflow as tf

        if isinstance(gradient, tf.IndexedSlices):
            return False
        return (gradient.shape.num_elements() or 0) >= LARGE  # None: not known in time

    def _clips_late(self) -> bool:
        """Whether a large gradient is clipped in its update."""
        return self.clips_late and self.clipnorm is not None and self.clipnorm > 0

    def _clipping(self, gradient: Any) -> Any:
        """What `clipnorm` multiplies a gradient by that is not clipped yet."""
        import tensorflow as tf

        if not self._clips_late():
            return 1.0
        return self.clipnorm / tf.maximum(tf.sqrt(2 * tf.nn.l2_loss(gradient)), self.clipnorm)

    def _corrected_rate(self, learning_rate: Any, dtype: str) -> Any:
        """The learning rate, corrected for moments that begin as zeros; on TensorFlow."""
        import tensorflow as tf

        t = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = (tf.cast(beta, dtype) for beta in (self.beta_1, self.beta_2))
        rate = tf.cast(learning_rate, dtype)
        return rate * tf.sqrt(1 - tf.pow(beta_2, t)) / (1 - tf.pow(beta_1, t))


def _compiles() -> bool:
    """Whether XLA is to compile an update."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    one = tf.distribute.get_strategy().num_replicas_in_sync == 1
    return one and not tf.executing_eagerly() and not tf.config.list_logical_devices("GPU")
