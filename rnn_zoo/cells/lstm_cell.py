"""The cell with long short-term memory."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, ops

from rnn_zoo.cells.arguments import check_size
from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.registry import register


@register("lstm")
class LSTMCell(RecurrentCell):
    r"""Long short-term memory.

    $$\begin{aligned}
    i &= \sigma(W_i x_t + U_i h_{t-1} + b_i) &&\text{input gate} \\
    f &= \sigma(W_f x_t + U_f h_{t-1} + b_f) &&\text{forget gate} \\
    g &= \tanh (W_c x_t + U_c h_{t-1} + b_c) &&\text{candidate} \\
    o &= \sigma(W_o x_t + U_o h_{t-1} + b_o) &&\text{output gate} \\
    c_t &= f \odot c_{t-1} + i \odot g \\
    h_t &= o \odot \tanh(c_t)
    \end{aligned}$$

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t, c_t$ | | `(batch, units)`: the states, in this order; $h_t$ is the output |
    | $W$ | `kernel` | `(features, 4 * units)` |
    | $U$ | `recurrent_kernel` | `(units, 4 * units)` |
    | $b$ | `bias` | `(4 * units,)` |

    The columns stand in Keras' order i, f, c, o (c for the candidate); the lecture's is i, f, o, g.

    With a `projection` the state that goes round is smaller than the cell state, and so are the
    recurrent kernel, `(projection, 4 * units)`, and the output:

    $$h_t = P^\top (o \odot \tanh(c_t))$$

    where $P$ is `projection_kernel (units, projection)`.

    Args:
        units: Positive integer, size of the hidden state and of the cell state.
        recurrent_activation: The `sigma` of the equations. Default: `"sigmoid"`.
        unit_forget_bias: Whether the bias of the forget gate starts at one, whatever
            `bias_initializer` gives to the others. Default: `True`.
        projection: Size of the hidden state, where it is not `units`; `kernel_initializer` draws
            the projection's kernel. Default: `None`, no projection.
        **kwargs: Arguments of `RecurrentCell`: `activation` (the `tanh` of the equations),
            `use_bias`, `kernel_initializer`, `recurrent_initializer`, `bias_initializer`,
            `kernel_regularizer`, `recurrent_regularizer`, `bias_regularizer`, `kernel_constraint`,
            `recurrent_constraint`, `bias_constraint`, `dropout`, `recurrent_dropout`, `seed`; and
            of `keras.layers.Layer`.

    Raises:
        ValueError: If `units` or `projection` is not a positive integer, or a dropout rate is not
            in [0, 1).

    >>> import keras
    >>> from rnn_zoo.cells import LSTMCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h, c = keras.layers.RNN(LSTMCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == c.shape == (2, 4)
    True

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; the forget gate: Gers,
        Schmidhuber and Cummins 2000, "Learning to Forget: Continual Prediction with LSTM"; the
        projection: Sak, Senior and Beaufays 2014, "Long Short-Term Memory Recurrent Neural Network
        Architectures for Large Scale Acoustic Modeling".
    """

    blocks = ("i", "f", "g", "o")
    gate_names = ("i", "f", "o")
    state_names = ("h", "c")

    def __init__(
        self,
        units: int,
        *,
        recurrent_activation: Any = "sigmoid",
        unit_forget_bias: bool = True,
        projection: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.projection = projection
        if projection is not None:
            check_size(self, "projection", projection)
            self.output_size = projection
            self.state_size = [projection, self.units]

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        super().build(input_shape)
        self.projection_kernel = None
        if self.projection is not None:
            self.projection_kernel = self.add_weight(
                shape=(self.units, self.projection),
                name="projection_kernel",
                initializer=self.kernel_initializer,
            )

    @property
    def step_weights(self) -> Sequence[keras.Variable]:
        """The variables that `update` reads: the projection's kernel, if there is one."""
        return () if self.projection_kernel is None else (self.projection_kernel,)

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Ones for the forget gate, and `bias_initializer` for the rest, if `unit_forget_bias`."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype)
        i = self.bias_initializer((self.units,), dtype=dtype)
        f = ops.ones((self.units,), dtype=dtype)
        g_and_o = self.bias_initializer((2 * self.units,), dtype=dtype)
        return ops.concatenate([i, f, g_and_o])

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`z (batch, 4 * units)` to i, f, g and o, each `(batch, units)`."""
        z_i, z_f, z_g, z_o = self.split(z)
        # Three sigmoids: one of a concatenation is slower.
        i, f, o = map(self.recurrent_activation, (z_i, z_f, z_o))
        return {"i": i, "f": f, "g": self.activation(z_g), "o": o}

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h, c]` before the step to `[h, c]` after it."""
        _, c = states
        c = gates["f"] * c + gates["i"] * gates["g"]
        return [self.output(gates["o"], c), c]

    def output(self, o: Any, c: Any) -> Any:
        """The hidden state, from the output gate and the cell state."""
        h = o * self.activation(c)
        return h if self.projection_kernel is None else ops.matmul(h, self.projection_kernel)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        config = {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
        }
        # Keras' cell knows no such argument.
        return config if self.projection is None else config | {"projection": self.projection}
