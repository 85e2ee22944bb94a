"""The loop of a beam search; `Beam` says what it computes.

Each row of the batch has `width` slots, each of which holds a hypothesis. Tensors of all slots are
`(rows, width, ...)`. The state and the last tokens are kept for the active slots alone, those whose
hypotheses are extended: `(active, ...)`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops, tree

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.step import (
    IMPOSSIBLE,
    Step,
    cast_like,
    keeps_rows,
    sequence_lengths,
    still_open,
)

BLOCK = 64  # logits whose maximum is taken at once


class Loop(NamedTuple):
    """What the search carries from step to step.

    Attributes:
        time: number of steps taken.
        active: the active slots, as indices into all slots, `(active,)`.
        token: their last tokens, `(active,)`.
        state: their states, each tensor `(active, ...)`.
        ended: whether a hypothesis is no longer extended, `(rows, width)`.
        tokens: ids `(rows, width, max_length)`.
        length: number of tokens `(rows, width)`.
        total: log-probability of the tokens `(rows, width)`; about -1e9 where there is no
            hypothesis.
        bonus: what coverage adds to the score `(rows, width)`.
    """

    time: Any
    active: Any
    token: Any
    state: Any
    ended: Any
    tokens: Any
    length: Any
    total: Any
    bonus: Any


class Candidates(NamedTuple):
    """The continuations of all hypotheses after a step.

    Attributes:
        token: the next token `(rows, width, branches)`.
        total: log-probability with it `(rows, width, branches)`.
        length: number of tokens with it `(rows, width)`.
        bonus: what coverage adds to the score `(rows, width)`.
    """

    token: Any
    total: Any
    length: Any
    bonus: Any


class BeamSearch:
    """One search.

    Args:
        step: the step function.
        rows_of: a tensor whose first axis is that of the rows.
        width, n_best, length_penalty, coverage_penalty: see `Beam`.
        coverage, max_length, end_id: see `decode`.
    """

    def __init__(
        self,
        step: Step,
        rows_of: Any,
        *,
        width: int,
        n_best: int,
        length_penalty: float,
        coverage_penalty: float,
        coverage: Callable[[Any], Any] | None,
        max_length: int,
        end_id: int | None,
    ):
        self.step = step
        self.rows = ops.shape(rows_of)[0]
        self.width = width
        self.n_best = n_best
        self.length_penalty = length_penalty
        self.coverage_penalty = coverage_penalty
        self.coverage = coverage if coverage_penalty else None
        self.max_length = max_length
        self.end_id = end_id
        self.fill = 0 if end_id is None else end_id

    def run(self, state: Any, start: Any) -> Decoded:
        """Search from a state and the tokens to start from, `(rows,)`."""
        (loop,) = ops.while_loop(
            lambda loop: ops.logical_not(ops.all(loop.ended)),
            lambda loop: (self.advance(loop),),
            (self.first(state, start),),
            maximum_iterations=self.max_length,
        )
        scores, best = ops.top_k(self.score(loop.total, loop.length, loop.bonus), self.n_best)
        tokens = ops.take_along_axis(loop.tokens, best[..., None], axis=1)
        exists = scores > -float("inf")  # (rows, n_best)
        lengths = ops.where(exists, sequence_lengths(tokens, self.end_id), 0)
        return Decoded(tokens, lengths, scores)

    def first(self, state: Any, start: Any) -> Loop:
        """One hypothesis for each row: the other slots have ended, and cannot win."""
        rows, width = self.rows, self.width
        ended = ops.tile(ops.arange(width) > 0, (rows, 1))
        active = still_open(ended)
        token, state = tree.map_structure(
            lambda part: ops.take(part, active // width, axis=0), (ops.cast(start, "int32"), state)
        )
        return Loop(
            time=ops.convert_to_tensor(0, "int32"),
            active=active,
            token=token,
            state=state,
            ended=ended,
            tokens=ops.full((rows, width, self.max_length), self.fill, "int32"),
            length=ops.zeros((rows, width), "int32"),
            total=ops.where(ended, IMPOSSIBLE, 0.0),
            bonus=ops.zeros((rows, width), "float32"),
        )

    def advance(self, loop: Loop) -> Loop:
        """One step of the search."""
        logits, state = self.step(loop.token, loop.state)
        unchanged = [
            new is old for new, old in zip(*map(tree.flatten, (state, loop.state)), strict=True)
        ]
        state = tree.map_structure(cast_like, state, loop.state)
        chosen, score, source_slot = self.select(loop, self.extend(loop, logits, state))
        wins = self.can_still_win(chosen.total, score, chosen.ended)
        goes_on = ops.logical_and(wins, ops.logical_not(chosen.ended))
        ended = ops.logical_not(goes_on)
        active = still_open(ended)
        # The index of each new active hypothesis among the active ones before this step.
        index = self.scatter(ops.arange(ops.shape(loop.active)[0]), loop.active)
        source = ops.take(source_slot, active, axis=0)
        index = ops.take(ops.reshape(index, (-1,)), source, axis=0)  # (active,)
        same_counts = ops.all(count_open(loop.ended) == count_open(ended))
        return chosen._replace(
            time=loop.time + 1,
            active=active,
            token=ops.take(ops.reshape(chosen.token, (-1,)), active, axis=0),
            state=gather_state(state, index, unchanged, same_counts),
            ended=ended,
            # What cannot win any more is no hypothesis.
            total=ops.where(ops.logical_or(chosen.ended, goes_on), chosen.total, IMPOSSIBLE),
        )

    def extend(self, loop: Loop, logits: Any, state: Any) -> Candidates:
        """The continuations of all hypotheses, from the logits and states of the active ones."""
        branches = min(self.width, logits.shape[-1])  # no more of one hypothesis can stay
        logits = ops.cast(logits, "float32")
        gain, token = largest(logits, branches)  # (active, branches)
        peak = gain[:, :1]
        gain = gain - peak - ops.log(ops.sum(ops.exp(logits - peak), axis=-1, keepdims=True))
        # An ended hypothesis has one continuation: itself.
        ended = loop.ended[..., None]  # (rows, width, 1)
        itself = ops.where(ops.arange(branches) == 0, 0.0, IMPOSSIBLE)
        gain = ops.where(ended, itself, self.scatter(gain, loop.active))
        token = self.scatter(ops.cast(token, "int32"), loop.active)
        bonus = loop.bonus
        if self.coverage is not None:
            covered = ops.cast(self.coverage(state), "float32")  # (active, source)
            covered = ops.log(ops.minimum(ops.maximum(covered, 1e-10), 1.0))
            bonus = self.coverage_penalty * ops.sum(covered, axis=-1)
            bonus = ops.where(loop.ended, loop.bonus, self.scatter(bonus, loop.active))
        return Candidates(
            token=ops.where(ended, self.fill, token),
            total=loop.total[..., None] + gain,
            length=loop.length + ops.cast(ops.logical_not(loop.ended), "int32"),
            bonus=bonus,
        )

    def select(self, loop: Loop, candidates: Candidates) -> tuple[Loop, Any, Any]:
        """The best `width` candidates of each row.

        Returns:
            The loop with the tensors of all slots updated, where `ended` is whether a hypothesis
            has an end token; the scores `(rows, width)`; the slots that the hypotheses come from,
            as indices into all slots, `(rows * width,)`.
        """
        rows, width = self.rows, self.width
        branches = candidates.token.shape[-1]
        score = self.score(
            candidates.total, candidates.length[..., None], candidates.bonus[..., None]
        )
        score, best = ops.top_k(ops.reshape(score, (rows, width * branches)), width)
        best = best + width * branches * ops.arange(rows)[:, None]
        source_slot = ops.reshape(best // branches, (-1,))

        def pick(values: Any) -> Any:  # (rows, width, branches) -> (rows, width)
            return ops.take(ops.reshape(values, (-1,)), best, axis=0)

        def follow(values: Any) -> Any:  # (rows, width, ...), each slot from its source
            flat = ops.reshape(values, (rows * width, *values.shape[2:]))
            return ops.reshape(ops.take(flat, source_slot, axis=0), ops.shape(values))

        token = pick(candidates.token)
        ended = follow(loop.ended)
        if self.end_id is not None:
            ended = ops.logical_or(ended, token == self.end_id)
        here = ops.arange(self.max_length) == loop.time
        chosen = loop._replace(
            token=token,
            ended=ended,
            tokens=ops.where(here, token[..., None], follow(loop.tokens)),
            length=follow(candidates.length),
            total=pick(candidates.total),
            bonus=follow(candidates.bonus),
        )
        return chosen, score, source_slot

    def can_still_win(self, total: Any, score: Any, ended: Any) -> Any:
        """Whether an open hypothesis may still be among the `n_best`, `(rows, width)`.

        Log-probabilities only fall and coverage adds nothing above 0. A score is therefore at most
        the total so far, divided by the penalty of the maximum length.
        """
        reached, _ = ops.top_k(ops.where(ended, score, -float("inf")), self.n_best)
        bound = total / self.length_divisor(self.max_length)
        wins = ops.logical_and(total > IMPOSSIBLE / 2, bound > reached[:, -1:])
        wins = ops.logical_and(wins, ops.logical_not(ended))
        if self.coverage is None:
            return wins
        # A hypothesis that cannot win may still keep another out of the beam.
        return ops.any(wins, axis=1, keepdims=True)

    def score(self, total: Any, length: Any, bonus: Any) -> Any:
        """The equation's score; -inf where there is no hypothesis."""
        score = total / self.length_divisor(length) + bonus
        return ops.where(total > IMPOSSIBLE / 2, score, -float("inf"))

    def length_divisor(self, length: Any) -> Any:
        """The equation's lp."""
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** self.length_penalty

    def scatter(self, values: Any, active: Any) -> Any:
        """Values of the active slots `(active, ...)` among zeros `(rows, width, ...)`."""
        shape = tuple(values.shape[1:])
        zeros = ops.zeros((self.rows * self.width, *shape), values.dtype)
        scattered = ops.scatter_update(zeros, active[:, None], values)
        return ops.reshape(scattered, (self.rows, self.width, *shape))


