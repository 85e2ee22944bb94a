"""The minimal cell with long short-term memory."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from rnn_zoo.cells.linear_cell import LinearRecurrentCell
from rnn_zoo.cells.positive import positive
from rnn_zoo.cells.registry import register


@register("minlstm")
class MinLSTMCell(LinearRecurrentCell):
    r"""Minimal long short-term memory: no gate and no candidate sees the state.

    $$\begin{aligned}
    \hat f &= \sigma(W_f x_t + b_f) \\
    \hat i &= \sigma(W_i x_t + b_i) \\
    f &= \hat f / (\hat f + \hat i) &&\text{forget gate} \\
    i &= \hat i / (\hat f + \hat i) &&\text{input gate} \\
    \tilde h &= g(W_h x_t + b_h) &&\text{candidate} \\
    h_t &= f \odot h_{t-1} + i \odot \tilde h
    \end{aligned}$$

    Both gates together are one, so that the state stays within the range of the candidates. There
    is no output gate and no cell state. `activation` is the $g$ of the equations. The default,
    `rnn_zoo.cells.positive`, is that of the source's code; its simpler equations have none,
    `activation=None`.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the state and the output |
    | $W$ | `kernel` | `(features, 3 * units)` |
    | $b$ | `bias` | `(3 * units,)` |

    The columns stand in the order f, i, h.

    Args:
        units: Positive integer, size of the hidden state.
        activation: Activation of the candidate. `None` means linear. Default:
            `rnn_zoo.cells.positive`.
        **kwargs: Arguments of `LinearRecurrentCell`.

    Raises:
        ValueError: If `units` is not a positive integer, `dropout` is not in [0, 1), or
            `recurrent_dropout` is not 0.

    >>> import keras
    >>> from rnn_zoo.cells import MinLSTMCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h = keras.layers.RNN(MinLSTMCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == (2, 4)
    True

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs All We Needed?".
    """

    blocks = ("f", "i", "h")
    gate_names = ("f", "i")

    def __init__(self, units: int, *, activation: Any = positive, **kwargs: Any) -> None:
        super().__init__(units, activation=activation, **kwargs)

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`z (..., 3 * units)` to f, i and the candidate h, each `(..., units)`."""
        f, i, h = self.split(z)
        # The logarithm of the gates' ratio, which is finite where both of them round to zero.
        ratio = ops.softplus(-i) - ops.softplus(-f)
        return {"f": ops.sigmoid(ratio), "i": ops.sigmoid(-ratio), "h": self.activation(h)}

    def coefficients(self, gates: dict[str, Any]) -> tuple[Any, Any]:
        """What is kept of the state, and what is added to it, each `(..., units)`."""
        return gates["f"], gates["i"] * gates["h"]
