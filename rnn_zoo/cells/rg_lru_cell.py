"""The real-gated linear recurrent unit."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import initializers, ops

from rnn_zoo.cells.linear_cell import LinearRecurrentCell
from rnn_zoo.cells.registry import register

POWER = 8.0
SHARES = (0.9, 0.999)
"""What units keep of the state in a step at first, with a recurrence gate of one."""
SMALLEST = 1e-30
"""Below it a square root is not differentiated."""


@register("rglru")
class RGLRUCell(LinearRecurrentCell):
    r"""Real-gated linear recurrent unit.

    $$\begin{aligned}
    r &= \sigma(W_r x_t + b_r) &&\text{recurrence gate} \\
    i &= \sigma(W_i x_t + b_i) &&\text{input gate} \\
    \tilde x &= W_x x_t + b_x &&\text{candidate} \\
    a &= \sigma(\Lambda)^{8 r} \\
    h_t &= a \odot h_{t-1} + \sqrt{1 - a^2} \odot i \odot \tilde x
    \end{aligned}$$

    A unit keeps the share $\sigma(\Lambda)^8$ of its state, or more where the recurrence gate is
    closed; before training these shares are uniform in [0.9, 0.999]. The factor of the input keeps
    the variance of the state that of the candidate.

    In the source $\tilde x = x_t$, so that features are units. Here the candidate has a block of
    the kernel, and `activation` acts on it.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the state and the output |
    | $W$ | `kernel` | `(features, 3 * units)` |
    | $b$ | `bias` | `(3 * units,)` |
    | $\Lambda$ | `decay` | `(units,)` |

    The columns stand in the order r, i, x.

    Args:
        units: Positive integer, size of the hidden state.
        activation: Activation of the candidate. Default: `None`, linear.
        **kwargs: Arguments of `LinearRecurrentCell`.

    Raises:
        ValueError: If `units` is not a positive integer, `dropout` is not in [0, 1), or
            `recurrent_dropout` is not 0.

    >>> import keras
    >>> from rnn_zoo.cells import RGLRUCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h = keras.layers.RNN(RGLRUCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == (2, 4)
    True

    Source: De, Smith, Fernando, Botev, Cristian-Muraru, Gu, Haroun, Berrada, Chen, Srinivasan,
        Desjardins, Doucet, Budden, Teh, Pascanu, de Freitas and Gulcehre 2024, "Griffin: Mixing
        Gated Linear Recurrences with Local Attention for Efficient Language Models".
    """

    blocks = ("r", "i", "x")
    gate_names = ("r", "i")

    def __init__(self, units: int, *, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(units, activation=activation, **kwargs)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        super().build(input_shape)
        self.decay = self.add_weight(
            shape=(self.units,), name="decay", initializer=self.initial_decay, autocast=False
        )

    def initial_decay(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Value of `decay` before training."""
        shares = initializers.RandomUniform(*SHARES)(shape, dtype=dtype)
        return -ops.log(ops.expm1(-ops.log(shares) / POWER))  # log(a / (1 - a)), a = shares^(1/8)

    @property
    def step_weights(self) -> Sequence[keras.Variable]:
        """The variable that `coefficients` reads."""
        return (self.decay,)

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`z (..., 3 * units)` to r, i and the candidate x, each `(..., units)`."""
        r, i, x = self.split(z)
        return {"r": ops.sigmoid(r), "i": ops.sigmoid(i), "x": self.activation(x)}

    def coefficients(self, gates: dict[str, Any]) -> tuple[Any, Any]:
        """What is kept of the state, and what is added to it, each `(..., units)`."""
        log_a = -POWER * gates["r"] * ops.softplus(-ops.convert_to_tensor(self.decay))
        # -expm1(2 log a), which is 1 - a^2 without cancellation, in operations that ONNX has too.
        tanh = ops.tanh(-log_a)
        rest = ops.sqrt(ops.maximum(2 * tanh / (1 + tanh), SMALLEST))
        return ops.exp(log_a), rest * gates["i"] * gates["x"]