def count_open(ended: Any) -> Any:
    """The number of hypotheses of each row that go on, `(rows,)`."""
    return ops.sum(ops.cast(ops.logical_not(ended), "int32"), axis=1)


def gather_state(state: Any, index: Any, unchanged: list[bool], same_counts: Any) -> Any:
    """A state `(active, ...)` in another order.

    A tensor that the steps leave unchanged is the same for all hypotheses of a row. It stays where
    it is while each row has as many active hypotheses as before; where shapes are static it always
    has.

    Args:
        state: nested tensors.
        index: where each entry comes from, `(active,)`.
        unchanged: for each tensor whether the step returned it as it was.
        same_counts: whether each row has as many active hypotheses as before.
    """

    def gather(parts: list[Any]) -> list[Any]:
        return [ops.take(part, index, axis=0) for part in parts]

    flat = tree.flatten(state)
    kept = [part for part, same in zip(flat, unchanged, strict=True) if same]
    gathered = gather([part for part, same in zip(flat, unchanged, strict=True) if not same])
    if kept and not keeps_rows():
        kept = ops.cond(same_counts, lambda: kept, lambda: gather(kept))
    kept_parts, gathered_parts = iter(kept), iter(gathered)
    return tree.pack_sequence_as(
        state, [next(kept_parts if same else gathered_parts) for same in unchanged]
    )


