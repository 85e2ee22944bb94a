"""Class labels and their ids."""

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError, shortened
from rnn_zoo.preprocessing.checks import check
from rnn_zoo.preprocessing.vocabulary import Vocabulary

Label = int | str


class LabelSet:
    """The classes that a model knows, in a fixed order; strings or integers.

    Args:
        labels: the labels; a label's class id is its position.

    Example:
        >>> labels = LabelSet.from_examples(["good", "bad", "good"])
        >>> labels.labels, labels.ids(tf.constant(["good"])).numpy().tolist()
        (['bad', 'good'], [1])
    """

    def __init__(self, labels: Sequence[Label]):
        self.labels = list(labels)
        self._vocabulary = Vocabulary([str(label) for label in self.labels])
        self.table = self._vocabulary.table

    @classmethod
    def from_examples(cls, labels: Iterable[Label]) -> "LabelSet":
        """The labels that occur, sorted.

        Raises:
            DataError: there are fewer than two.
        """
        classes = sorted(set(labels))
        if len(classes) < 2:
            raise DataError(
                f"The examples have one class only, {shortened(classes[0])}: there is nothing "
                "to tell apart."
            )
        return cls(classes)

    def __len__(self) -> int:
        return len(self.labels)

    def unknown(self, labels: Iterable[Label]) -> list[tuple[int, Label]]:
        """The labels outside the set, each with its position."""
        own = {str(label) for label in self.labels}
        return [(i, label) for i, label in enumerate(labels) if str(label) not in own]

    def weights(self, weights: Mapping[Any, float]) -> tf.Tensor:
        """Keras' `class_weight`, by label or, for string labels, by class id, as one each.

        Raises:
            DataError: there is no such class, or a weight is no finite number from 0.
        """
        if not isinstance(weights, Mapping):
            raise DataError(
                f"class_weight is a mapping from classes to numbers, not {shortened(weights)}."
            )
        keys: dict[Label, int] = {str(label): i for i, label in enumerate(self.labels)}
        if isinstance(self.labels[0], str):
            keys |= {position: position for position in range(len(self.labels))}
        values = np.ones(len(self.labels), keras.config.floatx())
        for label, weight in weights.items():
            position = keys.get(label, keys.get(str(label)))
            if position is None:
                raise DataError(
                    f"class_weight: there is no class {shortened(label)}; there are "
                    f"{shortened(self.labels)}."
                )
            values[position] = _read_weight(weight, label)
        return tf.constant(values)

    def ids(
        self, labels: tf.Tensor | tf.RaggedTensor, strict: bool = True
    ) -> tf.Tensor | tf.RaggedTensor:
        """Class ids (int32) of a tensor of labels, inside a graph.

        Args:
            labels: strings or integers.
            strict: whether a label outside the set is an error; else its id is -1.

        Raises:
            tf.errors.InvalidArgumentError: a label is not in the set; `graph_errors` makes it a
                DataError.
        """
        keys = labels if labels.dtype == tf.string else tf.strings.as_string(labels)
        ids = self._vocabulary.ids(keys)
        if not strict:
            return ids
        flat_keys, flat_ids = (
            part.flat_values if isinstance(part, tf.RaggedTensor) else tf.reshape(part, [-1])
            for part in (keys, ids)
        )
        unknown = tf.boolean_mask(flat_keys, flat_ids < 0)
        message = "Label '", tf.strings.reduce_join(unknown[:1]), f"' {self.not_in_set()}"
        return check(ids, tf.size(unknown) == 0, *message)

    def not_in_set(self) -> str:
        """The end of the sentence that begins with a label outside the set."""
        shown = ", ".join(map(shortened, self.labels[:10]))
        more = ", ..." if len(self.labels) > 10 else ""
        return f"is not in the label set [{shown}{more}] of the training examples."


def read_labels(values: Any) -> list[Label]:
    """What a user passes as labels, as a list of strings or of integers.

    Args:
        values: a list, a NumPy array or a tensor, one label an example. Whole floats count as
            integers and bytes as UTF-8 strings.

    Raises:
        DataError: a label is missing (None, NaN), not UTF-8, no string and no whole number, or the
            labels are not one-dimensional; strings and numbers are mixed.
    """
    array = values if isinstance(values, (list, tuple)) else np.asarray(values)
    labels = [_read_label(value, position) for position, value in enumerate(array)]
    kinds = {type(label) for label in labels}
    if len(kinds) > 1:
        raise DataError("The labels mix strings and numbers: write all of them one way.")
    return labels


def _read_weight(weight: Any, label: Any) -> float:
    largest = float(tf.as_dtype(keras.config.floatx()).max)
    is_number = isinstance(weight, (numbers.Real, np.bool_))
    if not is_number or not 0 <= weight <= largest:
        raise DataError(
            f"class_weight: the weight of class {shortened(label)} is {shortened(weight)}; it "
            "should be a finite number, 0 or above."
        )
    return float(weight)


def _read_label(value: Any, position: int) -> Label:
    where = f"Label of example {position}"
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bytes, str)):
        try:
            return (value if isinstance(value, bytes) else value.encode()).decode()
        except UnicodeError:
            raise DataError(f"{where} is {shortened(value)}, which is not UTF-8 text.") from None
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        raise DataError(f"{where} is missing ({value}): drop the example or give it a label.")
    if isinstance(value, (int, float, np.number, np.bool_)) and value == int(value):
        return int(value)
    kind = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else shortened(value)
    raise DataError(f"{where} is {kind}: a label is one string or one whole number.")
