"""The settings of a beam search."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rnn_zoo.decoding.beam_search import BeamSearch
from rnn_zoo.decoding.checks import check_number, check_whole_number
from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.step import Step
from rnn_zoo.decoding.strategy import Strategy, register
from rnn_zoo.errors import ConfigError

MAX_WIDTH = 1024
MAX_LENGTH_PENALTY = 5.0
MAX_COVERAGE_PENALTY = 100.0
MAX_TOKENS = 1_000_000  # of all hypotheses of a row


@register("beam")
@dataclass(frozen=True)
class Beam(Strategy):
    r"""Keep the best `width` hypotheses of each row at every step.

    $$\mathrm{score}(y) = \frac{\log p(y)}{\mathrm{lp}(y)} + \beta \sum_i \log \min\Bigl(\sum_t
    a_{t,i},\, 1\Bigr), \qquad \mathrm{lp}(y) = \Bigl(\frac{5 + |y|}{6}\Bigr)^\alpha$$

    A hypothesis is open or has ended. The candidates of a step are all continuations of the open
    hypotheses, and the ended hypotheses as they are; the `width` candidates of highest score stay.
    Width 1 is therefore greedy search, and a width as large as the number of sequences is
    exhaustive search. At the maximum length open hypotheses count as they are.

    Only hypotheses that can still be among the best `n_best` are computed, and the search stops
    when there is none. With a coverage penalty all open hypotheses of a row are computed as long as
    the row has one that can still win; where shapes are static, on JAX, all hypotheses are. XLA
    does not compile the search on TensorFlow.

    Args:
        width: number of hypotheses, from 1 to 1024.
        length_penalty: the equation's alpha, from 0 to 5. 0 prefers short sequences, and 1 divides
            by about the length.
        coverage_penalty: the equation's beta, from 0 to 100: how much it costs to leave a source
            position without attention. It needs a decoder with attention.
        n_best: number of sequences to return for each row, at most `width`. With None `generate`
            returns the best text alone, and not a list of pairs of text and score.

    Raises:
        ConfigError: a setting is out of range.

    Source: Wu et al. 2016, "Google's Neural Machine Translation System: Bridging the Gap between
        Human and Machine Translation".

    Example:
        `model.generate(["a man rides a horse ."], Beam(width=5, length_penalty=0.6, n_best=3))`
    """

    width: int = 5
    length_penalty: float = 0.0
    coverage_penalty: float = 0.0
    n_best: int | None = None

    def __post_init__(self) -> None:
        check_whole_number("Beam: width", self.width, 1, MAX_WIDTH)
        check_number("Beam: length_penalty", self.length_penalty, 0, MAX_LENGTH_PENALTY)
        check_number("Beam: coverage_penalty", self.coverage_penalty, 0, MAX_COVERAGE_PENALTY)
        if self.n_best is not None:
            check_whole_number("Beam: n_best (at most the width)", self.n_best, 1, self.width)

    def check(self, *, max_length: int, has_coverage: bool) -> None:
        """Raise a ConfigError for a beam that is too large, or that lacks attention."""
        super().check(max_length=max_length, has_coverage=has_coverage)
        if self.width * max_length > MAX_TOKENS:
            raise ConfigError(
                f"Beam: {self.width} hypotheses of {max_length} tokens are too many: width times "
                f"the maximum number of tokens should be at most {MAX_TOKENS}."
            )
        if self.coverage_penalty and not has_coverage:
            raise ConfigError(
                "Beam: a coverage penalty needs attention, and this model has none: set "
                "coverage_penalty to 0."
            )

    def search(
        self,
        step: Step,
        state: Any,
        start: Any,
        *,
        max_length: int,
        end_id: int | None = None,
        seed: Any = None,  # noqa: ARG002 - draws nothing
        coverage: Callable[[Any], Any] | None = None,
    ) -> Decoded:
        """`n_best` sequences for each row; see `Strategy.search`.

        If `step` returns a tensor of the state unchanged, as the same object, it has to do so at
        every step.
        """
        search = BeamSearch(
            step,
            rows_of=start,
            width=int(self.width),
            n_best=int(self.n_best or 1),
            length_penalty=float(self.length_penalty),
            coverage_penalty=float(self.coverage_penalty),
            coverage=coverage,
            max_length=max_length,
            end_id=end_id,
        )
        return search.run(state, start)
