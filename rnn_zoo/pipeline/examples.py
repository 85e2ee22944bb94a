"""What a user passes as examples, in any of Keras' forms, as one checked stream."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.pipeline.epoch_order import EpochOrder
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.preprocessing.raw import as_column, as_ragged

RAW_BATCH = 1024
"""Raw examples that are encoded together; large enough to amortize a call, no more."""
STREAM_BATCH = 32
"""The same of a stream that may not end, of which little should be read ahead."""


@dataclass(frozen=True)
class RawExamples:
    """Raw examples, read and checked.

    Attributes:
        batches: batches `(inputs[, targets[, weights]])`, a row an example.
        is_batched: whether these are the user's own batches, which training keeps.
        reads_once: whether the stream cannot begin again.
        keeps_order: whether every pass gives the same examples in the same order. Only of what
            stands in memory is that known: a dataset may shuffle, or draw, at every pass.
        reorder: the same batches in the order of an epoch, where Keras shuffles those of a user.
    """

    batches: tf.data.Dataset
    is_batched: bool = False
    reads_once: bool = False
    keeps_order: bool = False
    reorder: Callable[[EpochOrder], tf.data.Dataset] | None = None

    @property
    def is_endless(self) -> bool:
        """Whether the stream is known never to end."""
        return bool(self.batches.cardinality() == tf.data.INFINITE_CARDINALITY)

    @property
    def is_finite(self) -> bool:
        """Whether the stream is known to end."""
        return bool(self.batches.cardinality() >= 0)

    def check_ends(self, argument: str) -> None:
        """Raise where the stream never ends, and name the argument that would end it."""
        if self.is_endless:
            raise ValueError(f"These examples never end: pass {argument}.")

    def unbatched(self) -> "RawExamples":
        """The same examples, to be batched anew."""
        return replace(self, is_batched=False, reorder=None)

    def repeatable(self, in_order: bool = False) -> "RawExamples":
        """The same examples, to be read several times.

        What cannot be is read now, once, and held in memory.

        Args:
            in_order: whether every pass has to give the same examples in the same order, so that
                what one pass finds can be compared with what another does.
        """
        if self.keeps_order or not (in_order or self.reads_once):
            return self
        held = self.batches.cache()
        with graph_errors():
            for _ in held:  # a cache holds nothing before it was read to its end
                pass
        return replace(self, batches=held, reads_once=False, keeps_order=True, reorder=None)

    def columns(self) -> tuple[Any, ...]:
        """All examples of one pass: inputs, targets and weights as one tensor each.

        For examples that come one by one: batches of a user need not fit together.
        """
        return tuple(tf.concat(parts, axis=0) for parts in zip(*self.batches, strict=True))

    def take(self, steps: int | None, batch_size: int) -> "RawExamples":
        """The examples of the first steps: the user's batches, or `batch_size` examples each."""
        if steps is None:
            return self
        if self.is_batched:
            return replace(self, batches=self.batches.take(steps))
        examples = self.batches.unbatch().take(steps * batch_size)
        return replace(self, batches=examples.ragged_batch(min(RAW_BATCH, steps * batch_size)))


def read_examples(
    preprocessor: Preprocessor,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    needs_targets: bool = False,
    strict: bool = True,
) -> RawExamples:
    """Read what a user passes to `fit`, `evaluate` or `predict`.

    Args:
        preprocessor: says what an example is.
        x: inputs (a list, an array, a tensor, a table of one column), or a `tf.data.Dataset` of
            examples or of batches, a `keras.utils.PyDataset`, or a generator of batches, each
            `(x[, y[, sample_weight]])`.
        y: targets, where `x` does not bring its own.
        sample_weight: weights, where `x` does not bring its own.
        needs_targets: whether inputs alone are an error.
        strict: whether a label that training lacks is an error, and no warning.

    Raises:
        DataError: the examples cannot be read; the message says which and why.
        ValueError: arguments do not go together.
    """
    brings_targets = isinstance(x, (tf.data.Dataset, keras.utils.PyDataset, Iterator))
    if brings_targets and not (y is None and sample_weight is None):
        raise ValueError(
            f"A {_kind(x)} brings its own targets and weights: pass no y and no sample_weight."
        )
    if isinstance(x, tf.data.Dataset):
        return _from_dataset(preprocessor, x, needs_targets)
    if isinstance(x, keras.utils.PyDataset):
        return _from_py_dataset(preprocessor, x, needs_targets, strict)
    if isinstance(x, Iterator):
        return _from_generator(preprocessor, x, needs_targets, strict)
    return from_columns(read_columns(preprocessor, x, y, sample_weight, needs_targets, strict))


