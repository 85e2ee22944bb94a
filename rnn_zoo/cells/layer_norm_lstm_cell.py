"""The LSTM with layer normalization."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import initializers, ops

from rnn_zoo.cells.lstm_cell import LSTMCell
from rnn_zoo.cells.registry import register


@register("layer_norm_lstm")
class LayerNormLSTMCell(LSTMCell):
    r"""Long short-term memory with both products and the cell state normalized.

    $$\begin{aligned}
    z &= \mathrm{LN}(W x_t) + \mathrm{LN}(U h_{t-1}) + b \\
    i, f, o &= \sigma(z_i), \sigma(z_f), \sigma(z_o), \qquad g = \tanh(z_c) \\
    c_t &= f \odot c_{t-1} + i \odot g \\
    h_t &= o \odot \tanh(\mathrm{LN}(c_t)) \\
    \mathrm{LN}(a) &= \gamma \odot \frac{a - \mathrm{mean}(a)}{\sqrt{\mathrm{var}(a) + \epsilon}}
        + \beta
    \end{aligned}$$

    Mean and variance are those of a row: of all 4 blocks of a product, of all units of the cell
    state. Each of the three has a gain $\gamma$ and a shift $\beta$ of its own.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t, c_t$ | | `(batch, units)`: the states, in this order; $h_t$ is the output |
    | $W$ | `kernel` | `(features, 4 * units)` |
    | $U$ | `recurrent_kernel` | `(units, 4 * units)` |
    | $b$ | `bias` | `(4 * units,)` |
    | $\gamma, \beta$ | `kernel_norm_gamma`, `kernel_norm_beta` | `(4 * units,)` |
    | | `recurrent_norm_gamma`, `recurrent_norm_beta` | `(4 * units,)` |
    | | `state_norm_gamma`, `state_norm_beta` | `(units,)` |

    The order of the weights, the columns (i, f, c, o) and the defaults are those of
    `tfa.rnn.LayerNormLSTMCell`, so that `cell.set_weights(theirs.get_weights())` moves them over.
    It also carried the normalized cell state on to the next step, which the paper does not:
    `carry_normalized=True` gives its numbers.

    Args:
        units: Positive integer, size of the hidden state and of the cell state.
        norm_gamma_initializer: Initializer of the gains. Default: `"ones"`.
        norm_beta_initializer: Initializer of the shifts. Default: `"zeros"`.
        norm_epsilon: The equation's epsilon, positive. Default: 1e-3.
        carry_normalized: Whether $c_t$ is carried on as $\mathrm{LN}(c_t)$. Default: `False`.
        **kwargs: Arguments of `LSTMCell`.

    Raises:
        ValueError: If `units` is not a positive integer, a dropout rate is not in [0, 1), or
            `norm_epsilon` is not positive.

    >>> import keras
    >>> from rnn_zoo.cells import LayerNormLSTMCell
    >>> layer = keras.layers.RNN(LayerNormLSTMCell(4), return_sequences=True)
    >>> layer(keras.ops.ones((2, 5, 3))).shape == (2, 5, 4)
    True

    Source: Ba, Kiros and Hinton 2016, "Layer Normalization".
    """

    preactivation = "separate"
    projects_each_step = True

    def __init__(
        self,
        units: int,
        *,
        norm_gamma_initializer: Any = "ones",
        norm_beta_initializer: Any = "zeros",
        norm_epsilon: float = 1e-3,
        carry_normalized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        if not norm_epsilon > 0:
            raise ValueError(
                f"LayerNormLSTMCell: `norm_epsilon` must be positive. Received: {norm_epsilon!r}"
            )
        self.norm_gamma_initializer = initializers.get(norm_gamma_initializer)
        self.norm_beta_initializer = initializers.get(norm_beta_initializer)
        self.norm_epsilon = norm_epsilon
        self.carry_normalized = carry_normalized

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        super().build(input_shape)
        self.kernel_norm = self._gain_and_shift("kernel", self.columns)
        self.recurrent_norm = self._gain_and_shift("recurrent", self.columns)
        self.state_norm = self._gain_and_shift("state", self.units)

    def _gain_and_shift(self, what: str, size: int) -> list[keras.Variable]:
        return [
            self.add_weight(shape=(size,), name=f"{what}_norm_{name}", initializer=initializer)
            for name, initializer in (
                ("gamma", self.norm_gamma_initializer),
                ("beta", self.norm_beta_initializer),
            )
        ]

    @property
    def step_weights(self) -> Sequence[keras.Variable]:
        """The variables that `gates` and `update` read: gains and shifts."""
        return (*super().step_weights, *self.recurrent_norm, *self.state_norm)

    def _normalize(self, x: Any, gain_and_shift: Sequence[Any]) -> Any:
        """The equation's LN, `(..., size)`."""
        gain, shift = (ops.convert_to_tensor(weight) for weight in gain_and_shift)
        return ops.layer_normalization(x, gain, shift, epsilon=self.norm_epsilon)

    def project(self, inputs: Any, training: bool = False) -> Any:
        """The normalized product of the input with the kernel, plus the bias."""
        product = self.kernel_product(inputs, training)
        projected = self._normalize(product, self.kernel_norm)
        return projected if self.bias is None else ops.add(projected, self.bias)

    def gates(self, z: Any, states: Sequence[Any]) -> dict[str, Any]:
        """Both products `(batch, 4 * units)` to i, f, g and o, each `(batch, units)`."""
        projected, recurrent = z
        normalized = self._normalize(recurrent, self.recurrent_norm)
        return super().gates(ops.add(projected, normalized), states)

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h, c]` before the step to `[h, c]` after it."""
        c = gates["f"] * states[1] + gates["i"] * gates["g"]
        normalized = self._normalize(c, self.state_norm)
        return [self.output(gates["o"], normalized), normalized if self.carry_normalized else c]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {
            **super().get_config(),
            "norm_gamma_initializer": initializers.serialize(self.norm_gamma_initializer),
            "norm_beta_initializer": initializers.serialize(self.norm_beta_initializer),
            "norm_epsilon": self.norm_epsilon,
            "carry_normalized": self.carry_normalized,
        }
