"""Texts as a model reads them: how long they are, which are equal, which tokens they have."""

from collections import Counter
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.datasets import Examples
from rnn_zoo.errors import DataError
from rnn_zoo.inspection.findings import Lengths, Unknown
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer

CHUNK = 4096
"""Texts that are read together."""
FREQUENT = 10
"""Unknown tokens that are named."""
Advance = Callable[[int], None]
"""Is told how many texts have been read since it was called last."""


class TextReader:
    """Reads one side of examples as a preprocessor does.

    Args:
        side: which texts.
        role: what they are called.
        preprocessor: of a task that has not adapted.
        config: its settings.
    """

    def __init__(self, side: TextSide, role: str, preprocessor: Preprocessor, config: Any):
        self.side = side
        self.role = role
        self.preprocessor = preprocessor
        self.config = config
        self.tokenizer: Tokenizer = preprocessor.tokenizers[side.tokenizer]
        kinds = {"characters": "characters", "whitespace": "tokens"}
        self.unit = kinds.get(self.tokenizer.kind, "words")

    def read(self, part: Examples, advance: Advance) -> "ReadTexts":
        """Read the texts of a part.

        Raises:
            DataError: they are something else than texts.
        """
        texts: Any
        if self.side.of_targets:
            texts = self.preprocessor.read_targets(part.targets, part.inputs)
            texts = texts.flat_values if isinstance(texts, tf.RaggedTensor) else texts
        else:
            texts = self.preprocessor.read_inputs(part.inputs)
        if texts.dtype != tf.string:
            raise DataError("Token ids do not tell which words they stand for: pass raw texts.")
        lengths, hashes, counts = [], [], Counter[bytes]()
        for of_chunk, hashed, tokens, times in _chunks(texts, self.tokenizer):
            lengths.append(of_chunk)
            hashes.append(hashed)
            for token, count in zip(tokens.tolist(), times.tolist(), strict=True):
                counts[token] += count
            advance(len(of_chunk))
        decoded = Counter({token.decode(): count for token, count in counts.items()})
        return ReadTexts(np.concatenate(lengths), np.concatenate(hashes), decoded)

    def lengths(self, read: "ReadTexts") -> Lengths:
        """How long texts are, and how many are cut."""
        found = summarized(self.role, self.unit, read.lengths)
        if not self.side.setting or self.tokenizer.kind == "subwords":
            return found
        limit = getattr(self.config, self.side.setting) - self.side.framing
        cut = int((read.lengths > limit).sum())
        return replace(found, setting=self.side.setting, limit=limit, cut=cut)

    def vocabulary(self, training: "ReadTexts") -> Set[str] | None:
        """The tokens that training makes known; None of subwords, which all words consist of."""
        if self.tokenizer.kind == "subwords":
            return None
        min_count = getattr(self.config, "min_count", 1)  # a setting that not every task has
        self.tokenizer.fix(training.counts, self.config.max_vocabulary, min_count)
        assert self.tokenizer.vocabulary is not None, "it is fixed"
        return set(self.tokenizer.vocabulary.tokens)

    def unknown(self, read: "ReadTexts", known: Set[str]) -> Unknown:
        """The tokens that are not known."""
        counts = Counter({token: n for token, n in read.counts.items() if token not in known})
        frequent = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:FREQUENT])
        return Unknown(
            self.role, self.unit, read.counts.total(), counts.total(), len(counts), frequent
        )


@dataclass(frozen=True)
class ReadTexts:
    """The texts of one side of a part, read.

    Attributes:
        lengths: tokens of each text.
        hashes: 64 bits for each text; texts of the same tokens have the same.
        counts: how often there is each token.
    """

    lengths: np.ndarray
    hashes: np.ndarray
    counts: Counter[str]


def summarized(role: str, unit: str, lengths: np.ndarray) -> Lengths:
    """The distribution of lengths.

    Example:
        >>> summarized("series", "steps", np.array([3, 4, 9])).median
        4
    """
    points = np.quantile(lengths, (0, 0.5, 0.95, 1), method="higher")
    shortest, median, percentile95, longest = map(int, points)
    return Lengths(role, unit, int(lengths.sum()), shortest, median, percentile95, longest)


def _chunks(
    texts: tf.Tensor | tf.RaggedTensor, tokenizer: Tokenizer
) -> Iterator[tuple[np.ndarray, ...]]:
    """Lengths and hashes of some texts at a time, and how often there is which token in them.

    The next are read meanwhile.
    """

    def read(start: tf.Tensor) -> tuple[tf.Tensor, ...]:
        tokens = tokenizer.parts(texts[start : start + CHUNK])
        joined = tf.strings.reduce_join(tokens, axis=-1, separator=" ")
        hashes = tf.strings.to_hash_bucket_fast(joined, 2**63 - 1)
        distinct, _, times = tf.unique_with_counts(tokens.flat_values)
        return tokens.row_lengths(), hashes, distinct, times

    starts = tf.data.Dataset.range(0, max(1, texts.shape[0]), CHUNK)
    chunks = starts.map(read, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
    yield from chunks.as_numpy_iterator()
