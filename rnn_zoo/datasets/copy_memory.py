"""`copy_memory/T` and `copy_memory/up_to_T`: recall ten symbols after a long delay."""

import math

import numpy as np

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_000}
DELAYS = (100, 200, 400)
"""The delays of the embedded sets: `copy_memory/100`, ..."""
SYMBOLS = "abcdefgh"
RECALLED = 10
BLANK, NOW = "_", ":"


def copy_memory(
    split: str, delay: int, *, shorter_too: bool = False
) -> tuple[list[list[str]], list[list[str]]]:
    """Return the words of one split and a tag for each.

    A row of words is ten symbols out of eight, T - 1 blanks, the sign to begin, and ten blanks. The
    tags are blanks up to the sign, then the ten symbols in their order.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        delay: steps between the last symbol and the first one that is recalled, T.
        shorter_too: whether the rows to train on have delays from 1 to `delay`, whose logarithms
            are uniform, so that what is learned over short delays leads on to long ones. The other
            parts stay as they are.

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; in this form Arjovsky, Shah
        and Bengio 2016, "Unitary Evolution Recurrent Neural Networks".

    Example:
        >>> words, tags = copy_memory("test", 100)
        >>> len(words[0]) == len(tags[0]) == 120, words[0][:10] == tags[0][-10:]
        (True, True)
    """
    size = SIZES[split]
    rng = np.random.default_rng([delay, list(SIZES).index(split)])
    drawn = rng.choice(list(SYMBOLS), (size, RECALLED)).tolist()
    delays = np.full(size, delay)
    if shorter_too and split == "train":
        delays = np.exp(rng.uniform(0, math.log(delay + 1), size)).astype(int)
    rows = list(zip(drawn, delays.tolist(), strict=True))
    words = [[*row, *BLANK * (steps - 1), NOW, *BLANK * RECALLED] for row, steps in rows]
    tags = [[*BLANK * (RECALLED + steps), *row] for row, steps in rows]
    return words, tags


def baseline_loss(delay: int) -> float:
    """Return the loss, in nats per step, of predicting blanks and guessing the symbols."""
    return RECALLED * math.log(len(SYMBOLS)) / (delay + 2 * RECALLED)
