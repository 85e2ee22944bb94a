"""Parameters of which some are enough for `make test`."""

import pytest


def fast_first(names, fast):
    """A parameter for each name; those that are not among `fast` wait for `make test-slow`."""
    return [pytest.param(name, marks=() if name in fast else pytest.mark.slow) for name in names]
