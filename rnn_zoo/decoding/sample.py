"""Tokens drawn at random."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from rnn_zoo.decoding.checks import check_number, check_whole_number
from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.loop import decode_tokens
from rnn_zoo.decoding.step import IMPOSSIBLE, Step
from rnn_zoo.decoding.strategy import Strategy, register

MIN_TEMPERATURE, MAX_TEMPERATURE = 1e-6, 1e6


@register("sample")
@dataclass(frozen=True)
class Sample(Strategy):
    r"""Draw every token from the distribution of its step.

    $$p(w) \propto \exp(z_w / \tau) \qquad\text{among the } k \text{ most probable tokens, or the
    fewest that together hold probability } p$$

    The scores are log-probabilities under the unchanged distribution.

    Args:
        temperature: the equation's tau, from 1e-6 to 1e6. Below 1 probable tokens become more
            probable.
        top_k: draw among this many of the most probable tokens. None does not restrict them.
        top_p: draw among the fewest most probable tokens that together hold this probability, in
            (0, 1] (nucleus sampling). None does not restrict them.

    Raises:
        ConfigError: a setting is out of range.

    Source: Holtzman, Buys, Du, Forbes and Choi 2020, "The Curious Case of Neural Text
        Degeneration".

    Example:
        `model.generate("ROMEO:", decoding=Sample(temperature=0.8, top_p=0.9), seed=1)`
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    uses_seed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_number("Sample: temperature", self.temperature, MIN_TEMPERATURE, MAX_TEMPERATURE)
        if self.top_k is not None:
            check_whole_number("Sample: top_k", self.top_k, 1)
        if self.top_p is not None:
            check_number("Sample: top_p", self.top_p, 0, 1, excludes_least=True)

    def search(
        self,
        step: Step,
        state: Any,
        start: Any,
        *,
        max_length: int,
        end_id: int | None = None,
        seed: Any = None,
        coverage: Callable[[Any], Any] | None = None,  # noqa: ARG002 - does not change the draws
    ) -> Decoded:
        """One sequence for each row; see `Strategy.search`."""
        # One number for each token, drawn before the loop.
        draws = uniform_draws((max_length, ops.shape(start)[0]), seed)  # (max_length, batch)

        def choose(logits: Any, time: Any, active: Any) -> Any:
            draw = ops.take(ops.take(draws, time, axis=0), active)  # (active,)
            return self.choose(logits, draw)

        return decode_tokens(choose, step, state, start, max_length, end_id)

    def choose(self, logits: Any, draw: Any) -> Any:
        """A token for each row, from logits `(rows, vocabulary)` and draws in [0, 1) `(rows,)`."""
        vocabulary = logits.shape[-1]
        best, ids = ops.top_k(logits, min(self.top_k or vocabulary, vocabulary))  # falling
        share = ops.softmax((best - best[:, :1]) / float(self.temperature), axis=-1)  # (rows, k)
        # Even a high temperature does not make a suppressed token possible.
        share = ops.where(best > IMPOSSIBLE / 2, share, 0.0)
        cumulated = ops.cumsum(share, axis=-1)
        # A token belongs to the nucleus if those before it hold less than `top_p`.
        within = ops.where(cumulated - share < float(self.top_p or 1.0), share, 0.0)
        cumulated = ops.cumsum(within, axis=-1)
        threshold = draw[:, None] * cumulated[:, -1:]  # (rows, 1)
        index = ops.sum(ops.cast(cumulated <= threshold, "int32"), axis=-1, keepdims=True)
        last = ops.sum(ops.cast(within > 0, "int32"), axis=-1, keepdims=True) - 1
        return ops.take_along_axis(ids, ops.minimum(index, last), axis=-1)[:, 0]


def uniform_draws(shape: tuple, seed: Any) -> Any:
    """Numbers in [0, 1) that the seed `(2,)` alone decides, whichever thread draws them.

    `keras.random` takes no tensor as a seed, only a number that is a constant of the graph or a
    generator whose state threads share.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.random.uniform(ops.convert_to_tensor(seed, "uint32"), shape, "float32")
    import tensorflow as tf

    return tf.random.stateless_uniform(shape, tf.cast(seed, tf.int64))
