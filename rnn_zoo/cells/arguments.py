"""Checks of what cells are made with."""

import numbers
from typing import Any


def check_size(cell: Any, argument: str, size: Any) -> None:
    """Raises a ValueError unless an argument is a positive integer."""
    if not isinstance(size, numbers.Integral) or isinstance(size, bool) or size <= 0:
        raise ValueError(
            f"{type(cell).__name__}: `{argument}` must be a positive integer. Received: {size!r}"
        )


def check_rate(cell: Any, argument: str, rate: Any) -> None:
    """Raises a ValueError unless an argument is a share to drop."""
    if not isinstance(rate, numbers.Real) or not 0 <= float(rate) < 1:
        raise ValueError(
            f"{type(cell).__name__}: `{argument}` must be a number in [0, 1), the share to drop. "
            f"Received: {rate!r}"
        )
