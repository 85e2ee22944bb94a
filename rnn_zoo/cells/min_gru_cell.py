"""The minimal gated recurrent unit."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from rnn_zoo.cells.linear_cell import LinearRecurrentCell
from rnn_zoo.cells.positive import positive
from rnn_zoo.cells.registry import register


@register("mingru")
class MinGRUCell(LinearRecurrentCell):
    r"""Minimal gated recurrent unit: no gate and no candidate sees the state.

    $$\begin{aligned}
    z &= \sigma(W_z x_t + b_z) &&\text{update gate} \\
    \tilde h &= g(W_h x_t + b_h) &&\text{candidate} \\
    h_t &= (1 - z) \odot h_{t-1} + z \odot \tilde h
    \end{aligned}$$

    The update gate is the share of the candidate, as in the source; in `GRUCell` it is that of the
    state. `activation` is the $g$ of the equations. The default, `rnn_zoo.cells.positive`, is that
    of the source's code; its simpler equations have none, `activation=None`.

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the state and the output |
    | $W$ | `kernel` | `(features, 2 * units)` |
    | $b$ | `bias` | `(2 * units,)` |

    The columns stand in the order z, h.

    Args:
        units: Positive integer, size of the hidden state.
        activation: Activation of the candidate. `None` means linear. Default:
            `rnn_zoo.cells.positive`.
        **kwargs: Arguments of `LinearRecurrentCell`.

    Raises:
        ValueError: If `units` is not a positive integer, `dropout` is not in [0, 1), or
            `recurrent_dropout` is not 0.

    >>> import keras
    >>> from rnn_zoo.cells import MinGRUCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h = keras.layers.RNN(MinGRUCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == (2, 4)
    True

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs All We Needed?".
    """

    blocks = ("z", "h")
    gate_names = ("z",)

    def __init__(self, units: int, *, activation: Any = positive, **kwargs: Any) -> None:
        super().__init__(units, activation=activation, **kwargs)

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`z (..., 2 * units)` to z and the candidate h, each `(..., units)`."""
        z, h = self.split(z)
        return {"z": ops.sigmoid(z), "h": self.activation(h)}

    def coefficients(self, gates: dict[str, Any]) -> tuple[Any, Any]:
        """What is kept of the state, and what is added to it, each `(..., units)`."""
        return 1 - gates["z"], gates["z"] * gates["h"]
