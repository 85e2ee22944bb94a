"""The vanilla recurrent cell."""

from collections.abc import Sequence
from typing import Any

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.registry import register


@register("simple_rnn")
class SimpleRNNCell(RecurrentCell):
    r"""The vanilla recurrent cell (the lecture's).

    $$h_t = \tanh(W x_t + U h_{t-1} + b)$$

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the state and the output |
    | $W$ | `kernel` | `(features, units)` |
    | $U$ | `recurrent_kernel` | `(units, units)` |
    | $b$ | `bias` | `(units,)` |

    With `activation="relu"` and `recurrent_initializer="identity"` it is the IRNN (Le, Jaitly and
    Hinton 2015, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units").
    Arguments are those of `RecurrentCell`.

    >>> import keras
    >>> from rnn_zoo.cells import SimpleRNNCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> keras.layers.RNN(SimpleRNNCell(4))(x).shape == (2, 4)
    True
    >>> h, state = SimpleRNNCell(4)(x[:, 0], keras.ops.zeros((2, 4)))  # one step
    >>> h.shape == state.shape == (2, 4)
    True

    Source: Elman 1990, "Finding Structure in Time".
    """

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`z (batch, units)` to the candidate, which is the new state."""
        return {"h": self.activation(z)}

    def update(
        self,
        gates: dict[str, Any],
        states: Sequence[Any],  # noqa: ARG002 - other cells need them
    ) -> list[Any]:
        """The gates to `[h]`."""
        return [gates["h"]]
