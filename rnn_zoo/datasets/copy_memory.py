"""`copy_memory/T`: recall ten symbols after a long delay."""

import math

import numpy as np

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_000}
DELAYS = (100, 200, 400)
"""The delays of the embedded sets: `copy_memory/100`, ..."""
SYMBOLS = "abcdefgh"
RECALLED = 10
BLANK, NOW = "_", ":"


def copy_memory(split: str, delay: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return the words of one split and a tag for each.

    A row of words is ten symbols out of eight, `delay - 1` blanks, the sign to begin, and ten
    blanks. The tags are blanks up to the sign, then the ten symbols in their order.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        delay: steps between the last symbol and the first one that is recalled, T.

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; in this form Arjovsky, Shah
        and Bengio 2016, "Unitary Evolution Recurrent Neural Networks".

    Example:
        >>> words, tags = copy_memory("test", 100)
        >>> len(words[0]) == len(tags[0]) == 120, words[0][:10] == tags[0][-10:]
        (True, True)
    """
    rng = np.random.default_rng([delay, list(SIZES).index(split)])
    drawn = rng.choice(list(SYMBOLS), (SIZES[split], RECALLED)).tolist()
    words = [[*row, *BLANK * (delay - 1), NOW, *BLANK * RECALLED] for row in drawn]
    tags = [[*BLANK * (RECALLED + delay), *row] for row in drawn]
    return words, tags


def baseline_loss(delay: int) -> float:
    """Return the loss, in nats per step, of predicting blanks and guessing the symbols."""
    return RECALLED * math.log(len(SYMBOLS)) / (delay + 2 * RECALLED)
