"""Words and their vectors."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


class WordVectors:
    """A vector for each of many words, the most frequent first.

    Args:
        words: the words, all different.
        matrix: their vectors `(words, dim)`.

    Example:
        >>> vectors = WordVectors(["paris", "Rome"], np.array([[1.0, 0.0], [0.0, 1.0]]))
        >>> [vectors.find(word) for word in ("Paris", "rome", "Oslo")]
        [0, 1, None]
    """

    def __init__(self, words: Sequence[str], matrix: Any):
        self.words = list(words)
        self.matrix = matrix

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dim(self) -> int:
        """Features of a vector."""
        return int(self.matrix.shape[1])

    def find(self, word: str) -> int | None:
        """The row of a word; where its case is not there, that of the word in another case."""
        row = self._rows.get(word)
        return self._folded_rows.get(word.lower()) if row is None else row

    def find_all(self, words: Sequence[str]) -> np.ndarray:
        """The row of each word, -1 where there is none."""
        rows = (self.find(word) for word in words)
        return np.array([-1 if row is None else row for row in rows], "int64")

    def table(self, words: Sequence[str]) -> np.ndarray:
        """Vectors `(words, dim)`; of a word that has none, drawn at the scale of the others."""
        rows = self.find_all(words)
        table = np.asarray(self.matrix[np.maximum(rows, 0)], "float32")
        missing = rows < 0
        drawn = keras.initializers.RandomNormal(stddev=self.scale)
        table[missing] = keras.ops.convert_to_numpy(drawn((missing.sum(), self.dim)))
        return table

    @functools.cached_property
    def scale(self) -> float:
        """The standard deviation of the vectors' values, measured on the most frequent words."""
        return float(np.std(self.matrix[:20_000]))

    @functools.cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @functools.cached_property
    def _folded_rows(self) -> dict[str, int]:
        rows: dict[str, int] = {}
        for row, word in enumerate(self.words):
            rows.setdefault(word.lower(), row)  # the more frequent one
        return rows
