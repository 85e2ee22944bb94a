"""Words that have labels: what the preprocessings of classes and of tags have in common."""

import abc
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from rnn_zoo.config import Count, VocabularySize
from rnn_zoo.preprocessing.labels import Label, LabelSet
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.preprocessing.pretrained_words import PretrainedWords, VectorSettings
from rnn_zoo.preprocessing.tokenizer import Tokenizer


class LabelledTextConfig(VectorSettings):
    """Settings of `LabelledText`, beside `VectorSettings`.

    Attributes:
        lowercase: whether case is folded; the characters of a tagger keep theirs.
        max_vocabulary: number of token ids at the most, padding and unknown counted.
        min_count: a token seen less often while adapting is unknown. Above 1, training shows what
            an unknown one is like.
    """

    lowercase: bool = True
    max_vocabulary: VocabularySize = 20_000
    min_count: Count = 1


@dataclass(frozen=True)
class Earlier:
    """What a model has learned before it adapts.

    Attributes:
        tokens: tokens that come before those of the examples.
        is_closed: whether there are to be no others.
        labels: a label set that stays if the examples have no other labels.
    """

    tokens: Sequence[str] = ()
    is_closed: bool = False
    labels: LabelSet | None = None


NOTHING = Earlier()
"""What a new model has learned."""


class LabelledText(Preprocessor):
    """A `Preprocessor` of words with labels, which may begin with an earlier vocabulary.

    Args:
        config: how text becomes tokens.
        tokenizer: of the words.
    """

    CLASSES: ClassVar[str]

    def __init__(self, config: LabelledTextConfig, tokenizer: Tokenizer):
        self.config = config
        self.tokenizer = tokenizer
        super().__init__({"vocabulary": tokenizer})

    @abc.abstractmethod
    def adapt(self, batches: tf.data.Dataset, earlier: Earlier = NOTHING) -> dict[str, int]:
        """Fix vocabulary and labels; see `Preprocessor`.

        Args:
            batches: raw batches `(inputs, targets, ...)`.
            earlier: what stays of a model that has been trained.
        """

    def _fix(self, counts: Counter[str], labels: Set[Label], earlier: Earlier) -> dict[str, int]:
        """Decide on the label set, the vocabulary and its vectors; gives the sizes.

        Raises:
            DataError: there is one label only, strings and numbers are mixed, or the file of
                vectors cannot be read.
        """
        config, label_set = self.config, earlier.labels
        if label_set is None or not labels <= set(label_set.labels):
            label_set = LabelSet.from_examples(labels)
        size = self.tokenizer.fix(
            counts, config.max_vocabulary, config.min_count, earlier.tokens, earlier.is_closed
        )
        self.label_set = label_set
        self.pretrained = PretrainedWords.find(config, self.tokenizer, counts)
        if self.pretrained is not None:
            size += self.pretrained.fixed_words
        return {"vocabulary_size": size, self.CLASSES: len(label_set)}
