"""The gated recurrent unit."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import activations, ops

from rnn_zoo.cells.base import RecurrentCell, dropped_matmul


@keras.saving.register_keras_serializable(package="rnn_zoo")
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
        activation: The `tanh` of the equations. Default: `"tanh"`.
        recurrent_activation: The `sigma` of the equations. Default: `"sigmoid"`.
        use_bias: See `RecurrentCell`, as for all arguments not named here.
        kernel_initializer: Default: `"glorot_uniform"`.
        recurrent_initializer: Default: `"orthogonal"`.
        bias_initializer: Default: `"zeros"`.
        kernel_regularizer: Default: `None`.
        recurrent_regularizer: Default: `None`.
        bias_regularizer: Default: `None`.
        kernel_constraint: Default: `None`.
        recurrent_constraint: Default: `None`.
        bias_constraint: Default: `None`.
        dropout: Default: 0.
        recurrent_dropout: Default: 0.
        reset_after: Whether the reset gate multiplies the recurrent product (as in cuDNN, one
            product for all gates) or the hidden state before it (as in the paper). Default: `True`.
        seed: Default: `None`.
        **kwargs: Arguments of `keras.layers.Layer`.

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

    gates = 3
    block_names = ("z", "r", "h")
    gate_names = ("z", "r")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
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
        self.reset_after = reset_after

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """The input's bias, and if reset after also the recurrent product's."""
        columns = self.gates * self.units
        return (2, columns) if self.reset_after else (columns,)

    @property
    def input_bias(self) -> Any:
        """The equations' b."""
        return self.bias[0] if self.use_bias and self.reset_after else self.bias

    @property
    def recurrent_bias(self) -> Any:
        """The equations' d."""
        return self.bias[1] if self.use_bias and self.reset_after else None

    @property
    def combines(self) -> bool:
        """With the reset gate after the product; before it a step has two of them."""
        return self.reset_after and self._steps_as(GRUCell)

    def recur(self, projected: Any, states: Sequence[Any], training: bool = False) -> Any:
        """As every cell's, with the reset gate before the candidate's product where it is so."""
        if self.reset_after:
            return super().recur(projected, states, training)
        (h,) = states
        masks = self.recurrent_masks(h, training)
        masks_zr, masks_h = (masks[:2], masks[2:]) if masks else (None, None)
        kernel_zr, kernel_h = ops.split(self.recurrent_kernel, [2 * self.units], axis=-1)
        u_zr = dropped_matmul(h, kernel_zr, masks_zr)  # (batch, 2 * units)
        _, x_r, _ = ops.split(projected, 3, axis=-1)  # (batch, units)
        r = self.recurrent_activation(x_r + u_zr[:, self.units :])
        return ops.concatenate([u_zr, dropped_matmul(r * h, kernel_h, masks_h)], axis=-1)

    def gate_values(
        self,
        projected: Any,
        recurrent: Any,
        states: Sequence[Any],  # noqa: ARG002 - other cells' gates need them
    ) -> dict[str, Any]:
        """`projected` and `recurrent (batch, 3 * units)` to z, r and h, `(batch, units)` each.

        Here h is the candidate, as it is the name of its block.
        """
        x_z, x_r, x_h = ops.split(projected, 3, axis=-1)  # (batch, units)
        u_z, u_r, u_h = ops.split(recurrent, 3, axis=-1)  # (batch, units)
        z = self.recurrent_activation(x_z + u_z)
        r = self.recurrent_activation(x_r + u_r)
        return {"z": z, "r": r, "h": self.activation(x_h + (r * u_h if self.reset_after else u_h))}

    def combine(self, projected: Any, recurrent: Any, states: Sequence[Any]) -> list[Any]:
        """`projected`, `recurrent (batch, 3 * units)` and `[h]` before to `[h]` after."""
        (h,) = states
        z, _, candidate = self.gate_values(projected, recurrent, states).values()
        return [z * h + (1 - z) * candidate]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with Keras' keys."""
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
        }
