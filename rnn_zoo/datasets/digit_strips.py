"""`digit_strips`: strips of handwritten digits, captioned with the number in words."""

import random

import numpy as np

from rnn_zoo.errors import DataError

SIZES = {"train": 16_000, "validation": 1_000, "test": 1_000}
PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}
"""The share of the digit images that each split is made of."""
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MOST = 5  # digits of a strip


def digit_strips(split: str) -> tuple[list[np.ndarray], list[str]]:
    """Return the strips of one split, arrays of bytes `(8, 40)`, and their captions.

    A strip shows one to five digits from left to right and is blank after the last. The digits come
    from the UCI test set "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998, CC
    BY 4.0), 8 x 8 pixels each, which scikit-learn includes. Each of its 1,797 images is used in one
    split only.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Raises:
        DataError: scikit-learn is not installed.

    Example:
        >>> strips, captions = digit_strips("test")
        >>> strips[0].shape, captions[0]
        ((8, 40), 'six')
    """
    images, labels = _digits(split)
    rng = random.Random(f"digit_strips {split}")
    strips = np.zeros((SIZES[split], 8, 8 * MOST), "uint8")
    captions = []
    for strip in strips:
        chosen = [rng.randrange(len(images)) for _ in range(rng.randint(1, MOST))]
        strip[:, : 8 * len(chosen)] = np.concatenate([images[i] for i in chosen], axis=1)
        captions.append(" ".join(WORDS[labels[i]] for i in chosen))
    return list(strips), captions


def _digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The digit images of one split as bytes, and what they show."""
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise DataError(
            "digit_strips are made of digits out of scikit-learn: pip install rnn_zoo[digits]"
        ) from None
    images, labels = load_digits(return_X_y=True)
    order = list(range(len(labels)))
    random.Random("digits").shuffle(order)
    begin, end = (round(share * len(order)) for share in PARTS[split])
    chosen = order[begin:end]
    # Intensities go from 0 to 16.
    pixels = np.round(images[chosen].reshape(-1, 8, 8) * (255 / 16)).astype("uint8")
    return pixels, labels[chosen]
