"""Handwritten digits, which embedded sets are made of."""

import random

import numpy as np

from rnn_zoo.errors import DataError

PARTS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}
"""The share of the images that each split has."""
GREYS = 17
"""Intensities of a pixel go from 0, white, to 16."""


def digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of one split, `(images, 8, 8)`, and the digit that each shows.

    They are the 1,797 images of the UCI test set "Optical Recognition of Handwritten Digits"
    (Alpaydin and Kaynak 1998, CC BY 4.0), which scikit-learn includes.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Raises:
        DataError: scikit-learn is not installed.

    Example:
        >>> images, shown = digits("test")
        >>> images.shape, int(shown[0])
        ((270, 8, 8), 5)
    """
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise DataError(
            "handwritten digits are those of scikit-learn: pip install rnn_zoo[digits]"
        ) from None
    images, labels = load_digits(return_X_y=True)
    order = list(range(len(labels)))
    random.Random("digits").shuffle(order)
    begin, end = (round(share * len(order)) for share in PARTS[split])
    chosen = order[begin:end]
    return images[chosen].reshape(-1, 8, 8), labels[chosen]
