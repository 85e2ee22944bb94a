"""How a task comes by its vocabulary, labels and weights."""

import abc
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import keras

from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.models.embed import FIXED, set_vectors
from rnn_zoo.models.frozen import freeze, frozen_layers
from rnn_zoo.pipeline import RawExamples, read_examples
from rnn_zoo.preprocessing.labelled_text import Earlier, LabelledText
from rnn_zoo.preprocessing.vocabulary import END, PADDING, START, UNKNOWN
from rnn_zoo.tasks.preset_task import PresetTask
from rnn_zoo.tasks.transfer import HEAD, Trained, Transfer, take_over

VOCABULARY = "vocabulary"
"""The tokenizer whose words a task can take over."""


class AdaptingTask(PresetTask, abc.ABC):
    """A task that adapts to examples, from the beginning or from what another one has learned.

    Attributes:
        is_pretrained: whether the weights are from elsewhere and nothing has been learned since:
            then the first `fit`, or `adapt`, puts on a new head if there are other labels.
    """

    HAS_TARGETS: ClassVar[bool] = True
    """Whether there are targets; else inputs alone are learned from."""
    TAKES_OVER: ClassVar[bool] = False
    """Whether its words and recurrent layers can begin with those of a trained task."""
    HANDS_ON: ClassVar[bool] = False
    """Whether it can be that trained task."""
    is_pretrained = False
    _source: Trained | None = None

    def adapt(self, x: Any, y: Any = None, extend: bool = False) -> Self:
        """Fix vocabularies and label sets from raw examples, and build the network.

        Args:
            x: raw inputs, or what brings its own targets, see `Task`.
            y: raw targets, where `x` does not bring them.
            extend: whether a model that has its weights gets the words of these examples that it
                lacks, as many as `max_vocabulary` has room for, and if it lacks labels of theirs, a
                new last layer for their label set. Whatever else it has learned stays. What was
                taken over is printed.

        Returns:
            The task itself.

        Raises:
            ValueError: without `extend`, the task was adapted, built from sizes or loaded before.
            ConfigError: the task cannot be extended.
            DataError: there are no examples, or they cannot be learned from.
        """
        if self.network is None:
            self._adapt(read_examples(self.preprocessor, x, y))
        elif extend:
            self._adapt_again(x, y, is_closed=False)
        elif self.is_pretrained:
            self._take_labels(x, y)
        else:
            raise ValueError(
                "This model has its vocabulary and labels already; adapting again would make its "
                "weights meaningless. Start from a new rnn_zoo.get(...), or pass extend=True."
            )
        return self

    def start_from(self, task: "AdaptingTask") -> Self:
        """Take over vectors of words and recurrent layers of a trained task when this one adapts.

        The words of both vocabularies are known then. What was taken over is printed. Sources: Dai
        and Le 2015, "Semi-supervised sequence learning"; Howard and Ruder 2018, "Universal language
        model fine-tuning for text classification".

        Args:
            task: such as a language model; its cell, units, depth and vectors of tokens should have
                the sizes of this one's, and its tokens be of the same kind.

        Returns:
            The task itself.

        Raises:
            ConfigError: one of the tasks has no vocabulary of words, or this one has adapted.
        """
        if self.network is not None:
            raise ConfigError("This model has its weights already: start from a new one.")
        self._check_takes_over()
        if not (task.HANDS_ON and task.network is not None and task._has_words()):
            raise ConfigError(
                f"A {type(self).__name__} takes over words and recurrent layers of a trained "
                f"language model, classifier or tagger of raw texts, not of this "
                f"{type(task).__name__}."
            )
        own, theirs = (one.preprocessor.tokenizers[VOCABULARY] for one in (self, task))
        if (own.kind, own.lowercase) != (theirs.kind, theirs.lowercase):
            raise ConfigError(
                f"The trained model reads {theirs.kind} (lowercase={theirs.lowercase}), and this "
                f"one {own.kind} (lowercase={own.lowercase})."
            )
        self._source = task._trained()
        return self

    def _adapt(self, raw: RawExamples) -> None:
        _check_finite(raw)
        if self._source is None:
            sizes = self.preprocessor.adapt(raw.batches)
        else:
            earlier = Earlier(_words(self._source.vectors.words))
            sizes = self.preprocessor.adapt(raw.batches, earlier)
        self.preprocessor.sizes = sizes
        pretrained = self.preprocessor.pretrained
        if pretrained is not None:
            if self._source is not None:
                raise ConfigError("vectors and weights: words can begin with one of them.")
            _say(f"{self.preprocessing_config.vectors}: {pretrained.coverage}.")
            self.network_config = self.network_config.model_copy(
                update={
                    "embedding_dim": pretrained.vectors.dim,
                    "fixed_words": pretrained.fixed_words,
                }
            )
        self._build_from_sizes(sizes)
        if pretrained is not None:
            set_vectors(self.network, pretrained.vectors, pretrained.tokens, pretrained.fixed_words)
            # From now on the network holds the vectors, and nothing the name of their file.
            self.preprocessing_config = self.preprocessing_config.adapted()
            self.preprocessor.pretrained = None
        if self._source is not None:
            _say(str(self._take_over(self._source, keeps_head=False)))
            self._source = None
        self._build_optimizer()

    def _take_labels(self, x: Any, y: Any) -> None:
        """Put on a new head before the first training, if it is to learn other labels."""
        self.is_pretrained = False
        can_be_read_again = not isinstance(x, Iterator)
        if self.TAKES_OVER and self._has_words() and can_be_read_again:
            self._adapt_again(x, y, is_closed=True)

    def _adapt_again(self, x: Any, y: Any, is_closed: bool) -> None:
        """Fix vocabulary and labels anew, with the words that are known and, unless closed, more.

        Labels stay if the model has all those of the examples.
        """
        self._check_takes_over()
        if not self._has_words():
            raise ConfigError("This model was built for token ids: it has no words to extend.")
        trained = self._trained()
        own = len(trained.vectors) - self.network_config.fixed_words
        fixed = trained.vectors.words[own:]
        preprocessor = self.build_preprocessor()
        assert isinstance(preprocessor, LabelledText), "tasks that take over words have labels"
        known = _words(trained.vectors.words[:own])
        earlier = Earlier(known, is_closed, self.preprocessor.label_set)
        raw = read_examples(preprocessor, x, y, None, self.HAS_TARGETS)
        _check_finite(raw)
        sizes = preprocessor.adapt(raw.batches, earlier)
        fixed_words = preprocessor.tokenizer.add(fixed)
        sizes["vocabulary_size"] += fixed_words
        preprocessor.sizes = sizes
        keeps_head = preprocessor.label_set is self.preprocessor.label_set
        new = () if keeps_head else HEAD
        frozen = [name for name in frozen_layers(self.network) if name not in new]
        if is_closed and keeps_head:
            return
        self.preprocessor = preprocessor
        self.network_config = self.network_config.model_copy(update={"fixed_words": fixed_words})
        self._build_from_sizes(sizes)
        _say(str(self._take_over(trained, keeps_head)))
        freeze(self.network, [name for name in frozen if name != FIXED or fixed_words])
        self._build_optimizer()

    def _take_over(self, trained: Trained, keeps_head: bool) -> Transfer:
        tokens, fixed_words = self._tokens(), self.network_config.fixed_words
        return take_over(self.network, tokens, fixed_words, trained, keeps_head)

    def _trained(self) -> Trained:
        return Trained.of(self.network, self._tokens())

    def _tokens(self) -> list[str]:
        vocabulary = self.preprocessor.tokenizers[VOCABULARY].vocabulary
        assert vocabulary is not None, "a task that has words has them"
        return vocabulary.tokens

    def _has_words(self) -> bool:
        return self.preprocessor.tokenizers[VOCABULARY].vocabulary is not None

    def _check_takes_over(self) -> None:
        if not self.TAKES_OVER:
            raise ConfigError(
                f"A {type(self).__name__} takes over no vocabulary and no weights: classifiers and "
                "taggers do."
            )


def _words(tokens: list[str]) -> list[str]:
    """The tokens that stand for themselves."""
    special = {PADDING, UNKNOWN, START, END}
    return [token for token in tokens if token not in special]


def _check_finite(raw: RawExamples) -> None:
    if raw.is_endless:
        raise DataError(
            "This dataset repeats forever, so the vocabulary would never be complete: call "
            "adapt on a finite one first."
        )
    if raw.reads_once:
        raise DataError(
            "A generator can be read only once, and the vocabulary takes a pass of its own: call "
            "adapt on a finite list or dataset first."
        )


def _say(text: str) -> None:
    if keras.config.is_interactive_logging_enabled():
        print(text)
