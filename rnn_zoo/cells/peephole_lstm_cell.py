"""The LSTM whose gates see the cell state."""

from collections.abc import Sequence
from typing import Any

import keras

from rnn_zoo.cells.lstm_cell import LSTMCell
from rnn_zoo.cells.registry import register


@register("peephole_lstm")
class PeepholeLSTMCell(LSTMCell):
    r"""Long short-term memory with peephole connections, by which the gates see the cell state.

    $$\begin{aligned}
    i &= \sigma(W_i x_t + U_i h_{t-1} + p_i \odot c_{t-1} + b_i) &&\text{input gate} \\
    f &= \sigma(W_f x_t + U_f h_{t-1} + p_f \odot c_{t-1} + b_f) &&\text{forget gate} \\
    g &= \tanh (W_c x_t + U_c h_{t-1} + b_c) &&\text{candidate} \\
    c_t &= f \odot c_{t-1} + i \odot g \\
    o &= \sigma(W_o x_t + U_o h_{t-1} + p_o \odot c_t + b_o) &&\text{output gate} \\
    h_t &= o \odot \tanh(c_t)
    \end{aligned}$$

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t, c_t$ | | `(batch, units)`: the states, in this order; $h_t$ is the output |
    | $W$ | `kernel` | `(features, 4 * units)` |
    | $U$ | `recurrent_kernel` | `(units, 4 * units)` |
    | $b$ | `bias` | `(4 * units,)` |
    | $p_i$ | `input_gate_peephole_weights` | `(units,)` |
    | $p_f$ | `forget_gate_peephole_weights` | `(units,)` |
    | $p_o$ | `output_gate_peephole_weights` | `(units,)` |

    Names, order and initial values of the weights are those of `tfa.rnn.PeepholeLSTMCell`, so that
    `cell.set_weights(theirs.get_weights())` moves them over. The columns stand in the order i, f,
    c, o (c for the candidate). `kernel_initializer` draws the peepholes too.

    Args:
        units: Positive integer, size of the hidden state and of the cell state.
        **kwargs: Arguments of `LSTMCell`.

    Raises:
        ValueError: If `units` is not a positive integer or a dropout rate is not in [0, 1).

    >>> import keras
    >>> from rnn_zoo.cells import PeepholeLSTMCell
    >>> layer = keras.layers.RNN(PeepholeLSTMCell(4), return_sequences=True)
    >>> layer(keras.ops.ones((2, 5, 3))).shape == (2, 5, 4)
    True

    Source: Gers, Schraudolph and Schmidhuber 2002, "Learning Precise Timing with LSTM Recurrent
        Networks".
    """

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of shape `(batch, features)`."""
        super().build(input_shape)
        self.input_gate_peephole_weights = self._peephole("input")
        self.forget_gate_peephole_weights = self._peephole("forget")
        self.output_gate_peephole_weights = self._peephole("output")

    def _peephole(self, gate: str) -> keras.Variable:
        return self.add_weight(
            shape=(self.units,),
            name=f"{gate}_gate_peephole_weights",
            initializer=self.kernel_initializer,
        )

    @property
    def step_weights(self) -> Sequence[keras.Variable]:
        """The variables that `gates` reads: the peepholes."""
        return (
            *super().step_weights,
            self.input_gate_peephole_weights,
            self.forget_gate_peephole_weights,
            self.output_gate_peephole_weights,
        )

    def gates(self, z: Any, states: Sequence[Any]) -> dict[str, Any]:
        """`z (batch, 4 * units)` and c to i, f, g and o, each `(batch, units)`."""
        z_i, z_f, z_g, z_o = self.split(z)
        c = states[1]
        i = self.recurrent_activation(z_i + self.input_gate_peephole_weights * c)
        f = self.recurrent_activation(z_f + self.forget_gate_peephole_weights * c)
        g = self.activation(z_g)
        c = f * c + i * g
        o = self.recurrent_activation(z_o + self.output_gate_peephole_weights * c)
        return {"i": i, "f": f, "g": g, "o": o}
