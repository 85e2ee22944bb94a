"""What a strategy returns."""

from typing import Any, NamedTuple


class Decoded(NamedTuple):
    """Decoded sequences: `n` for each row of a batch, the best first.

    `n` is `n_best` for a beam, and 1 otherwise. Where a row has fewer than `n` sequences, the
    missing ones have length 0 and score -inf.

    Attributes:
        tokens: ids `(batch, n, max_length)`. The end token ends a sequence and fills the rest.
        lengths: number of tokens `(batch, n)`, including the end token where there is one.
        scores: log-probability of the tokens `(batch, n)`, natural logarithm. The scores of a beam
            include its penalties.
    """

    tokens: Any
    lengths: Any
    scores: Any