def largest(logits: Any, count: int) -> tuple[Any, Any]:
    """The same as `ops.top_k`, but faster for many logits.

    `ops.top_k` looks at every logit by itself. The largest logits, however, are in the blocks with
    the largest maxima, or behind the last block.
    """
    vocabulary = logits.shape[-1]
    blocks = vocabulary // BLOCK
    if blocks <= 4 * count:
        return ops.top_k(logits, count)
    rows = ops.shape(logits)[0]
    blocked = ops.reshape(logits[:, : blocks * BLOCK], (rows, blocks, BLOCK))
    _, best = ops.top_k(ops.max(blocked, axis=-1), count)  # (rows, count)
    best = ops.cast(ops.sort(best, axis=-1), "int32")  # of equal logits the first stays first
    row = ops.arange(rows)[:, None]
    candidates = ops.take(ops.reshape(blocked, (-1, BLOCK)), best + blocks * row, axis=0)
    ids = best[..., None] * BLOCK + ops.arange(BLOCK)  # (rows, count, BLOCK), as `candidates`
    behind = ops.tile(ops.arange(blocks * BLOCK, vocabulary)[None], (rows, 1))
    candidates, ids = (
        ops.concatenate([ops.reshape(part, (rows, count * BLOCK)), rest], axis=-1)
        for part, rest in ((candidates, logits[:, blocks * BLOCK :]), (ids, behind))
    )
    values, index = ops.top_k(candidates, count)
    return values, ops.take_along_axis(ids, index, axis=-1)
