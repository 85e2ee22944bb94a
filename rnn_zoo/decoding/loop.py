"""One token after another: the loop of greedy search and of sampling."""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops, tree

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.step import Step, cast_like, keeps_rows, sequence_lengths, still_open


class Loop(NamedTuple):
    """What the loop carries from step to step.

    Attributes:
        time: number of steps taken.
        active: indices of the rows that are computed, `(active,)`.
        token: their last tokens, `(active,)`.
        state: their states, each tensor `(active, ...)`.
        ended: whether a row has ended, `(batch,)`.
        tokens: ids `(batch, max_length)`.
        score: log-probabilities `(batch,)`.
    """

    time: Any
    active: Any
    token: Any
    state: Any
    ended: Any
    tokens: Any
    score: Any


def decode_tokens(
    choose: Callable[[Any, Any, Any], Any],
    step: Step,
    state: Any,
    start: Any,
    max_length: int,
    end_id: int | None,
) -> Decoded:
    """Choose token after token.

    Args:
        choose: from the logits `(active, vocabulary)`, the number of the step and the indices of
            their rows `(active,)` to token ids `(active,)`.
        step, state, start, max_length, end_id: see `decode`.
    """
    start = ops.cast(start, "int32")
    rows = ops.shape(start)[0]
    fill = 0 if end_id is None else end_id
    positions = ops.arange(max_length)

    def advance(loop: Loop) -> tuple[Loop]:
        logits, state = step(loop.token, loop.state)
        state = tree.map_structure(cast_like, state, loop.state)
        logits = ops.cast(logits, "float32")
        token = ops.cast(choose(logits, loop.time, loop.active), "int32")  # (active,)
        gain = _log_probabilities(logits, token)  # (active,)
        if keeps_rows():
            token = ops.where(loop.ended, fill, token)
            gain = ops.where(loop.ended, 0.0, gain)
        column = _scatter(ops.full((rows,), fill, "int32"), loop.active, token)  # (batch,)
        tokens = ops.where(positions == loop.time, column[:, None], loop.tokens)
        score = loop.score + _scatter(ops.zeros((rows,), "float32"), loop.active, gain)
        active, ended = loop.active, loop.ended
        if end_id is not None:
            ended = column == end_id
            active, token, state = _drop_ended((active, token, state), token == end_id)
        return (Loop(loop.time + 1, active, token, state, ended, tokens, score),)

    ended = ops.zeros((rows,), "bool")
    active = still_open(ended)
    start, state = tree.map_structure(lambda part: ops.take(part, active, axis=0), (start, state))
    loop = Loop(
        time=ops.convert_to_tensor(0, "int32"),
        active=active,
        token=start,
        state=state,
        ended=ended,
        tokens=ops.full((rows, max_length), fill, "int32"),
        score=ops.zeros((rows,), "float32"),
    )
    (loop,) = ops.while_loop(
        lambda loop: ops.logical_not(ops.all(loop.ended)),
        advance,
        (loop,),
        maximum_iterations=max_length,
    )
    tokens = loop.tokens[:, None]  # (batch, 1, max_length)
    return Decoded(tokens, sequence_lengths(tokens, end_id), loop.score[:, None])


def _drop_ended(values: Any, ended: Any) -> Any:
    """Nested values `(active, ...)` of the rows that go on; of all if `keeps_rows`."""
    if keeps_rows():
        return values

    def drop() -> Any:
        indices = still_open(ended)
        return tree.map_structure(lambda part: ops.take(part, indices, axis=0), values)

    return ops.cond(ops.any(ended), drop, lambda: values)


def _scatter(values: Any, indices: Any, updates: Any) -> Any:
    return ops.scatter_update(values, indices[:, None], updates)


def _log_probabilities(logits: Any, tokens: Any) -> Any:
    """The log-probability of one token in each row, `(rows,)`."""
    return ops.take_along_axis(ops.log_softmax(logits, axis=-1), tokens[:, None], axis=-1)[:, 0]
