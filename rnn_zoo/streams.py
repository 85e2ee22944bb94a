"""Long series as parallel streams of short windows: truncated backpropagation through time."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnn_zoo._tensorflow import tf
from rnn_zoo.errors import DataError


def stream_windows(
    documents: Sequence[tuple[Any, ...]], *, batch_size: int, window: int
) -> tf.data.Dataset:
    """Cut documents into parallel streams, and those into windows that follow one another.

    The documents, one behind the other, are a long series; it is cut into `batch_size` streams of
    equal length, which are read side by side. Row i of a batch continues row i of the one before,
    so that a network whose states go from window to window (`rnn_zoo.layers.Carry`) has read all
    that came before in its stream, while gradients reach no further back than a window (Williams
    and Peng, 1990, "An efficient gradient-based algorithm for on-line training of recurrent network
    trajectories"). A reset flag stands where a document or a stream begins. Nothing is dropped: the
    last stream and the last window are filled up with steps of weight 0.

    Args:
        documents: for each document its inputs and its targets, arrays of equal length `(steps,
            ...)`, and, where steps do not count alike, their weights `(steps,)`.
        batch_size: number of streams.
        window: steps of a window.

    Returns:
        Batches `((inputs, resets), targets, weights)` as `keras.Model.fit` takes them, each
        `(batch_size, window, ...)`. All have the same shape, which is static.

    Raises:
        DataError: the series has fewer steps than a window, or than there are streams; or a
            document's arrays differ in length.

    Example:
        >>> import numpy as np
        >>> letters = np.arange(1, 12)
        >>> dataset = stream_windows([(letters[:-1], letters[1:])], batch_size=2, window=3)
        >>> for (inputs, resets), targets, weights in dataset.as_numpy_iterator():
        ...     print(inputs.tolist(), resets[0].tolist(), weights[1].tolist())
        [[1, 2, 3], [6, 7, 8]] [True, False, False] [1.0, 1.0, 1.0]
        [[4, 5, 0], [9, 10, 0]] [False, False, False] [1.0, 1.0, 0.0]
    """
    inputs, targets, weights, resets = _one_series(documents)
    steps = len(inputs)
    for size, needed in ((window, f"a window of {window}"), (batch_size, f"{batch_size} streams")):
        if size > steps:
            raise DataError(
                f"The data have {steps} steps, too few for {needed}: lower window or batch_size."
            )
    length = math.ceil(steps / batch_size)  # of a stream
    resets[::length] = True
    window = min(window, length)
    windows = math.ceil(length / window)

    def cut(series: np.ndarray) -> np.ndarray:
        filled = np.zeros((batch_size * length, *series.shape[1:]), series.dtype)
        filled[:steps] = series
        streams = filled.reshape(batch_size, length, *series.shape[1:])
        missing = [(0, 0), (0, windows * window - length), *[(0, 0)] * (series.ndim - 1)]
        streams = np.pad(streams, missing)
        return streams.reshape(batch_size, windows, window, *series.shape[1:]).swapaxes(0, 1)

    return tf.data.Dataset.from_tensor_slices(
        ((cut(inputs), cut(resets)), cut(targets), cut(weights))
    ).prefetch(tf.data.AUTOTUNE)


def _one_series(documents: Sequence[tuple[Any, ...]]) -> tuple[np.ndarray, ...]:
    """The documents one behind the other: inputs, targets, weights, and where one begins."""
    for i, document in enumerate(documents):
        lengths = {len(part) for part in document}
        if len(lengths) > 1:
            raise DataError(f"Document {i}: a target for each step is needed; lengths {lengths}.")
    documents = [document for document in documents if len(document[0])]
    if not documents:
        raise DataError("The data are empty: there is not one step.")
    inputs, targets, weights = (
        np.concatenate(parts)
        for parts in zip(
            *((*document, np.ones(len(document[0]), "float32"))[:3] for document in documents),
            strict=True,
        )
    )
    begins = np.zeros(len(inputs), bool)
    begins[np.cumsum([0, *(len(document[0]) for document in documents[:-1])])] = True
    return inputs, targets, weights, begins
