"""The most probable token at every step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.loop import decode_tokens
from rnn_zoo.decoding.step import Step
from rnn_zoo.decoding.strategy import Strategy, register


@register("greedy")
@dataclass(frozen=True)
class Greedy(Strategy):
    r"""Take the most probable token at every step.

    $$y_t = \arg\max_w \; p(w \mid y_{<t})$$

    Example:
        `model.generate(["a man rides a horse ."], decoding=Greedy())`
    """

    def search(
        self,
        step: Step,
        state: Any,
        start: Any,
        *,
        max_length: int,
        end_id: int | None = None,
        seed: Any = None,  # noqa: ARG002 - draws nothing
        coverage: Callable[[Any], Any] | None = None,  # noqa: ARG002 - the same score without it
    ) -> Decoded:
        """One sequence for each row; see `Strategy.search`."""
        return decode_tokens(_most_probable, step, state, start, max_length, end_id)


def _most_probable(logits: Any, *_: Any) -> Any:
    # `ops.argmax` distinguishes 0 and -0 on TensorFlow, which makes it three times as slow.
    return ops.top_k(logits, 1)[1][:, 0]
