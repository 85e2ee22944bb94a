"""The LSTM with exponential gates."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.registry import register

FORGET_GATES = ("sigmoid", "exponential")


@register("slstm")
class SLSTMCell(RecurrentCell):
    r"""Long short-term memory with exponential gates and a normalizer, the sLSTM of xLSTM.

    $$\begin{aligned}
    \tilde\imath &= W_i x_t + U_i h_{t-1} + b_i, \qquad
        \tilde f = W_f x_t + U_f h_{t-1} + b_f \\
    z &= \tanh(W_z x_t + U_z h_{t-1} + b_z) &&\text{candidate} \\
    o &= \sigma(W_o x_t + U_o h_{t-1} + b_o) &&\text{output gate} \\
    m_t &= \max(\log f + m_{t-1}, \tilde\imath) &&\text{stabilizer} \\
    i' &= \exp(\tilde\imath - m_t), \qquad f' = \exp(\log f + m_{t-1} - m_t)
        &&\text{input and forget gate} \\
    c_t &= f' \odot c_{t-1} + i' \odot z \\
    n_t &= f' \odot n_{t-1} + i' &&\text{normalizer} \\
    h_t &= o \odot c_t / n_t
    \end{aligned}$$

    with $f = \sigma(\tilde f)$ or $f = \exp(\tilde f)$. The stabilizer cancels out of $c_t / n_t$:
    $h_t$ is that of the gates $\exp(\tilde\imath)$ and $f$ themselves, which would overflow. While
    $n_{t-1} = 0$ there is no memory, and $m_t = \tilde\imath$, so that states of zeros begin it.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t, c_t, n_t, m_t$ | | `(batch, units)`: the states, in this order; $h_t$ is the output |
    | $W$ | `kernel` | `(features, 4 * units)` |
    | $U$ | `recurrent_kernel` | `(units, 4 * units)` |
    | $b$ | `bias` | `(4 * units,)` |

    The columns stand in the order i, f, z, o. The recurrent kernel is dense: one head of the paper.
    The bias of the forget gate begins at values from 3 to 6, spread evenly over the units, so that
    with a sigmoid they remember for about 20 to 400 steps.

    Args:
        units: Positive integer, size of each state.
        forget_gate: `"sigmoid"` or `"exponential"`, the equations' f. Default: `"sigmoid"`.
        **kwargs: Arguments of `RecurrentCell`: `activation` is the `tanh` of the equations.

    Raises:
        ValueError: If `units` is not a positive integer, a dropout rate is not in [0, 1), or
            `forget_gate` is neither.

    >>> import keras
    >>> from rnn_zoo.cells import SLSTMCell
    >>> layer = keras.layers.RNN(SLSTMCell(4), return_state=True)
    >>> output, h, c, n, m = layer(keras.ops.ones((2, 5, 3)))
    >>> output.shape == n.shape == (2, 4)
    True

    Source: Beck, Pöppel, Spanring, Auer, Prudnikova, Kopp, Klambauer, Brandstetter and Hochreiter
        2024, "xLSTM: Extended Long Short-Term Memory".
    """

    blocks = ("i", "f", "z", "o")
    gate_names = ("i", "f", "o")
    state_names = ("h", "c", "n", "m")

    def __init__(self, units: int, *, forget_gate: str = "sigmoid", **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        if forget_gate not in FORGET_GATES:
            raise ValueError(
                f"SLSTMCell: `forget_gate` must be one of {FORGET_GATES}. Received: {forget_gate!r}"
            )
        self.forget_gate = forget_gate

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """From 3 to 6 for the forget gate, and `bias_initializer` for the rest."""
        bias = self.bias_initializer(shape, dtype=dtype)
        forget = ops.linspace(3.0, 6.0, self.units, dtype=bias.dtype)
        return ops.concatenate([bias[: self.units], forget, bias[2 * self.units :]])

    def gates(self, z: Any, states: Sequence[Any]) -> dict[str, Any]:
        """`z (batch, 4 * units)` to i', f', z and o, and to m after the step."""
        z_i, z_f, z_z, z_o = self.split(z)
        _, _, n, m = states
        log_f = z_f if self.forget_gate == "exponential" else ops.log_sigmoid(z_f)
        has_memory = n != 0
        kept = ops.where(has_memory, log_f + m, z_i)  # where there is none, it weighs nothing
        after = ops.maximum(kept, z_i)
        return {
            "i": ops.exp(z_i - after),
            "f": ops.where(has_memory, ops.exp(kept - after), 0.0),
            "z": self.activation(z_z),
            "o": ops.sigmoid(z_o),
            "m": after,
        }

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h, c, n, m]` before the step to the same after it."""
        _, c, n, _ = states
        c = gates["f"] * c + gates["i"] * gates["z"]
        n = gates["f"] * n + gates["i"]
        return [gates["o"] * c / n, c, n, gates["m"]]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {**super().get_config(), "forget_gate": self.forget_gate}
