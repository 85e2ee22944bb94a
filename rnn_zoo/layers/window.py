"""The steps that a group of rows really has."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Window(NamedTuple):
    """From the first step at which any row is real to the one after the last.

    Outside of it all rows keep their states, and a loop need not run.

    Attributes:
        begin: The first step.
        end: The one after the last.
    """

    begin: Any
    end: Any

    @classmethod
    def of(cls, flags: dict[str, Any]) -> "Window | None":
        """That of the flag `mask (time, batch, 1)`; None without a mask, and on JAX.

        A loop of JAX has a length that is known before it runs.
        """
        if "mask" not in flags or keras.backend.backend() == "jax":
            return None
        real = ops.any(flags["mask"] > 0, axis=(1, 2))  # (time,)
        steps = ops.arange(ops.shape(real)[0], dtype="int32")
        end = ops.max(ops.where(real, steps + 1, 0), initial=0)
        return cls(ops.min(ops.where(real, steps, end), initial=2**31 - 1), end)

    def is_after(self, x: Any, backwards: bool) -> Any:
        """Which steps of `x (time, ...)` come after the window's last step, `(time, 1, 1)`."""
        steps = _indices(x)
        return steps < self.begin if backwards else steps >= self.end

    def sum_after(self, x: Any, backwards: bool) -> Any:
        """The sum of `x (time, batch, units)` over the steps after the window's last step."""
        after = self.is_after(x, backwards)
        return ops.sum(ops.where(after, x, ops.zeros_like(x)), axis=0)

    def states_after(self, before: Any, first: Any, last: Any, backwards: bool) -> Any:
        """States before every step of the window, `(time, batch, units)`, to those after it.

        Args:
            before: The states before every step; anything outside of the window.
            first: The states before the first step, `(batch, units)`.
            last: Those after the last step.
            backwards: Whether the first step is the last in time.
        """
        shifted = [before[:1], before[:-1]] if backwards else [before[1:], before[:1]]
        steps = _indices(before)
        has_ended = steps <= self.begin if backwards else steps >= self.end - 1
        after = ops.where(has_ended, last, ops.concatenate(shifted))
        return ops.where(self.is_after(before, not backwards), first, after)


def _indices(x: Any) -> Any:
    """Those of the steps of `x (time, ...)`, `(time, 1, 1)`."""
    return ops.arange(ops.shape(x)[0], dtype="int32")[:, None, None]
