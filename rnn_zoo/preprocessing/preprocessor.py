"""What every preprocessing is: raw examples of one kind to tensors."""

import abc
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf

from rnn_zoo.errors import ConfigError, DataError, shortened
from rnn_zoo.preprocessing.checks import check, check_finite, is_numeric
from rnn_zoo.preprocessing.labels import Label, LabelSet, read_labels
from rnn_zoo.preprocessing.pretrained_words import PretrainedWords
from rnn_zoo.preprocessing.raw import read_weights
from rnn_zoo.preprocessing.text_side import TextSide
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import PADDING, UNKNOWN, Vocabulary


class Preprocessor(abc.ABC):
    """Raw examples of one kind to tensors: checks in Python, encoding in the graph.

    `read_*` see what a user passed and raise clear errors; `encode*` run in the TensorFlow graph,
    in training and in an export alike. What `adapt` fixes is `sizes`, the vocabularies of the
    `tokenizers` and the `label_set`; `get_state` gives it as plain Python values and `restore`
    takes it.

    Args:
        tokenizers: the tokenizers by name; `sizes` has the size of each as `NAME_size`.
    """

    CLASSES: ClassVar[str | None] = None
    """The name of the size that counts the classes; None where targets have no classes."""
    TEXTS: ClassVar[tuple[TextSide, ...]] = ()
    """What is text, the inputs first: `rnn-zoo inspect` counts its tokens."""
    TARGETS: ClassVar[str] = "targets"
    """What the targets are called in a sentence."""
    INPUTS_VARY: ClassVar[bool] = False
    """Whether inputs that `read_inputs` makes dense may have another length in another batch."""

    def __init__(self, tokenizers: Mapping[str, Tokenizer] | None = None):
        self.tokenizers = dict(tokenizers or {})
        self.sizes: dict[str, int] | None = None
        self.label_set: LabelSet | None = None
        self.pretrained: PretrainedWords | None = None
        """The vectors that adapting has found for the vocabulary, if settings name a file."""

    @abc.abstractmethod
    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix vocabularies and labels from raw batches `(inputs, targets, ...)`; give the sizes.

        Raises:
            DataError: there are no examples, or they cannot be learned from.
        """

    @abc.abstractmethod
    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Check what a user passes as `x` and make it one tensor with a row an example.

        Raises:
            DataError: an example is wrong; the message names it.
        """

    @abc.abstractmethod
    def read_targets(self, y: Any, inputs: Any) -> tf.Tensor | tf.RaggedTensor:
        """The same for `y`, which belongs to the `inputs` that `read_inputs` gave."""

    def check_labels(self, targets: Any, strict: bool) -> None:
        """Look for labels in raw targets, as `read_targets` gives them, that training lacks.

        Args:
            targets: `(batch,)` or ragged `(batch, steps)`.
            strict: whether there may be none; else a warning tells of them.

        Raises:
            DataError: there is one; the message names it and its example.
        """
        if self.label_set is None:
            return
        is_ragged = isinstance(targets, tf.RaggedTensor)
        labels = read_labels((targets.flat_values if is_ragged else targets).numpy())
        unknown = self.label_set.unknown(labels)
        if not unknown:
            return
        position, label = unknown[0]
        example = int(targets.value_rowids()[position]) if is_ragged else position
        message = f"Label {shortened(label)} (example {example}) {self.label_set.not_in_set()}"
        if strict:
            raise DataError(message)
        warnings.warn(
            f"{message} {len(unknown)} of {len(labels)} labels here are not; each counts as an "
            "error of the model.",
            stacklevel=2,
        )

    def read_weights(self, weights: Any, targets: Any) -> Any:  # noqa: ARG002 - tags need them
        """The same for sample weights: one number an example, `(batch,)`."""
        return read_weights(weights)

    def input_rank(self, dtype: tf.DType) -> int:
        """The rank of one raw input: a text is a scalar, its token ids are a vector."""
        return 0 if dtype == tf.string else 1

    @abc.abstractmethod
    def encode_inputs(self, x: Any) -> Any:
        """Raw inputs to those of the network, sequences still ragged."""

    @abc.abstractmethod
    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """What a client needs that makes the network's inputs without TensorFlow.

        Args:
            names: those of the inputs.

        Returns:
            Plain values of JSON; `kind` is one of `ENCODERS` in `export/clients/client.py`.

        Raises:
            ValueError: there is no vocabulary.
        """

    @abc.abstractmethod
    def encode(self, x: Any, y: Any, strict: bool = True) -> tuple[Any, Any]:
        """Raw inputs and targets to those of the network and of the loss.

        Args:
            x: raw inputs.
            y: raw targets.
            strict: whether a label that training lacks is an error; else its id is -1, which costs
                nothing and counts as an error of the model.
        """

    def encode_examples(
        self,
        x: Any,
        y: Any,
        weight: Any = None,
        class_weights: tf.Tensor | None = None,
        strict: bool = True,
    ) -> tuple[Any, ...]:
        """Raw columns to `(inputs, targets[, weights])`; a sequence has a weight for each step."""
        inputs, targets = self.encode(x, y, strict)
        if weight is not None:
            ranks = (1, 2) if isinstance(targets, tf.RaggedTensor) else (1,)
            weight = checked_weights(weight, ranks)
        if isinstance(targets, tf.RaggedTensor):
            weight = _by_step(weight, targets)
        if class_weights is not None:
            by_class = tf.gather(class_weights, targets)
            weight = by_class if weight is None else by_class * weight
        return (inputs, targets) if weight is None else (inputs, targets, weight)

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:
        """Keras' `class_weight`, by label or, for string labels, by class id, as one each.

        Raises:
            DataError: there are no classes, or not this one.
        """
        if self.CLASSES is None:
            raise DataError(f"class_weight: the {self.TARGETS} have no classes.")
        return self.known_labels.weights(weights)

    @property
    def known_labels(self) -> LabelSet:
        """The label set.

        Raises:
            ValueError: there is none yet.
        """
        if self.label_set is None:
            raise ValueError("There is no label set yet: call adapt or fit first.")
        return self.label_set

    def tables(self) -> list[Any]:
        """The lookup tables that an export holds."""
        return [t.vocabulary.table for t in self.tokenizers.values() if t.vocabulary is not None]

    def get_state(self) -> dict[str, Any]:
        """`vocabularies`, lists of tokens by name, and `labels`: what `restore` takes."""
        vocabularies = {
            name: tokenizer.vocabulary.tokens
            for name, tokenizer in self.tokenizers.items()
            if tokenizer.vocabulary is not None
        }
        state: dict[str, Any] = {"vocabularies": vocabularies}
        if self.CLASSES is not None:
            state["labels"] = None if self.label_set is None else self.label_set.labels
        return state

    def restore(
        self,
        sizes: Mapping[str, int],
        vocabularies: Mapping[str, Sequence[str]] | None = None,
        labels: Sequence[Label] | None = None,
    ) -> None:
        """Take what adapting has fixed before, or what a user who brings tensors knows.

        Args:
            sizes: those of the task.
            vocabularies: tokens in the order of their ids; a name without one has token ids only.
            labels: the labels in the order of their ids; None: the integers below their number.

        Raises:
            ConfigError: sizes do not fit the vocabularies or the labels.
        """
        self.sizes = dict(sizes)
        for name, tokenizer in self.tokenizers.items():
            tokenizer.size = sizes[f"{name}_size"]
        for name, tokens in (vocabularies or {}).items():
            if list(tokens[:2]) != [PADDING, UNKNOWN]:
                raise ConfigError(f"{name} does not begin with {PADDING} and {UNKNOWN}.")
            if len(tokens) != sizes[f"{name}_size"]:
                raise ConfigError(
                    f"{name}_size={sizes[f'{name}_size']}, but the vocabulary has {len(tokens)} "
                    "tokens."
                )
            self.tokenizers[name].use(Vocabulary(tokens))
        if self.CLASSES is not None:
            count = sizes[self.CLASSES]
            if labels is not None and len(labels) != count:
                raise ConfigError(f"{self.CLASSES}={count}, but there are {len(labels)} labels.")
            self.label_set = LabelSet(range(count) if labels is None else labels)


