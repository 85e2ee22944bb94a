"""`digit_strips`: strips of handwritten digits, captioned with the number in words."""

import random

import numpy as np

from rnn_zoo.datasets.digits import digits

SIZES = {"train": 16_000, "validation": 1_000, "test": 1_000}
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MOST = 5  # digits of a strip


def digit_strips(split: str) -> tuple[list[np.ndarray], list[str]]:
    """Return the strips of one split, arrays of bytes `(8, 40)`, and their captions.

    A strip shows one to five digits from left to right and is blank after the last. Each of the
    digits, see `rnn_zoo.datasets.digits`, is used in one split only.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Raises:
        DataError: scikit-learn is not installed.

    Example:
        >>> strips, captions = digit_strips("test")
        >>> strips[0].shape, captions[0]
        ((8, 40), 'six')
    """
    images, labels = digits(split)
    pixels = np.round(images * (255 / 16)).astype("uint8")
    rng = random.Random(f"digit_strips {split}")
    strips = np.zeros((SIZES[split], 8, 8 * MOST), "uint8")
    captions = []
    for strip in strips:
        chosen = [rng.randrange(len(pixels)) for _ in range(rng.randint(1, MOST))]
        strip[:, : 8 * len(chosen)] = np.concatenate([pixels[i] for i in chosen], axis=1)
        captions.append(" ".join(WORDS[labels[i]] for i in chosen))
    return list(strips), captions
