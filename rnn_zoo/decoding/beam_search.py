"""Beam search."""

from collections.abc import Callable
from typing import Any

from keras import ops, tree

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.greedy import (
    IMPOSSIBLE,
    STATIC,
    Step,
    any_open,
    check_max_length,
    going_on,
    like,
    sequence_lengths,
)

BLOCK = 64  # logits of which the largest is taken at once


def beam_search(
    step: Step,
    state: Any,
    start: Any,
    *,
    max_length: int,
    end_id: int,
    width: int,
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
    coverage: Callable[[Any], Any] | None = None,
    n_best: int = 1,
) -> Decoded:
    r"""Keep the best `width` hypotheses of each row at every step.

    $$\mathrm{score}(y) = \frac{\log p(y)}{\mathrm{lp}(y)} + \beta \sum_i \log \min\Bigl(\sum_t
    a_{t,i},\, 1\Bigr), \qquad \mathrm{lp}(y) = \Bigl(\frac{5 + |y|}{6}\Bigr)^\alpha$$

    A hypothesis is open or has ended. The candidates of a step are all continuations of the open
    ones, and the ended ones as they are; the `width` of highest score stay. So width 1 is greedy
    search, and a width as large as the number of sequences is exhaustive search. At `max_length`
    the open ones count as they are. A step computes those open hypotheses alone that can still come
    among the `n_best`, with a coverage penalty those of the rows that have such ones, and the
    search stops when there is none (where shapes are static, on JAX, it computes all until then;
    XLA does not compile it on TensorFlow).

    Args:
        step, state, start, max_length: see `greedy`. What the step returns of the state as it got
            it, the same tensor, it returns so at every step.
        end_id: the token that ends a sequence.
        width: number of hypotheses.
        length_penalty: the equation's alpha; 0 prefers short sequences, 1 divides by about the
            length.
        coverage_penalty: the equation's beta: how much a source position that was not attended to
            counts.
        coverage: a state to the attention that each source position has got so far, the equation's
            sum over t, `(rows, source)`, with 1 at padding. Needed where there is a coverage
            penalty.
        n_best: number of sequences to return for each row, best first.

    Returns:
        `n_best` sequences a row, their lengths (the equation's |y|) and scores.

    Raises:
        ValueError: a setting is out of range, or the coverage is missing.

    Source: Wu et al. 2016, "Google's Neural Machine Translation System: Bridging the Gap between
        Human and Machine Translation".
    """
    check_max_length(max_length)
    check_beam(width, n_best, length_penalty, coverage_penalty)
    if coverage_penalty and coverage is None:
        raise ValueError("A coverage penalty needs attention: this decoder has none to cover with.")
    rows = ops.shape(start)[0]
    slots = rows * width  # one a hypothesis
    positions = ops.arange(max_length)
    first = width * ops.arange(rows)[:, None]  # each row's first slot

    def divisor(length: Any) -> Any:
        """The equation's lp."""
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** length_penalty

    def scattered(values: Any, live: Any) -> Any:
        """What the live hypotheses have, `(live, ...)`, among zeros, `(rows, width, ...)`."""
        shape = tuple(values.shape[1:])
        zeros = ops.zeros((slots, *shape), values.dtype)
        return ops.reshape(ops.scatter_update(zeros, live[:, None], values), (rows, width, *shape))

    def number_open(ended: Any) -> Any:
        """Hypotheses of each row that go on, `(rows,)`."""
        return ops.sum(ops.cast(ops.logical_not(ended), "int32"), axis=1)

    def covered(state: Any) -> Any:
        """What the coverage adds to the score of each live hypothesis, `(live,)`."""
        assert coverage is not None
        share = ops.minimum(ops.maximum(ops.cast(coverage(state), "float32"), 1e-10), 1.0)
        return coverage_penalty * ops.sum(ops.log(share), axis=-1)

    def hopeful(total: Any, score: Any, ended: Any) -> Any:
        """Whether an open hypothesis may still be among the `n_best`, `(rows, width)`.

        Log-probabilities only fall and the coverage never adds: a score that grows with the length
        is at most what the whole length makes of the total so far.
        """
        reached, _ = ops.top_k(ops.where(ended, score, IMPOSSIBLE), n_best)
        hope = ops.logical_and(
            total > IMPOSSIBLE / 2, total / divisor(max_length) > reached[:, -1:]
        )
        hope = ops.logical_and(hope, ops.logical_not(ended))
        # With a coverage penalty one without hope may keep another out of the beam.
        return ops.any(hope, axis=1, keepdims=True) if coverage_penalty else hope

    def advance(
        t: Any,
        live: Any,
        token: Any,
        state: Any,
        ended: Any,
        tokens: Any,
        length: Any,
        total: Any,
        bonus: Any,
    ) -> tuple:
        logits, new_state = step(token, state)
        read = [new is old for new, old in zip(*map(tree.flatten, (new_state, state)), strict=True)]
        state = tree.map_structure(like, new_state, state)
        branches = min(width, logits.shape[-1])  # no more continuations of one can stay
        logits = ops.cast(logits, "float32")
        gained, chosen = largest(logits, branches)  # (live, branches)
        peak = gained[:, :1]
        gained = gained - peak - ops.log(ops.sum(ops.exp(logits - peak), axis=-1, keepdims=True))
        # An ended hypothesis has one continuation: itself.
        itself = ops.where(ops.arange(branches) == 0, 0.0, IMPOSSIBLE)
        gained = ops.where(ended[..., None], itself, scattered(gained, live))
        chosen = ops.where(ended[..., None], end_id, scattered(ops.cast(chosen, "int32"), live))
        if coverage_penalty:
            bonus = ops.where(ended, bonus, scattered(covered(state), live))  # (rows, width)
        open_before = number_open(ended)
        length = length + ops.cast(ops.logical_not(ended), "int32")
        candidates = total[..., None] + gained  # (rows, width, branches)
        scores = candidates / divisor(length)[..., None] + bonus[..., None]
        score, best = ops.top_k(ops.reshape(scores, (rows, width * branches)), width)
        best = best + first * branches
        source = ops.reshape(best // branches, (-1,))  # the slot that each comes from

        def pick(values: Any) -> Any:
            return ops.take(ops.reshape(values, (-1,)), best, axis=0)

        def follow(values: Any) -> Any:
            flat = ops.reshape(values, (slots, *values.shape[2:]))
            return ops.reshape(ops.take(flat, source, axis=0), ops.shape(values))

        token, total = pick(chosen), pick(candidates)
        length, bonus, tokens = follow(length), follow(bonus), follow(tokens)
        tokens = ops.where(positions == t, token[..., None], tokens)  # (rows, width, max_length)
        ended = ops.logical_or(follow(ended), token == end_id)
        hope = hopeful(total, score, ended)
        total = ops.where(ops.logical_or(ended, hope), total, IMPOSSIBLE)
        ended = ops.logical_or(ended, ops.logical_not(hope))
        place = scattered(ops.arange(ops.shape(live)[0]), live)  # where the state of a slot stands
        live = going_on(ended)
        place = ops.take(ops.reshape(place, (-1,)), ops.take(source, live, axis=0), axis=0)
        state = moved(state, place, read, ops.all(open_before == number_open(ended)))
        token = ops.take(ops.reshape(token, (-1,)), live, axis=0)
        return t + 1, live, token, state, ended, tokens, length, total, bonus

    # One hypothesis to begin with: the others have ended, and cannot win.
    ended = ops.tile(ops.arange(width) > 0, (rows, 1))
    live = going_on(ended)
    start, state = tree.map_structure(
        lambda values: ops.take(values, live // width, axis=0), (ops.cast(start, "int32"), state)
    )
    loop = (
        ops.convert_to_tensor(0, "int32"),
        live,
        start,
        state,
        ended,
        ops.full((rows, width, max_length), end_id, "int32"),
        ops.zeros((rows, width), "int32"),
        ops.where(ended, IMPOSSIBLE, 0.0),
        ops.zeros((rows, width), "float32"),
    )
    *_, tokens, length, total, bonus = ops.while_loop(
        any_open, advance, loop, maximum_iterations=max_length
    )
    scores, best = ops.top_k(total / divisor(length) + bonus, n_best)  # (rows, n_best)
    tokens = ops.take_along_axis(tokens, best[..., None], axis=1)
    return Decoded(tokens, sequence_lengths(tokens, end_id), scores)


def largest(logits: Any, count: int) -> tuple[Any, Any]:
    """As `ops.top_k`, which looks at one logit after the other: in blocks, of many logits.

    The largest logits stand in the blocks whose largest ones are the largest, or behind the blocks.
    """
    vocabulary = logits.shape[-1]
    blocks = vocabulary // BLOCK
    if blocks <= 4 * count:
        return ops.top_k(logits, count)
    rows = ops.shape(logits)[0]
    among = ops.reshape(logits[:, : blocks * BLOCK], (rows, blocks, BLOCK))
    _, best = ops.top_k(ops.max(among, axis=-1), count)  # (rows, count)
    best = ops.cast(ops.sort(best, axis=-1), "int32")  # of equal logits the first stays first
    row = ops.arange(rows)[:, None]
    few = ops.take(ops.reshape(among, (-1, BLOCK)), best + blocks * row, axis=0)
    ids = best[..., None] * BLOCK + ops.arange(BLOCK)  # (rows, count, BLOCK), as `few`
    behind = ops.tile(ops.arange(blocks * BLOCK, vocabulary)[None], (rows, 1))
    few, ids = (
        ops.concatenate([ops.reshape(part, (rows, count * BLOCK)), rest], axis=-1)
        for part, rest in ((few, logits[:, blocks * BLOCK :]), (ids, behind))
    )
    found, place = ops.top_k(few, count)
    return found, ops.take_along_axis(ids, place, axis=-1)


def moved(state: Any, place: Any, read: list[bool], unchanged: Any) -> Any:
    """A state `(live, ...)` in new places.

    What a step has only read is the same for all hypotheses of a row: it stays where it is while
    each row has as many of them as before, as always where shapes are static.

    Args:
        state: nested tensors.
        place: where each comes from.
        read: for each tensor whether the step has only read it.
        unchanged: whether each row has as many hypotheses as before.
    """

    def move(values: list[Any]) -> list[Any]:
        return [ops.take(part, place, axis=0) for part in values]

    flat = tree.flatten(state)
    kept = [part for part, only in zip(flat, read, strict=True) if only]
    changed = iter(move([part for part, only in zip(flat, read, strict=True) if not only]))
    if kept and not STATIC:
        kept = ops.cond(unchanged, lambda: kept, lambda: move(kept))
    same = iter(kept)
    return tree.pack_sequence_as(state, [next(same if only else changed) for only in read])


def check_beam(
    width: int = 0,
    n_best: int = 1,
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
) -> None:
    """Raise a ValueError for settings that are out of range."""
    for name, number in (("width", width), ("n_best", n_best)):
        if not isinstance(number, int):
            raise ValueError(f"`{name}` must be a whole number. Received: {number!r}")
    for name, penalty in (
        ("length_penalty", length_penalty),
        ("coverage_penalty", coverage_penalty),
    ):
        if not isinstance(penalty, (int, float)) or penalty < 0:
            raise ValueError(f"`{name}` must be a number from 0 on. Received: {penalty!r}")
    if width < 1:
        raise ValueError(f"a beam's `width` must be at least 1. Received: {width!r}")
    if not 1 <= n_best <= width:
        raise ValueError(f"`n_best` must lie in 1 to width = {width}. Received: {n_best!r}")
