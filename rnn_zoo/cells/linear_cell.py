"""What the cells share whose recurrence is linear in the state."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from rnn_zoo.cells.base import RecurrentCell
from rnn_zoo.cells.declarations import OF_LINEAR_CELLS
from rnn_zoo.declarations import check_declarations


class LinearRecurrentCell(RecurrentCell):
    r"""A step that is linear in the state, with coefficients that depend on the input alone.

    $$\begin{aligned}
    z_t &= W x_t + b &&\text{`project`} \\
    g_t &= \mathrm{gates}(z_t) &&\text{`gates`} \\
    a_t, b_t &= \mathrm{coefficients}(g_t) &&\text{`coefficients`} \\
    h_t &= a_t \odot h_{t-1} + b_t &&\text{`update`}
    \end{aligned}$$

    There is no recurrent kernel, and h is the only state. A cell implements `gates`, which has no
    state to read, and `coefficients`, both element by element, for one step or for all of them.
    `rnn_zoo.layers.RNN` computes the coefficients of all steps at once, and what is left to do in
    order is one multiplication and one addition a step (`rnn_zoo.layers.linear_scan`).

    Under mixed precision gates and coefficients are float32: in half precision a share of 0.999 to
    keep would be 1, and the state would never forget. A state that goes from call to call, or from
    step to step of a loop that calls `step`, is in half precision.

    A subclass that replaces `update` declares `is_linear = False`, and runs as any other cell.

    Args:
        units: Positive integer, size of the hidden state. The only positional argument.
        **kwargs: Arguments of `RecurrentCell`. Those of the recurrent kernel have no effect.

    Raises:
        ValueError: See `RecurrentCell`; also if `recurrent_dropout` is not 0.
        TypeError: If a subclass replaces `update` and does not declare `is_linear`.

    >>> from keras import ops
    >>> from rnn_zoo import cells, layers
    >>> class AveragingCell(cells.LinearRecurrentCell):
    ...     def gates(self, z, states):
    ...         return {"h": self.activation(z)}
    ...     def coefficients(self, gates):
    ...         return ops.full_like(gates["h"], 0.9), 0.1 * gates["h"]
    >>> layers.RNN(AveragingCell(4))(ops.ones((2, 5, 3))).shape == (2, 4)
    True

    Source: Martin and Cundy 2018, "Parallelizing Linear Recurrent Neural Nets Over Sequence
        Length".
    """

    has_recurrent_kernel = False
    is_scannable = True  # `preactivate` alone is replaced, and every scan calls it
    is_linear: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_declarations(cls, LinearRecurrentCell, OF_LINEAR_CELLS)

    def preactivate(self, projected: Any, recurrent: Any) -> Any:  # noqa: ARG002 - there is none
        """What `gates` takes: what `project` gave, at least in float32."""
        dtype = keras.backend.standardize_dtype(projected.dtype)
        return ops.cast(projected, "float32") if dtype in ("float16", "bfloat16") else projected

    def coefficients(self, gates: dict[str, Any]) -> tuple[Any, Any]:
        """The a and b of a step.

        Args:
            gates: What `gates` returns.

        Returns:
            a and b, each `(..., units)`. No a is greater than 1, unless states may grow without
            bounds.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `coefficients`.")

    def update(self, gates: dict[str, Any], states: Sequence[Any]) -> list[Any]:
        """The gates and `[h]` before the step to `[h]` after it."""
        (h,) = states
        a, b = self.coefficients(gates)
        return [ops.cast(a * h + b, h.dtype)]
