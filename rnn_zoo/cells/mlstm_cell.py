"""The LSTM with a matrix for a memory."""

import math
from collections.abc import Sequence
from typing import Any

from keras import ops

from rnn_zoo.cells.arguments import check_size
from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.registry import register


@register("mlstm")
class MLSTMCell(RecurrentCell):
    r"""Long short-term memory that keeps a matrix, the mLSTM of xLSTM.

    $$\begin{aligned}
    q &= W_q x_t + b_q, \qquad k = \tfrac{1}{\sqrt d} (W_k x_t + b_k), \qquad v = W_v x_t + b_v
        &&\text{query, key, value} \\
    \tilde\imath &= w_i^\top x_t + b_i, \qquad f = \sigma(w_f^\top x_t + b_f), \qquad
        o = \sigma(W_o x_t + b_o) \\
    m_t &= \max(\log f + m_{t-1}, \tilde\imath) &&\text{stabilizer} \\
    i' &= \exp(\tilde\imath - m_t), \qquad f' = \exp(\log f + m_{t-1} - m_t)
        &&\text{input and forget gate} \\
    C_t &= f' C_{t-1} + i' v k^\top, \qquad n_t = f' n_{t-1} + i' k &&\text{memory, normalizer} \\
    h_t &= o \odot C_t q / \max(|n_t^\top q|, e^{-m_t})
    \end{aligned}$$

    All but the output gate o holds for each of the heads, which have $d$ = `units / heads` units
    and one $\tilde\imath$ and $f$ each. A value that was written with a key is read by a like
    query. Nothing but the memory sees the state: there is no recurrent kernel. The stabilizer
    cancels out of $h_t$, and states of zeros are an empty memory. What it reads is of the third
    order in the input: after a `keras.layers.LayerNormalization`, as in the source, it learns
    faster than from an embedding, whose values begin near zero.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the first state, and the output |
    | $C_t$ | | `(batch, units * d)`: the second, for each unit of a value the d of the keys |
    | $n_t, m_t$ | | `(batch, units)`, `(batch, heads)`: the third and the fourth |
    | $W$ | `kernel` | `(features, 4 * units + 2 * heads)` |
    | $b$ | `bias` | `(4 * units + 2 * heads,)` |

    The columns stand in the order q, k, v, o, i, f. The bias of the forget gates begins at values
    from 3 to 6, spread evenly over the heads.

    Args:
        units: Positive integer, size of the hidden state.
        heads: Number of heads, a divisor of `units`. The memory of a step has `units * units /
            heads` numbers. Default: `None`, the least with at most 32 units a head.
        **kwargs: Arguments of `RecurrentCell`. `activation`, and those of the recurrent kernel,
            have no effect.

    Raises:
        ValueError: If `units` or `heads` is not a positive integer, `heads` does not divide
            `units`, `dropout` is not in [0, 1), or `recurrent_dropout` is not 0.

    >>> import keras
    >>> from rnn_zoo.cells import MLSTMCell
    >>> layer = keras.layers.RNN(MLSTMCell(8, heads=2), return_state=True)
    >>> output, h, memory, n, m = layer(keras.ops.ones((2, 5, 3)))
    >>> output.shape == (2, 8) and memory.shape == (2, 8 * 4) and m.shape == (2, 2)
    True

    Source: Beck, Pöppel, Spanring, Auer, Prudnikova, Kopp, Klambauer, Brandstetter and Hochreiter
        2024, "xLSTM: Extended Long Short-Term Memory".
    """

    blocks = ("q", "k", "v", "o", "i", "f")
    gate_names = ("o", "i", "f")
    state_names = ("h", "C", "n", "m")
    has_recurrent_kernel = False

    def __init__(self, units: int, *, heads: int | None = None, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        if heads is None:
            heads = next(n for n in range(1, units + 1) if units % n == 0 and units // n <= 32)
        check_size(self, "heads", heads)
        if units % heads:
            raise ValueError(f"MLSTMCell: `heads` must divide `units`, {units}. Received: {heads}")
        self.heads = heads
        self.state_size = [units, units * (units // heads), units, heads]

    @property
    def columns(self) -> int:
        """Columns of the kernel: `units` for four blocks, `heads` for two."""
        return 4 * self.units + 2 * self.heads

    def initial_bias(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """From 3 to 6 for the forget gates, and `bias_initializer` for the rest."""
        bias = self.bias_initializer(shape, dtype=dtype)
        forget = ops.linspace(3.0, 6.0, self.heads, dtype=bias.dtype)
        return ops.concatenate([bias[: -self.heads], forget])

    def split(self, x: Any) -> list[Any]:
        """The blocks of `x`: four `(batch, units)` and two `(batch, heads)`."""
        ends = [self.units * i for i in range(1, 5)] + [4 * self.units + self.heads]
        return list(ops.split(x, ends, axis=-1))

    def gates(self, z: Any, states: Sequence[Any]) -> dict[str, Any]:
        """`z (batch, 4 * units + 2 * heads)` to q, k, v, o, i' and f', for each unit, and m."""
        q, k, v, z_o, z_i, z_f = self.split(z)
        kept = ops.log_sigmoid(z_f) + states[3]
        after = ops.maximum(kept, z_i)
        each = self.units // self.heads
        return {
            "q": q,
            "k": k / math.sqrt(each),
            "v": v,
            "o": ops.sigmoid(z_o),
            "i": ops.repeat(ops.exp(z_i - after), each, axis=-1),
            "f": ops.repeat(ops.exp(kept - after), each, axis=-1),
            "m": after,
        }

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h, C, n, m]` before the step to the same after it."""
        _, memory, n, _ = states
        i, f, m = gates["i"], gates["f"], gates["m"]
        n = f * n + i * gates["k"]
        q, k, v = (self._by_head(gates[name]) for name in "qkv")
        memory = ops.reshape(memory, (-1, self.heads, q.shape[-1], q.shape[-1]))
        written = self._by_head(i)[..., None] * v[..., None] * k[:, :, None]
        memory = self._by_head(f)[..., None] * memory + written  # (batch, heads, value, key)
        read = ops.sum(memory * q[:, :, None], axis=-1)  # (batch, heads, d)
        size = ops.abs(ops.sum(self._by_head(n) * q, axis=-1, keepdims=True))
        read = read / ops.maximum(size, ops.exp(-m)[..., None])
        h = gates["o"] * ops.reshape(read, (-1, self.units))
        return [h, ops.reshape(memory, (-1, self.state_size[1])), n, m]

    def _by_head(self, x: Any) -> Any:
        """`(batch, units)` to `(batch, heads, units / heads)`."""
        return ops.reshape(x, (-1, self.heads, self.units // self.heads))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {**super().get_config(), "heads": self.heads}
