"""What a search finds."""

from typing import Any, NamedTuple


class Decoded(NamedTuple):
    """Decoded sequences; `...` is `(batch,)`, for a beam search `(batch, n_best)`.

    Attributes:
        tokens: ids `(..., max_length)`; `end_id` ends a sequence and fills the rest.
        lengths: number of tokens `(...)`, the end token counted where there is one.
        scores: log-probability of the tokens `(...)`, natural logarithm; of a beam search with its
            penalties.
    """

    tokens: Any
    lengths: Any
    scores: Any
