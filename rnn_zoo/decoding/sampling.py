"""Tokens drawn at random."""

from typing import Any

import keras
from keras import ops

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.greedy import Step, check_max_length, decode


def sample(
    step: Step,
    state: Any,
    start: Any,
    *,
    max_length: int,
    end_id: int | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | keras.random.SeedGenerator | None = None,
) -> Decoded:
    r"""Draw every token from the step's distribution.

    $$p(w) \propto \exp(z_w / \tau) \qquad\text{among the } k \text{ most probable tokens, or the
    fewest that together hold probability } p$$

    Args:
        step, state, start, max_length, end_id: see `greedy`.
        temperature: the equation's tau; below 1 the probable becomes more so.
        top_k: draw among so many of the most probable tokens only.
        top_p: draw among the fewest most probable tokens that together hold this probability
            (nucleus sampling: Holtzman, Buys, Du, Forbes and Choi 2020, "The Curious Case of Neural
            Text Degeneration").
        seed: the same seed draws the same tokens.

    Returns:
        The sequences; their scores are log-probabilities under the unchanged distribution.

    Raises:
        ValueError: a setting is out of range.
    """
    check_max_length(max_length)
    check_sampling(temperature, top_k, top_p)
    # One uniform number a token, drawn before the loop: inside it no state of a generator changes.
    rows = ops.shape(start)[0]
    draws = keras.random.uniform((max_length, rows), seed=seed)  # (max_length, batch)

    def choose(logits: Any, t: Any, live: Any) -> Any:
        vocabulary = logits.shape[-1]
        scaled = logits / temperature
        best, ids = ops.top_k(scaled, min(top_k or vocabulary, vocabulary))  # falling, (live, k)
        share = ops.softmax(best, axis=-1)
        cumulated = ops.cumsum(share, axis=-1)
        # A token belongs to the nucleus if those before it do not hold `top_p` yet.
        within = ops.where(cumulated - share < (top_p or 1.0), share, 0.0)
        cumulated = ops.cumsum(within, axis=-1)
        draw = ops.take(ops.take(draws, t, axis=0), live)[:, None] * cumulated[:, -1:]  # (live, 1)
        place = ops.sum(ops.cast(cumulated <= draw, "int32"), axis=-1, keepdims=True)
        last = ops.sum(ops.cast(within > 0, "int32"), axis=-1, keepdims=True) - 1
        return ops.take_along_axis(ids, ops.minimum(place, last), axis=-1)[:, 0]

    return decode(choose, step, state, start, max_length, end_id)


def check_sampling(
    temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> None:
    """Raise a ValueError for settings that are out of range."""
    if temperature <= 0:
        raise ValueError(f"`temperature` must be positive. Received: {temperature!r}")
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise ValueError(f"`top_k` must be at least 1. Received: {top_k!r}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"`top_p` must lie in (0, 1]. Received: {top_p!r}")
