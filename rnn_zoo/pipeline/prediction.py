"""A model run over examples in batches of like length, and its outputs in the order given."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.pipeline.batches import plain
from rnn_zoo.pipeline.bucketing import is_ragged, pad
from rnn_zoo.pipeline.examples import RawExamples
from rnn_zoo.preprocessing.checks import graph_errors


def encoded_inputs(raw: RawExamples, encode_inputs: Callable[[Any], Any]) -> Any:
    """All inputs of a network, sequences still ragged, a row an example.

    Raises:
        DataError: there is not one example, or one cannot be encoded.
    """
    encoded = raw.batches.map(plain(lambda x, *_: encode_inputs(x)))
    with graph_errors():
        parts = list(encoded)
    if not parts:
        raise DataError("There is nothing to predict: no inputs were given.")
    if len(parts) == 1:
        return parts[0]
    return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *parts)


def predict_in_order(
    run: Callable[[Any], Any],
    inputs: Any,
    batch_size: int,
    callbacks: keras.callbacks.CallbackList | None = None,
) -> Any:
    """Run a model over inputs in batches of like length.

    The last batch is filled up with its last row to a power of two, so that few shapes occur,
    whatever the number of inputs.

    Args:
        run: a padded batch to outputs with as many rows.
        inputs: tensors, dense or ragged, with a row an example.
        batch_size: rows of a batch.
        callbacks: what is told of the batches.

    Returns:
        The outputs, one row an example in the order given.
    """
    callbacks = callbacks or keras.callbacks.CallbackList()
    order = _by_length(inputs)
    outputs = []
    callbacks.on_predict_begin()
    for step, batch in enumerate(_batches(inputs, order, batch_size)):
        callbacks.on_predict_batch_begin(step)
        outputs.append(run(batch))
        callbacks.on_predict_batch_end(step, {"outputs": outputs[-1]})
    callbacks.on_predict_end()

    def restore(*parts: np.ndarray) -> np.ndarray:
        stacked = _stack(list(parts))[: len(order)]
        restored = np.empty_like(stacked)
        restored[order] = stacked
        return restored

    return keras.tree.map_structure(restore, *outputs)


def _batches(inputs: Any, order: np.ndarray, batch_size: int) -> Iterable[Any]:
    """Padded batches in this order; several are made beside what runs over them."""
    starts = range(0, len(order), batch_size)
    rows = [_filled(order[start : start + batch_size], batch_size) for start in starts]

    def gathered(rows: Any) -> Any:
        return tf.nest.map_structure(lambda part: pad(tf.gather(part, rows)), inputs)

    if len(rows) == 1:  # a pipeline takes longer to begin than one batch
        return [gathered(rows[0])]
    numbers = tf.RaggedTensor.from_row_lengths(np.concatenate(rows), list(map(len, rows)))
    batches = tf.data.Dataset.from_tensor_slices(numbers)
    batches = batches.map(plain(gathered), num_parallel_calls=tf.data.AUTOTUNE)
    return batches.prefetch(tf.data.AUTOTUNE)


def _by_length(inputs: Any) -> np.ndarray:
    """The indices of the examples, the shortest first; where all have one shape, in order."""
    flat = tf.nest.flatten(inputs)
    lengths = [part.row_lengths() for part in flat if is_ragged(part)]
    if not lengths:
        return np.arange(flat[0].shape[0])
    return np.argsort(tf.add_n(lengths).numpy(), kind="stable")


def _filled(rows: np.ndarray, most: int) -> np.ndarray:
    """Repeat the last row up to a power of two, or to `most`.

    Not with rows of padding, for which a decoder may write the maximum number of tokens.
    """
    target = min(1 << (len(rows) - 1).bit_length(), most)
    return np.pad(rows, (0, target - len(rows)), mode="edge")


def _stack(outputs: list[np.ndarray]) -> np.ndarray:
    """Join batches; sequences of different length are filled up with -1."""
    if outputs[0].ndim > 1:
        length = max(part.shape[1] for part in outputs)
        outputs = [
            np.pad(
                part,
                [(0, 0), (0, length - part.shape[1])] + [(0, 0)] * (part.ndim - 2),
                constant_values=-1,
            )
            for part in outputs
        ]
    return np.concatenate(outputs)
