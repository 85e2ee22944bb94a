"""Where a cell reads the weights of its step from."""

from typing import Any

import keras

from rnn_zoo._keras_private import AutocastScope
from rnn_zoo.cells import RecurrentCell


class StepScope(keras.StatelessScope):
    """Within it, the cell's `step_weights` have the values given, and no other has one.

    The fast scan differentiates a step with respect to tensors. A variable that `gates` or `update`
    reads beside `step_weights` would have no gradient.

    Args:
        cell: The cell.
        values: A tensor for each of its `step_weights`, in their dtype.

    Raises:
        ValueError: Within it, if another variable is read.
    """

    def __init__(self, cell: RecurrentCell, values: list[Any]) -> None:
        super().__init__(list(zip(cell.step_weights, values, strict=True)))
        self.cell = cell
        # The gradient is computed after the layer's call, within which Keras sets this scope.
        self.precision = AutocastScope(cell.compute_dtype)

    def __enter__(self) -> "StepScope":
        self.precision.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        super().__exit__(*details)
        self.precision.__exit__(*details)

    def get_current_value(self, variable: keras.Variable) -> Any:
        """The value of one of `step_weights`."""
        value = super().get_current_value(variable)
        if value is None:
            kind = type(self.cell).__name__
            raise ValueError(
                f"{kind}: `gates` and `update` read the variable {variable.path!r}, which "
                "`step_weights` does not list, so that it would have no gradient. Return it from "
                f"`{kind}.step_weights`, or set `is_scannable = False`."
            )
        return value
