"""Which loop `rnn_zoo.layers.RNN` runs, in one place; benchmarks/steps.py measures it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras

from rnn_zoo.cells import RecurrentCell

# Compiling takes about 0.3 s a layer and shape, which first tries with few units seldom win back.
# The border itself is chosen, not measured.
SMALLEST = 32
_portable: ContextVar[bool] = ContextVar("portable", default=False)


@contextmanager
def portable() -> Iterator[None]:
    """Within it layers put operations of plain TensorFlow alone into a graph, none for XLA.

    Tasks export so by themselves; a model of one's own is exported by
    `with rnn_zoo.layers.portable(): model.export(path)`.

    >>> from rnn_zoo.layers import portable
    >>> with portable():
    ...     pass
    """
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def scans_fast(cell: Any, recompute_every: int | None = None) -> bool:
    """Whether the fast scan runs a cell, and not the generic loop, which recomputes nothing."""
    combines = isinstance(cell, RecurrentCell) and cell.combines
    if not combines or keras.backend.backend() == "jax":
        return combines
    import tensorflow as tf

    if _portable.get() or tf.executing_eagerly():
        return False
    if recompute_every is not None:
        return True
    return cell.units >= SMALLEST and not tf.config.list_logical_devices("GPU")


def groups(rows: int | None) -> int:
    """How many groups of rows run side by side; `rows` is None where it is not known in time.

    An odd number of rows makes groups of two sizes, which XLA compiles one by one.

    A forward and backward pass over an LSTM in one group against two, by rows, steps, inputs and
    units, in ms (2 CPUs; four groups were never faster than two):

    | masked | 1 | 2 | | without a mask | 1 | 2 |
    |---|---|---|---|---|---|---|
    | 2, 100, 128, 128 | 6.1 | 3.4 | | 64, 64, 64, 128 | 48.5 | 29.8 |
    | 16, 100, 128, 128 | 23.9 | 15.1 | | 64, 64, 64, 256 | 114 | 85.4 |
    | 64, 50, 32, 32 | 7.9 | 5.9 | | 20, 35, 650, 650 | 104 | 109 |
    """
    return 1 if rows == 1 or keras.backend.backend() == "jax" else 2
