"""Which loop `rnn_zoo.layers.RNN` runs, in one place, and the measurements that decide."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras

from rnn_zoo.cells import LinearRecurrentCell, RecurrentCell
from rnn_zoo.cells.declarations import holds

# A forward and backward pass over an LSTM, 32 masked rows of 50 steps with as many inputs as units,
# 16 at least, in ms, and the first one, which traces and compiles, in s (2 CPUs):
#
# | units | scan | Keras' loop | scan, first | loop, first |
# |---|---|---|---|---|
# | 4 | 1.9 | 7.8 | 1.8 | 0.4 |
# | 16 | 2.6 | 8.8 | 1.5 | 0.3 |
# | 32 | 3.2 | 11.2 | 1.5 | 0.3 |
# | 64 | 4.9 | 13.3 | 1.3 | 0.3 |
#
# So the scan is faster at every size, and has paid for its compilation after 120 to 240 steps a
# shape. Small experiments and tests use few units and rarely run that many steps.
SMALLEST = 32
_portable: ContextVar[bool] = ContextVar("portable", default=False)
_operators: ContextVar[bool] = ContextVar("operators", default=False)
_kernels: ContextVar[bool] = ContextVar("kernels", default=False)


@contextmanager
def portable() -> Iterator[None]:
    """Within it layers put operations of plain TensorFlow alone into a graph, none for XLA.

    Tasks do this when they are exported. For a model of your own, write
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


@contextmanager
def operators() -> Iterator[None]:
    """As `portable`, with a function of its own for every recurrence that formats know.

    See `rnn_zoo.layers.recurrence`.
    """
    token = _operators.set(True)
    try:
        with portable():
            yield
    finally:
        _operators.reset(token)


@contextmanager
def kernels() -> Iterator[None]:
    """As `portable`, with the kernel that TensorFlow has for whole recurrences of LSTMs.

    A layer of 64 units on 128 features, exported so, against the loop, both masked (2 CPUs): 2.1
    times as fast for one row of 24 steps, 1.3 for 32 rows, 1.4 for 32 rows of 64 steps.
    """
    token = _kernels.set(True)
    try:
        with portable():
            yield
    finally:
        _kernels.reset(token)


def is_portable() -> bool:
    """Whether `portable` is at work."""
    return _portable.get()


def makes_operators() -> bool:
    """Whether `operators` is at work."""
    return _operators.get()


def runs_whole(cell: Any) -> bool:
    """Whether a recurrence is to be one operation, if `rnn_zoo.layers.recurrence` has it."""
    return (_operators.get() or _kernels.get()) and is_scannable(cell)


def is_divided(cell: Any) -> bool:
    """Whether a loop may run a cell's `step` on what `project` gave, and not its `call`."""
    return isinstance(cell, RecurrentCell) and holds(cell, "is_divided")


def is_scannable(cell: Any) -> bool:
    """Whether the fast scan can run a cell."""
    return is_divided(cell) and holds(cell, "is_scannable")


def is_linear(cell: Any) -> bool:
    """Whether the scan of linear recurrences can run a cell."""
    return is_scannable(cell) and isinstance(cell, LinearRecurrentCell) and holds(cell, "is_linear")


def scans_fast(cell: Any, recompute_every: int | None = None) -> bool:
    """Whether the fast scan runs a cell, and not the generic loop, which recomputes nothing."""
    if not is_scannable(cell) or keras.backend.backend() == "jax":
        return is_scannable(cell)
    import tensorflow as tf

    if is_portable() or tf.executing_eagerly():
        return False
    if recompute_every is not None:
        return True
    return cell.units >= SMALLEST and not tf.config.list_logical_devices("GPU")


def scans_in_parallel() -> bool:
    """Whether a linear recurrence is one scan of JAX over all steps, and not a loop over them.

    On an accelerator, where the steps of a loop wait for each other; not measured. On 2 CPUs a
    MinGRU's forward and backward pass, and its forward pass, in ms, by rows, steps and units:

    | | loop | parallel | | loop, forward | parallel, forward |
    |---|---|---|---|---|---|
    | 32, 64, 128 | 8.2 | 13.6 | | 3.5 | 5.6 |
    | 32, 256, 256 | 263 | 363 | | 98 | 161 |
    | 1, 20000, 32 | 11.5 | 45.8 | | 2.7 | 9.1 |
    | 16, 20000, 128 | 3797 | 6628 | | 1470 | 2873 |

    On TensorFlow XLA does not compile `keras.ops.associative_scan`, and without XLA it is slower
    than the compiled loop: 27 ms and 0.4 for 32 rows, 64 steps and 128 units, 76 and 2.9 for 32,
    256 and 256.
    """
    if keras.backend.backend() != "jax":
        return False
    import jax

    return bool(jax.default_backend() != "cpu")


def unrolls(unroll: bool, time: int | None) -> bool:
    """Whether the generic loop runs `time` steps one by one, and not in an operation of their own.

    Outside of a graph TensorFlow runs them one by one in any case.
    """
    if unroll or not time or keras.backend.backend() == "jax":
        return unroll
    import tensorflow as tf

    return bool(tf.executing_eagerly())


def groups(rows: int | None) -> int:
    """How many groups of rows run side by side; `rows` is None where it is not known in time.

    An odd number of rows makes groups of two sizes, which XLA compiles one by one.

    A forward and backward pass over an LSTM in one group, two and four, by rows, steps, inputs and
    units, in ms (2 CPUs):

    | masked | 1 | 2 | 4 | | without a mask | 1 | 2 | 4 |
    |---|---|---|---|---|---|---|---|---|
    | 2, 100, 128, 128 | 4.4 | 2.4 | | | 2, 100, 128, 128 | 5.0 | 3.3 | |
    | 16, 100, 128, 128 | 15.0 | 10.4 | 14.4 | | 16, 100, 128, 128 | 17.2 | 11.4 | 14.8 |
    | 64, 50, 32, 32 | 5.9 | 4.3 | 5.1 | | 64, 50, 32, 32 | 7.0 | 4.7 | 5.9 |
    | 64, 64, 64, 128 | 30.4 | 17.7 | 18.1 | | 64, 64, 64, 128 | 40.4 | 22.6 | 24.5 |
    | 64, 64, 64, 256 | 72.9 | 47.9 | 47.9 | | 64, 64, 64, 256 | 85.1 | 64.0 | 69.9 |
    | 20, 35, 650, 650 | 96.9 | 87.1 | 115.6 | | 20, 35, 650, 650 | 97.7 | 97.4 | 129.2 |
    """
    return 1 if rows == 1 or keras.backend.backend() == "jax" else 2