def from_columns(columns: tuple[Any, ...]) -> RawExamples:
    """Examples that are in memory as tensors `(x[, y[, weight]])`, a row an example."""
    batches = tf.data.Dataset.from_tensor_slices(columns).ragged_batch(RAW_BATCH)
    return RawExamples(batches, keeps_order=True)


def read_columns(
    preprocessor: Preprocessor,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    needs_targets: bool = False,
    strict: bool = True,
) -> tuple[Any, ...]:
    """Examples that are in memory as checked tensors `(x[, y[, weight]])`, a row an example.

    Raises:
        DataError: the examples cannot be read, or are not as many as the targets.
        ValueError: there are no inputs, or no targets where they are needed.
    """
    check_examples(x, y, needs_targets)
    columns = [preprocessor.read_inputs(as_column(x, "x"))]
    if y is not None:
        columns.append(preprocessor.read_targets(as_column(y, "y"), columns[0]))
        preprocessor.check_labels(columns[1], strict)
    if sample_weight is not None:
        weights = as_column(sample_weight, "sample_weight")
        columns.append(preprocessor.read_weights(weights, columns[-1]))
    counts = [int(column.shape[0]) for column in columns]
    if len(set(counts)) > 1:
        names = ("inputs", "targets", "sample weights")
        sizes = ", ".join(f"{n} {name}" for n, name in zip(counts, names, strict=False))
        raise DataError(f"Inputs and targets belong together one by one; got {sizes}.")
    if counts[0] == 0:
        raise DataError("The data are empty: there is not one example.")
    return tuple(columns)


def check_examples(x: Any, y: Any, needs_targets: bool) -> None:
    """Raise a ValueError where there are no inputs, or no targets where they are needed."""
    if x is None or (needs_targets and y is None):
        raise ValueError(f"Examples are missing: got x={type(x).__name__}, y={type(y).__name__}.")


def unpack_examples(data: Any, has_targets: bool) -> tuple[Any, Any, Any]:
    """Keras' forms of `validation_data` as inputs, targets and sample weights.

    Where there are no targets, inputs may stand alone, and None stands for the targets.
    """
    if isinstance(data, (tf.data.Dataset, keras.utils.PyDataset, Iterator)):
        return data, None, None
    if not has_targets and not isinstance(data, tuple):
        return data, None, None
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        x, y, *weight = data
        return x, y, weight[0] if weight else None
    raise ValueError(
        "validation_data is a tuple (x, y[, sample_weight]), a tf.data.Dataset or a PyDataset."
    )


def split_examples(
    x: Any, y: Any, weight: Any, share: float
) -> tuple[Any, Any, Any, tuple[Any, Any, Any]]:
    """Cut off the last `share` of the examples for validation, as Keras does.

    Raises:
        ValueError: the examples do not stand in memory, or the share is not in (0, 1).
        DataError: a part would be empty.
    """
    if isinstance(x, (tf.data.Dataset, keras.utils.PyDataset, Iterator)):
        raise ValueError(
            f"validation_split needs lists or arrays. Split the {_kind(x)} with take and skip, "
            "and pass validation_data."
        )
    if not 0 < share < 1:
        raise ValueError(f"validation_split={share} should lie between 0 and 1.")
    x, y, weight = (
        as_column(part, name)
        for part, name in zip((x, y, weight), ("x", "y", "sample_weight"), strict=True)
    )
    count = x.shape[0] if hasattr(x, "shape") else len(x)
    cut = math.floor(count * (1 - share))
    if cut in (0, count):
        raise DataError(f"validation_split={share} of {count} examples leaves one part empty.")
    x, y, weight = (
        (None, None) if part is None else (part[:cut], part[cut:]) for part in (x, y, weight)
    )
    return x[0], y[0], weight[0], (x[1], y[1], weight[1])


