"""Texts and their labels to token ids and class ids."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.labels import Label, LabelSet, known, read_labels
from rnn_zoo.preprocessing.raw import read_texts, read_token_ids
from rnn_zoo.preprocessing.text import TextConfig, TextPreprocessor


class TextClassificationPreprocessor:
    """The `Preprocessor` of text classification.

    Texts may also be given as token ids `(batch, time)`, with 0 as padding on either side.

    Args:
        config: how text becomes tokens.
        vocabulary_size: number of token ids, where that is known already.
        labels: the label set, where that is known already.
    """

    def __init__(
        self,
        config: TextConfig,
        vocabulary_size: int | None = None,
        labels: Sequence[Label] | None = None,
    ):
        self.text = TextPreprocessor(config)
        self.vocabulary_size = vocabulary_size
        self.label_set = None if labels is None else LabelSet(labels)

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix the vocabulary and the label set; see `Preprocessor`."""
        if batches.element_spec[0].dtype != tf.string:
            raise DataError(
                "Token ids do not say how large their vocabulary is: give rnn_zoo.get "
                "vocabulary_size and num_classes, or pass raw texts."
            )
        if len(batches.element_spec) < 2:
            raise DataError("The labels are missing: a classifier adapts to texts and labels.")
        _no_floats(batches.element_spec[1].dtype)
        labels: list[Label] = []

        def texts_of(batches: tf.data.Dataset) -> Any:
            for texts, targets, *_ in batches:
                labels.extend(read_labels(targets.numpy()))
                yield texts

        vocabulary = self.text.adapt(texts_of(batches))
        if not labels:
            raise DataError("The data are empty: there is not one example.")
        self.label_set = LabelSet.from_examples(labels)
        self.vocabulary_size = len(vocabulary)
        return {"vocabulary_size": len(vocabulary), "num_classes": len(self.label_set)}

    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Texts as a string tensor `(batch,)`, token ids as a ragged `(batch, tokens)`."""
        ids = read_token_ids(x, self.vocabulary_size)
        return read_texts(x) if ids is None else ids

    def read_targets(self, y: Any, inputs: Any) -> tf.Tensor:  # noqa: ARG002 - tags need them
        """Labels as strings `(batch,)`."""
        labels = read_labels(y)
        if self.label_set is not None:
            self.label_set.check(labels)
        is_text = bool(labels) and isinstance(labels[0], str)
        return tf.constant(labels, tf.string if is_text else tf.int64, shape=(len(labels),))

    def rank(self, dtype: tf.DType) -> int:
        """A text is a scalar, token ids are a vector."""
        return 0 if dtype == tf.string else 1

    def encode_inputs(self, x: tf.Tensor) -> tf.RaggedTensor:
        """Token ids `(batch, tokens)`, cut to the maximal length."""
        if x.dtype == tf.string:
            return self.text(x)
        ids = x if isinstance(x, tf.RaggedTensor) else tf.RaggedTensor.from_tensor(x)
        return self.text.cut(tf.ragged.boolean_mask(tf.cast(ids, tf.int32), ids != 0))

    def encode(self, x: Any, y: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor]:
        """Token ids `(batch, tokens)` and class ids `(batch,)`."""
        _no_floats(y.dtype)
        labels = tf.cast(y, tf.int32) if y.dtype == tf.bool else y
        return self.encode_inputs(x), known(self.label_set).ids(labels)

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:
        """One weight a class; weights are keyed by label or, for string labels, by class id."""
        return known(self.label_set).weights(weights)

    def tables(self) -> list[Any]:
        """The vocabulary's table, where there is one."""
        return [] if self.text.vocabulary is None else [self.text.vocabulary.table]

    def save_assets(self, folder: Path) -> None:
        """Write the vocabulary."""
        self.text.save_assets(folder)

    def load_assets(self, folder: Path) -> None:
        """Read the vocabulary."""
        self.text.load_assets(folder)


def _no_floats(dtype: tf.DType) -> None:
    if dtype.is_floating:
        raise DataError("The labels of a dataset are strings or integers, not floats: cast them.")
