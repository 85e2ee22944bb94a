"""Checks of a strategy's settings."""

from typing import Any

import numpy as np

from rnn_zoo.errors import ConfigError, shortened


def check_whole_number(name: str, value: Any, least: int, most: int | None = None) -> None:
    """Raise a ConfigError unless `value` is a whole number from `least` to `most`."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        range_ = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ConfigError(f"{name} should be a whole number {range_}, got {shortened(value)}.")


def check_number(
    name: str, value: Any, least: float, most: float, excludes_least: bool = False
) -> None:
    """Raise a ConfigError unless `value` is a finite number from `least` to `most`."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    inside = real and least <= value <= most  # NaN is not
    if inside and not (excludes_least and value == least):
        return
    range_ = f"above {least:g} and up to {most:g}" if excludes_least else f"{least:g} to {most:g}"
    raise ConfigError(f"{name} should be a number {range_}, got {shortened(value)}.")