def _from_dataset(
    preprocessor: Preprocessor, dataset: tf.data.Dataset, needs_targets: bool
) -> RawExamples:
    spec = dataset.element_spec
    if not isinstance(spec, tuple):
        dataset, spec = dataset.map(lambda x: (x,)), (spec,)
    if any(isinstance(part, dict) for part in spec):
        dataset = dataset.map(lambda *parts: tuple(map(_only_column, parts)))
        spec = dataset.element_spec
    are_tensors = all(isinstance(part, (tf.TensorSpec, tf.RaggedTensorSpec)) for part in spec)
    if not are_tensors or len(spec) > 3 or len(spec) < 1 + needs_targets:
        raise DataError(
            "A dataset for this model holds tuples (x, y) or (x, y, sample_weight); this one "
            f"holds {dataset.element_spec}. Map it first."
        )
    if any(part.shape.rank is None for part in spec):
        raise DataError(
            "The dataset does not say what shape its examples have: give "
            "tf.data.Dataset.from_generator an output_signature."
        )
    if dataset.cardinality() == 0:
        raise DataError("The data are empty: there is not one example.")
    if spec[0].shape.rank > preprocessor.input_rank(spec[0].dtype):
        return RawExamples(dataset, is_batched=True)
    ends = dataset.cardinality() >= 0
    return RawExamples(dataset.ragged_batch(RAW_BATCH if ends else STREAM_BATCH))


def _only_column(part: Any) -> Any:
    """The tensor of a dict that has no other; anything else as it is."""
    return next(iter(part.values())) if isinstance(part, dict) and len(part) == 1 else part


def _from_py_dataset(
    preprocessor: Preprocessor, source: keras.utils.PyDataset, needs_targets: bool, strict: bool
) -> RawExamples:
    count = source.num_batches
    if count == 0:
        raise DataError("The data are empty: the PyDataset has not one batch.")
    if source.workers > 1:
        warnings.warn("A PyDataset is read here by one worker.", stacklevel=4)

    def read(i: int) -> tuple[Any, ...]:
        return _read_batch(preprocessor, source[i], needs_targets, strict)

    def batches(order: EpochOrder | None = None) -> tf.data.Dataset:
        def one_epoch() -> Iterator[tuple[Any, ...]]:
            indices: Any = itertools.count() if count is None else range(count)
            if order is not None and count is not None:
                indices = np.random.default_rng(int(order.seed.numpy())).permutation(count)
            for i in indices:
                yield read(int(i))
            source.on_epoch_end()

        dataset = _dataset_of(one_epoch, read(0))
        size = tf.data.INFINITE_CARDINALITY if count is None else count
        return dataset.apply(tf.data.experimental.assert_cardinality(size))

    return RawExamples(batches(), is_batched=True, reorder=batches)


def _from_generator(
    preprocessor: Preprocessor, source: Iterator, needs_targets: bool, strict: bool
) -> RawExamples:
    first = next(source, None)
    if first is None:
        raise DataError("The data are empty: the generator gives not one batch.")
    begun = itertools.chain([first], source)  # one for all epochs, as in Keras

    def one_epoch() -> Iterator[tuple[Any, ...]]:
        for batch in begun:
            yield _read_batch(preprocessor, batch, needs_targets, strict)

    return RawExamples(
        _dataset_of(one_epoch, _read_batch(preprocessor, first, needs_targets, strict)),
        is_batched=True,
        reads_once=True,
    )


def _read_batch(
    preprocessor: Preprocessor, batch: Any, needs_targets: bool, strict: bool
) -> tuple[Any, ...]:
    parts = batch if isinstance(batch, tuple) else (batch,)
    if len(parts) > 3 or len(parts) < 1 + needs_targets:
        raise DataError(
            "A batch for this model is a tuple (x, y) or (x, y, sample_weight); this one has "
            f"{len(parts)} parts."
        )
    x, y, weight = (*parts, None, None)[:3]
    inputs, *rest = read_columns(preprocessor, x, y, weight, needs_targets, strict)
    # Series of one length are dense; those of the next batch may differ.
    return (as_ragged(inputs) if preprocessor.INPUTS_VARY else inputs, *rest)


def _dataset_of(one_epoch: Callable, sample: tuple[Any, ...]) -> tf.data.Dataset:
    """A dataset of batches with the dtypes of one of them and any number of rows and steps."""

    def spec(part: Any) -> Any:
        if isinstance(part, tf.RaggedTensor):
            shape = [None, None, *part.flat_values.shape[1:]]
            return tf.RaggedTensorSpec(shape, part.dtype, ragged_rank=1)
        return tf.TensorSpec([None, *part.shape[1:]], part.dtype)

    return tf.data.Dataset.from_generator(one_epoch, output_signature=tuple(map(spec, sample)))


def _kind(x: Any) -> str:
    if isinstance(x, tf.data.Dataset):
        return "tf.data.Dataset"
    return "PyDataset" if isinstance(x, keras.utils.PyDataset) else "generator"
