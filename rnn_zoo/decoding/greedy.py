"""The most probable token at every step, and the loop that sampling shares."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops, tree

from rnn_zoo.decoding.decoded import Decoded

IMPOSSIBLE = -1e9  # a finite -inf: differences of two of them stay numbers
STATIC = keras.backend.backend() == "jax"
"""Whether shapes are: then what has ended is computed on, and forgotten."""
Step = Callable[[Any, Any], tuple[Any, Any]]
"""Token ids `(rows,)` and a state to logits `(rows, vocabulary)` and the next state."""


def greedy(
    step: Step, state: Any, start: Any, *, max_length: int, end_id: int | None = None
) -> Decoded:
    """Take the most probable token at every step.

    Args:
        step: token ids `(batch,)` and a state to logits `(batch, vocabulary)` and the next state.
        state: nested tensors, each beginning with the batch axis.
        start: the tokens to start from, `(batch,)`; they are not part of the result.
        max_length: number of tokens at the most.
        end_id: the token that ends a sequence; None: every sequence is `max_length` long.

    Returns:
        The sequences. Nothing follows an end token: a row that has ended is computed no more (on
        JAX, whose shapes are static, until all have).

    Raises:
        ValueError: `max_length` is not positive.

    >>> from keras import ops
    >>> from rnn_zoo.decoding import greedy
    >>> def count(tokens, state):  # 1 follows 0, 2 follows 1
    ...     return ops.one_hot(tokens + 1, 6), state
    >>> found = greedy(count, (), ops.array([0, 2]), max_length=4, end_id=4)
    >>> ops.convert_to_numpy(found.tokens).tolist()
    [[1, 2, 3, 4], [3, 4, 4, 4]]
    """
    return decode(
        # `ops.argmax` tells 0 from -0 on TensorFlow, and takes three times as long for that.
        lambda logits, *_: ops.top_k(logits, 1)[1][:, 0],
        step,
        state,
        start,
        max_length,
        end_id,
    )


def decode(
    choose: Callable[[Any, Any, Any], Any],
    step: Step,
    state: Any,
    start: Any,
    max_length: int,
    end_id: int | None,
) -> Decoded:
    """Choose token after token.

    Args:
        choose: logits `(live, vocabulary)`, the number of the step and which rows they are of
            `(live,)` to token ids `(live,)`.
        step, state, start, max_length, end_id: see `greedy`.
    """
    check_max_length(max_length)
    start = ops.cast(start, "int32")
    rows = ops.shape(start)[0]
    fill = 0 if end_id is None else end_id
    positions = ops.arange(max_length)

    def advance(
        t: Any, live: Any, token: Any, state: Any, ended: Any, tokens: Any, score: Any
    ) -> tuple:
        logits, new_state = step(token, state)
        state = tree.map_structure(like, new_state, state)
        logits = ops.cast(logits, "float32")
        token = ops.cast(choose(logits, t, live), "int32")  # (live,)
        gained = token_log_probabilities(logits, token)  # (live,)
        if STATIC:
            token = ops.where(ended, fill, token)
            gained = ops.where(ended, 0.0, gained)
        column = ops.scatter_update(ops.full((rows,), fill, "int32"), live[:, None], token)
        tokens = ops.where(positions == t, column[:, None], tokens)  # (batch, max_length)
        score = score + ops.scatter_update(ops.zeros((rows,), "float32"), live[:, None], gained)
        if end_id is not None:
            ended = column == end_id
            live, token, state = compacted((live, token, state), token == end_id)
        return t + 1, live, token, state, ended, tokens, score

    ended = ops.zeros((rows,), "bool")
    live = going_on(ended)
    start, state = tree.map_structure(lambda values: ops.take(values, live, axis=0), (start, state))
    loop = (
        ops.convert_to_tensor(0, "int32"),
        live,
        start,
        state,
        ended,
        ops.full((rows, max_length), fill, "int32"),
        ops.zeros((rows,), "float32"),
    )
    *_, tokens, scores = ops.while_loop(any_open, advance, loop, maximum_iterations=max_length)
    return Decoded(tokens, sequence_lengths(tokens, end_id), scores)


def any_open(*loop: Any) -> Any:
    """Whether a search goes on: whether any of what its loop carries as `ended` has not."""
    ended = loop[4]
    return ops.logical_not(ops.all(ended))


def compacted(values: Any, ended: Any) -> Any:
    """Nested values `(live, ...)` of those that go on; where shapes are static, of all."""
    if STATIC:
        return values

    def some() -> Any:
        going = going_on(ended)
        return tree.map_structure(lambda part: ops.take(part, going, axis=0), values)

    return ops.cond(ops.any(ended), some, lambda: values)


def check_max_length(max_length: int) -> None:
    """Raise for a length that is not positive."""
    if max_length < 1:
        raise ValueError(f"`max_length` must be positive. Received: {max_length!r}")


def token_log_probabilities(logits: Any, tokens: Any) -> Any:
    """Log-probability of one token a row, `(rows,)`."""
    return ops.take_along_axis(ops.log_softmax(logits, axis=-1), tokens[:, None], axis=-1)[:, 0]


def going_on(ended: Any) -> Any:
    """The numbers of those that have not ended; where shapes are static, of all."""
    ended = ops.reshape(ended, (-1,))
    return ops.arange(ended.shape[0]) if STATIC else ops.nonzero(ops.logical_not(ended))[0]


def sequence_lengths(tokens: Any, end_id: int | None) -> Any:
    """Number of tokens up to the first end token, it included."""
    length = tokens.shape[-1]
    if end_id is None:
        return ops.full(ops.shape(tokens)[:-1], length, "int32")
    open_ = ops.sum(ops.cast(tokens != end_id, "int32"), axis=-1)  # what follows an end is an end
    return ops.minimum(open_ + 1, length)


def like(new: Any, old: Any) -> Any:
    """A loop's state keeps its dtype, also where a step computes in another."""
    return ops.cast(new, old.dtype)
