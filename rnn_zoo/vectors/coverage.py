"""How many words have a vector."""

from collections import Counter
from dataclasses import dataclass

from rnn_zoo.vectors.word_vectors import WordVectors


@dataclass(frozen=True)
class Coverage:
    """How many of the words of some data have a vector.

    Attributes:
        words: different words.
        covered_words: those of them that have a vector, in their case or another.
        tokens: all words, repeated ones counted.
        covered_tokens: those of them that have a vector.

    Example:
        >>> print(Coverage(words=4, covered_words=3, tokens=10, covered_tokens=9))
        3 of 4 words have a vector (75.0 %), which are 90.0 % of the text
    """

    words: int
    covered_words: int
    tokens: int
    covered_tokens: int

    @classmethod
    def measure(cls, vectors: WordVectors, counts: Counter[str]) -> "Coverage":
        """Of words with their counts."""
        covered = [count for word, count in counts.items() if vectors.find(word) is not None]
        return cls(len(counts), len(covered), counts.total(), sum(covered))

    def __str__(self) -> str:
        words, tokens = max(self.words, 1), max(self.tokens, 1)
        return (
            f"{self.covered_words:,} of {self.words:,} words have a vector "
            f"({self.covered_words / words:.1%}), which are {self.covered_tokens / tokens:.1%} of "
            "the text"
        ).replace("%", " %")
