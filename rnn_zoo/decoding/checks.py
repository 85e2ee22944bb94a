"""Checks of a strategy's settings."""

import math
import numbers
from typing import Any

from rnn_zoo.errors import ConfigError


def check_whole_number(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Raise a ConfigError unless `value` is a whole number from `least` to `most`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        range_ = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ConfigError(f"{name} should be a whole number {range_}, got {_short(value)}.")


def check_number(
    name: str, value: Any, least: float, most: float, excludes_least: bool = False
) -> None:
    """Raise a ConfigError unless `value` is a finite number from `least` to `most`."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    inside = real and math.isfinite(value) and least <= value <= most
    if inside and not (excludes_least and value == least):
        return
    range_ = f"above {least:g} and up to {most:g}" if excludes_least else f"{least:g} to {most:g}"
    raise ConfigError(f"{name} should be a number {range_}, got {_short(value)}.")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
