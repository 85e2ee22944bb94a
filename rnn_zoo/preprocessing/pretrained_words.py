"""Words whose vectors are known before training."""

import os
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, model_validator

from rnn_zoo.config import Section, Text
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.vectors import Coverage, WordVectors, load

FileName = Annotated[
    Text, BeforeValidator(lambda x: os.fspath(x) if isinstance(x, os.PathLike) else x)
]
"""A setting that names a file, as a string or a path."""


class VectorSettings(Section):
    """Settings of preprocessing whose words may begin with vectors from a file.

    Attributes:
        vectors: a file of word vectors, see `rnn_zoo.vectors.load`. The network's `embedding_dim`
            becomes theirs. A model that has adapted holds the vectors, and no longer the name.
        add_vector_words: whether words that have a vector, and are not among those of the training
            data, are known too; their vectors are not trained.
    """

    vectors: FileName | None = None
    add_vector_words: bool = False

    @model_validator(mode="after")
    def _check_vectors(self) -> "VectorSettings":
        if self.vectors is not None and getattr(self, "tokens", "words") != "words":
            raise ValueError("vectors are those of words: set tokens to words")
        if self.add_vector_words and self.vectors is None:
            raise ValueError("add_vector_words adds the words of vectors: name a file")
        return self

    def adapted(self) -> "VectorSettings":
        """The settings without what adapting has used."""
        return self.model_copy(update={"vectors": None, "add_vector_words": False})


@dataclass(frozen=True)
class PretrainedWords:
    """Vectors for the tokens of a vocabulary.

    Attributes:
        vectors: of many words.
        tokens: the tokens of the vocabulary.
        fixed_words: how many of them, the last ones, are there because they have a vector.
        coverage: how many words of the training data have a vector.
    """

    vectors: WordVectors
    tokens: list[str]
    fixed_words: int
    coverage: Coverage

    @classmethod
    def find(
        cls, settings: VectorSettings, tokenizer: Tokenizer, counts: Counter[str]
    ) -> "PretrainedWords | None":
        """Read the vectors that the settings name, if they do, and add words if they say so.

        Args:
            settings: of the preprocessing.
            tokenizer: with its vocabulary, to which words may be added.
            counts: the words of the training data.

        Raises:
            DataError: the file cannot be read, or no word has a vector.
        """
        if settings.vectors is None:
            return None
        vectors = load(settings.vectors)
        coverage = Coverage.measure(vectors, counts)
        if not coverage.covered_words:
            first = ", ".join(map(repr, vectors.words[:3]))
            raise DataError(
                f"{settings.vectors}: none of the {len(counts):,} words of the training data has a "
                f"vector; its words are {first} and so on."
            )
        fixed = tokenizer.add(vectors.words) if settings.add_vector_words else 0
        assert tokenizer.vocabulary is not None, "the counts have fixed it"
        return cls(vectors, tokenizer.vocabulary.tokens, fixed, coverage)
