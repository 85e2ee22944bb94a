"""The cell with long short-term memory."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, ops

from rnn_zoo.cells.base import RecurrentCell


@keras.saving.register_keras_serializable(package="rnn_zoo")
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

    Args:
        units: Positive integer, size of the hidden state and of the cell state.
        activation: The `tanh` of the equations. Default: `"tanh"`.
        recurrent_activation: The `sigma` of the equations. Default: `"sigmoid"`.
        use_bias: See `RecurrentCell`, as for all arguments not named here.
        kernel_initializer: Default: `"glorot_uniform"`.
        recurrent_initializer: Default: `"orthogonal"`.
        bias_initializer: Default: `"zeros"`.
        unit_forget_bias: Whether the bias of the forget gate starts at one, whatever
            `bias_initializer` gives to the others. Default: `True`.
        kernel_regularizer: Default: `None`.
        recurrent_regularizer: Default: `None`.
        bias_regularizer: Default: `None`.
        kernel_constraint: Default: `None`.
        recurrent_constraint: Default: `None`.
        bias_constraint: Default: `None`.
        dropout: Default: 0.
        recurrent_dropout: Default: 0.
        seed: Default: `None`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `units` is not a positive integer or a dropout rate is not in [0, 1).

    >>> import keras
    >>> from rnn_zoo.cells import LSTMCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h, c = keras.layers.RNN(LSTMCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == c.shape == (2, 4)
    True

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; the forget gate: Gers,
        Schmidhuber and Cummins 2000, "Learning to Forget: Continual Prediction with LSTM".
    """

    gates = 4
    state_names = ("h", "c")
    block_names = ("i", "f", "g", "o")
    gate_names = ("i", "f", "o")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [self.units, self.units]  # h, c

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Ones for the forget gate, and `bias_initializer` for the rest, if `unit_forget_bias`."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype)
        input_gate = self.bias_initializer((self.units,), dtype=dtype)
        forget_gate = ops.ones((self.units,), dtype=dtype)
        candidate_and_output_gate = self.bias_initializer((2 * self.units,), dtype=dtype)
        return ops.concatenate([input_gate, forget_gate, candidate_and_output_gate])

    def gate_values(
        self,
        projected: Any,
        recurrent: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`projected` and `recurrent (batch, 4 * units)` to i, f, g, o, `(batch, units)` each."""
        return self._gates(ops.add(projected, recurrent))

    def combine(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """`projected`, `recurrent (batch, 4 * units)` and `[h, c]` before to `[h, c]` after."""
        return self._through(self.gate_values(projected, recurrent, states), states)

    def combine_sum(self, z: Any, states: Sequence[Any]) -> list[Any]:
        """The same from `z (batch, 4 * units)`."""
        return self._through(self._gates(z), states)

    @property
    def adds(self) -> bool:
        """Not where a subclass has gates of its own."""
        return super().adds and type(self).gate_values is LSTMCell.gate_values

    def _gates(self, z: Any) -> dict[str, Any]:
        z_i, z_f, z_c, z_o = ops.split(z, 4, axis=-1)  # (batch, units)
        i, f, o = map(self.recurrent_activation, (z_i, z_f, z_o))
        return {"i": i, "f": f, "g": self.activation(z_c), "o": o}

    def _through(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        _, c = states
        i, f, g, o = gates.values()
        c = f * c + i * g
        return [o * self.activation(c), c]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
        }
