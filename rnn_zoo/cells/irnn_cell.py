"""The vanilla cell that begins as the identity."""

from typing import Any

import keras

from rnn_zoo.cells.registry import register
from rnn_zoo.cells.simple_rnn_cell import SimpleRNNCell


@register("irnn")
class IRNNCell(SimpleRNNCell):
    r"""A vanilla cell of rectified linear units whose recurrent weights begin as the identity.

    $$h_t = \max(0, W x_t + U h_{t-1} + b), \qquad U = I, \; b = 0 \text{ before training}$$

    At first a state that nothing is added to stays as it is, and so does the gradient on its way
    back: with $U = I$ and positive states $\partial h_T / \partial h_t = I$.

    Args:
        units: Positive integer, size of the hidden state.
        activation: Default: `"relu"`.
        kernel_initializer: Initializer of the input weights. Default: normal with deviation 0.001,
            as in the source.
        recurrent_initializer: Default: `"identity"`.
        **kwargs: See `SimpleRNNCell`.

    Raises:
        ValueError: If `units` is not a positive integer or a dropout rate is not in [0, 1).

    >>> import keras
    >>> from rnn_zoo.cells import IRNNCell
    >>> cell = IRNNCell(4)
    >>> h, _ = cell(keras.ops.zeros((2, 3)), keras.ops.ones((2, 4)))
    >>> keras.ops.convert_to_numpy(h).tolist() == [[1.0] * 4] * 2
    True

    Source: Le, Jaitly and Hinton 2015, "A Simple Way to Initialize Recurrent Networks of Rectified
        Linear Units".
    """

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "relu",
        kernel_initializer: Any = None,
        recurrent_initializer: Any = "identity",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            kernel_initializer=kernel_initializer or keras.initializers.RandomNormal(stddev=0.001),
            recurrent_initializer=recurrent_initializer,
            **kwargs,
        )
