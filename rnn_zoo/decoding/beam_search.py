"""Beam search."""

from collections.abc import Callable
from typing import Any

from keras import ops, tree

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.greedy import Step, check_max_length, log_probabilities, sequence_lengths

IMPOSSIBLE = -1e9  # a finite -inf: differences of two of them stay numbers


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
    search, and a width as large as the number of sequences is exhaustive search. It stops when all
    that are left have ended. At `max_length` the open ones count as they are.

    Args:
        step, state, start, max_length: see `greedy`.
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
    positions = ops.arange(max_length)

    def divisor(length: Any) -> Any:
        """The equation's lp, `(rows, width)`."""
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** length_penalty

    def coverage_score(state: Any) -> Any:
        """What the coverage adds to a score, `(rows, width)`."""
        if not coverage_penalty or coverage is None:
            return ops.zeros((rows, width), "float32")
        covered = ops.cast(coverage(state), "float32")  # (rows * width, source)
        covered = ops.minimum(ops.maximum(covered, 1e-10), 1.0)
        return coverage_penalty * ops.reshape(ops.sum(ops.log(covered), axis=-1), (rows, width))

    def advance(
        t: Any, token: Any, state: Any, ended: Any, tokens: Any, length: Any, total: Any
    ) -> tuple:
        logits, new_state = step(token, state)
        new_state = tree.map_structure(
            lambda new, old: ops.where(
                _expand(ops.reshape(ended, (-1,)), new), old, ops.cast(new, old.dtype)
            ),
            new_state,
            state,
        )
        vocabulary = logits.shape[-1]
        branches = min(width, vocabulary)  # no more continuations of one hypothesis can stay
        gained, chosen = ops.top_k(log_probabilities(logits), branches)  # (rows * width, branches)
        gained = ops.reshape(gained, (rows, width, branches))
        chosen = ops.reshape(ops.cast(chosen, "int32"), (rows, width, branches))
        # An ended hypothesis has one continuation: itself.
        itself = ops.where(ops.arange(branches) == 0, 0.0, IMPOSSIBLE)
        gained = ops.where(ended[..., None], itself, gained)
        chosen = ops.where(ended[..., None], end_id, chosen)
        candidate_total = total[..., None] + gained  # (rows, width, branches)
        candidate_length = length + ops.cast(ops.logical_not(ended), "int32")  # (rows, width)
        candidate_score = candidate_total / divisor(candidate_length)[..., None]
        candidate_score = candidate_score + coverage_score(new_state)[..., None]
        flat = (rows, width * branches)
        _, best = ops.top_k(ops.reshape(candidate_score, flat), width)  # (rows, width)
        origin = best // branches  # the hypothesis that each comes from

        def pick(candidates: Any) -> Any:
            return ops.take_along_axis(ops.reshape(candidates, flat), best, axis=1)

        def follow(values: Any) -> Any:
            return ops.take_along_axis(values, origin, axis=1)

        token = pick(chosen)
        total = pick(candidate_total)
        length = follow(candidate_length)
        tokens = ops.take_along_axis(tokens, origin[..., None], axis=1)  # (rows, width, max_length)
        tokens = ops.where(positions == t, token[..., None], tokens)
        ended = ops.logical_or(follow(ended), token == end_id)
        source = ops.reshape(origin + width * ops.arange(rows)[:, None], (-1,))  # (rows * width,)
        state = tree.map_structure(lambda values: ops.take(values, source, axis=0), new_state)
        return t + 1, ops.reshape(token, (-1,)), state, ended, tokens, length, total

    def running(*loop: Any) -> Any:
        ended = loop[3]
        return ops.logical_not(ops.all(ended))

    # One hypothesis to begin with: the others are copies that cannot win.
    total = ops.tile(ops.where(ops.arange(width) == 0, 0.0, IMPOSSIBLE)[None], (rows, 1))
    loop = (
        ops.convert_to_tensor(0, "int32"),
        ops.repeat(ops.cast(start, "int32"), width),
        tree.map_structure(lambda values: ops.repeat(values, width, axis=0), state),
        ops.zeros((rows, width), "bool"),
        ops.full((rows, width, max_length), end_id, "int32"),
        ops.zeros((rows, width), "int32"),
        total,
    )
    _, _, state, _, tokens, length, total = ops.while_loop(
        running, advance, loop, maximum_iterations=max_length
    )
    scores = total / divisor(length) + coverage_score(state)
    scores, best = ops.top_k(scores, n_best)  # (rows, n_best)
    tokens = ops.take_along_axis(tokens, best[..., None], axis=1)
    return Decoded(tokens, sequence_lengths(tokens, end_id), scores)


def _expand(flags: Any, like: Any) -> Any:
    """`(rows,)` with trailing axes of length 1, to broadcast against `like`."""
    return ops.reshape(flags, (-1,) + (1,) * (len(like.shape) - 1))


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