def checked_weights(weights: Any, ranks: Sequence[int] = (1,)) -> Any:
    """The sample weights of a batch as finite floats, inside a graph.

    Args:
        weights: as a dataset holds them.
        ranks: those that they may have: 1 for one number an example, 2 for one a step.

    Raises:
        DataError: they are no numbers, or have another rank.
        tf.errors.InvalidArgumentError: one is not finite; see `checks`.
    """
    if not is_numeric(weights.dtype):
        raise DataError(
            f"sample_weight is one number an example; the dataset has {weights.dtype.name}."
        )
    if weights.shape.rank not in ranks:
        raise DataError(f"sample_weight is one number an example; its shape is {weights.shape}.")
    return check_finite(tf.cast(weights, keras.config.floatx()), "Sample weights")


def _by_step(weight: Any, targets: tf.RaggedTensor) -> tf.RaggedTensor:
    """A weight for each step of the targets: its example's, or its own."""
    if weight is None:
        weight = tf.ones(targets.nrows(), keras.config.floatx())
    if weight.shape.rank == 1:
        return targets.with_values(tf.gather(weight, targets.value_rowids()))
    lengths = targets.row_lengths()
    if not isinstance(weight, tf.RaggedTensor):  # padded, as the targets were
        steps = tf.shape(weight, tf.int64)[1]
        weight = tf.RaggedTensor.from_tensor(weight, lengths=tf.minimum(lengths, steps))
    same = tf.reduce_all(weight.row_lengths() == lengths)
    message = "The sample weights of an example are as many as its steps, or one."
    return targets.with_values(check(weight.values, same, message))
