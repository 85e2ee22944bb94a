"""Step functions, and what the loops over them share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

IMPOSSIBLE = -1e9  # a finite -inf: the difference of two of them is a number
_keeping: ContextVar[bool] = ContextVar("keeping", default=False)
Step = Callable[[Any, Any], tuple[Any, Any]]
"""Token ids `(rows,)` and a state to logits `(rows, vocabulary)` and the next state."""


@contextmanager
def all_rows_kept() -> Iterator[None]:
    """Within it searches keep rows that have ended: for runtimes whose loops want fixed shapes."""
    token = _keeping.set(True)
    try:
        yield
    finally:
        _keeping.reset(token)


def keeps_rows() -> bool:
    """Whether rows that have ended are still computed, and ignored; on JAX they always are."""
    return _keeping.get() or keras.backend.backend() == "jax"


def suppress_tokens(step: Step, tokens: Sequence[int], vocabulary_size: int) -> Step:
    """A step that never chooses some tokens.

    Args:
        step: the step function.
        tokens: ids of the tokens to suppress.
        vocabulary_size: number of logits.

    Returns:
        A step with the same state, whose logits of these tokens are about -1e9.
    """
    suppressed = set(tokens)
    bias = [IMPOSSIBLE if token in suppressed else 0.0 for token in range(vocabulary_size)]

    def suppressing(tokens: Any, state: Any) -> tuple[Any, Any]:
        logits, state = step(tokens, state)
        return ops.cast(logits, "float32") + ops.convert_to_tensor(bias, "float32"), state

    return suppressing


def still_open(ended: Any) -> Any:
    """Indices of the entries that have not ended; all indices if `keeps_rows`."""
    ended = ops.reshape(ended, (-1,))
    if keeps_rows():
        return ops.arange(ops.shape(ended)[0])
    return ops.nonzero(ops.logical_not(ended))[0]


def sequence_lengths(tokens: Any, end_id: int | None) -> Any:
    """Number of tokens up to and including the first end token, for ids `(..., max_length)`."""
    max_length = tokens.shape[-1]
    if end_id is None:
        return ops.full(ops.shape(tokens)[:-1], max_length, "int32")
    before_end = ops.sum(ops.cast(tokens != end_id, "int32"), axis=-1)  # only ends follow an end
    return ops.minimum(before_end + 1, max_length)


def cast_like(new: Any, old: Any) -> Any:
    """Cast a state to the dtype it had before: a loop keeps the dtypes of what it carries."""
    return ops.cast(new, old.dtype)
