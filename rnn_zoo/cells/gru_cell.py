"""The gated recurrent unit."""

from collections.abc import Sequence
from typing import Any

from keras import activations, ops

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.dropped_matmul import dropped_matmul
from rnn_zoo.cells.registry import register


@register("gru")
class GRUCell(RecurrentCell):
    r"""Gated recurrent unit.

    $$\begin{aligned}
    z &= \sigma(W_z x_t + b_z + U_z h_{t-1} + d_z) &&\text{update gate} \\
    r &= \sigma(W_r x_t + b_r + U_r h_{t-1} + d_r) &&\text{reset gate} \\
    \tilde h &= \tanh(W_h x_t + b_h + r \odot (U_h h_{t-1} + d_h)) &&\text{candidate} \\
    h_t &= z \odot h_{t-1} + (1 - z) \odot \tilde h
    \end{aligned}$$

    With `reset_after=False` the reset gate acts before the recurrent product, and $d = 0$:

    $$\tilde h = \tanh(W_h x_t + b_h + U_h (r \odot h_{t-1}))$$

    | symbol | weight | shape |
    |---|---|---|
    | $x_t$ | | `(batch, features)` |
    | $h_t$ | | `(batch, units)`: the state and the output |
    | $W$ | `kernel` | `(features, 3 * units)` |
    | $U$ | `recurrent_kernel` | `(units, 3 * units)` |
    | $b, d$ | `bias` | `(2, 3 * units)`; `(3 * units,)` if $d = 0$ |

    The columns stand in Keras' order z, r, h.

    Args:
        units: Positive integer, size of the hidden state.
        recurrent_activation: The `sigma` of the equations. Default: `"sigmoid"`.
        reset_after: Whether the reset gate multiplies the recurrent product (as in cuDNN, one
            product for all gates) or the hidden state before it (as in the paper). Default: `True`.
        **kwargs: Arguments of `RecurrentCell`: `activation` (the `tanh` of the equations),
            `use_bias`, `kernel_initializer`, `recurrent_initializer`, `bias_initializer`,
            `kernel_regularizer`, `recurrent_regularizer`, `bias_regularizer`, `kernel_constraint`,
            `recurrent_constraint`, `bias_constraint`, `dropout`, `recurrent_dropout`, `seed`; and
            of `keras.layers.Layer`.

    Raises:
        ValueError: If `units` is not a positive integer or a dropout rate is not in [0, 1).

    >>> import keras
    >>> from rnn_zoo.cells import GRUCell
    >>> x = keras.ops.ones((2, 5, 3))
    >>> outputs, h = keras.layers.RNN(GRUCell(4), return_sequences=True, return_state=True)(x)
    >>> outputs.shape == (2, 5, 4) and h.shape == (2, 4)
    True

    Source: Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio 2014, "Learning
        Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation".
    """

    blocks = ("z", "r", "h")
    gate_names = ("z", "r")
    preactivation = "separate"
    is_scannable = True  # not with the reset gate before the product, see the constructor

    def __init__(
        self,
        units: int,
        *,
        recurrent_activation: Any = "sigmoid",
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after
        self.is_scannable = type(self).is_scannable and reset_after

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """The input's bias, and if reset after also the recurrent product's."""
        return (2, self.columns) if self.reset_after else (self.columns,)

    @property
    def input_bias(self) -> Any:
        """The equations' b."""
        return self.bias[0] if self.use_bias and self.reset_after else self.bias

    @property
    def recurrent_bias(self) -> Any:
        """The equations' d."""
        return self.bias[1] if self.use_bias and self.reset_after else None

    def recur(self, projected: Any, states: Sequence[Any], training: bool = False) -> Any:
        """As every cell's; or with the reset gate before the candidate's product."""
        if self.reset_after:
            return super().recur(projected, states, training)
        (h,) = states
        masks = self.recurrent_masks(h, training)
        masks_zr, masks_h = (masks[:2], masks[2:]) if masks else (None, None)
        kernel_zr, kernel_h = ops.split(self.recurrent_kernel, [2 * self.units], axis=-1)
        u_zr = dropped_matmul(h, kernel_zr, masks_zr)  # (batch, 2 * units)
        _, x_r, _ = self.split(projected)
        r = self.recurrent_activation(x_r + u_zr[:, self.units :])
        return ops.concatenate([u_zr, dropped_matmul(r * h, kernel_h, masks_h)], axis=-1)

    def gates(
        self,
        z: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """Both products `(batch, 3 * units)` to z, r and the candidate h, each `(batch, units)`."""
        projected, recurrent = z
        x_z, x_r, x_h = self.split(projected)
        u_z, u_r, u_h = self.split(recurrent)
        update = self.recurrent_activation(x_z + u_z)
        reset = self.recurrent_activation(x_r + u_r)
        candidate = self.activation(x_h + (reset * u_h if self.reset_after else u_h))
        return {"z": update, "r": reset, "h": candidate}

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h]` before the step to `[h]` after it."""
        (h,) = states
        return [gates["z"] * h + (1 - gates["z"]) * gates["h"]]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
        }
