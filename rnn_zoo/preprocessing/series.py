"""Series of numbers, and the numbers that they lead to, as tensors."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.config import Section
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.preprocessor import Preprocessor


class SeriesConfig(Section):
    """Settings of `SeriesPreprocessor`: there are none."""


class SeriesPreprocessor(Preprocessor):
    """The `Preprocessor` of sequence regression.

    A series is an array `(time, features)`, or `(time,)` of one feature, or the path of an .npy
    file that holds one. Series may differ in length. Numbers stay as they are: bring features and
    targets to like sizes before.

    Args:
        config: its settings; there are none.
    """

    TARGETS = "numbers"
    INPUTS_VARY = True

    def __init__(self, config: SeriesConfig):
        self.config = config
        super().__init__()

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Find out the number of features and of outputs; see `Preprocessor`."""
        for series, *targets in batches:
            if not targets:
                raise DataError("The targets are missing: regression adapts to series and numbers.")
            outputs = 1 if targets[0].shape.rank == 1 else targets[0].shape[-1]
            self.sizes = {"features": series.shape[-1], "outputs": outputs}
            return self.sizes
        raise DataError("The data are empty: there is not one example.")

    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Series as `(batch, time, features)`, float32, ragged where they differ in length.

        Raises:
            DataError: one is no series of numbers, is empty, or has other features.
        """
        if isinstance(x, (str, bytes, Path)):
            raise DataError("One bare path was given where a list of series is needed: write [x].")
        rows = [_series(row, i) for i, row in enumerate(x)]
        if not rows:
            return tf.zeros((0, 1, 1))
        features = rows[0].shape[1] if self.sizes is None else self.sizes["features"]
        for i, row in enumerate(rows):
            if row.shape[1] != features:
                raise DataError(
                    f"Example {i} has {row.shape[1]} features a step; {features} are needed."
                )
        lengths = [len(row) for row in rows]
        if len(set(lengths)) == 1:
            return tf.constant(np.stack(rows))
        return tf.RaggedTensor.from_row_lengths(np.concatenate(rows), lengths)

    def read_targets(self, y: Any, inputs: Any) -> tf.Tensor:  # noqa: ARG002 - tags need them
        """Numbers `(batch, outputs)`, float32.

        Raises:
            DataError: they are no numbers, one is not finite, or there are more or fewer a series.
        """
        try:
            targets = np.asarray(y, "float32")
        except (TypeError, ValueError):
            raise DataError("Targets are numbers, as many for each series.") from None
        targets = targets[:, None] if targets.ndim == 1 else targets
        if targets.ndim != 2:
            raise DataError(f"Targets have the shape (batch, outputs); got {targets.shape}.")
        if not np.isfinite(targets).all():
            row = int(np.argmin(np.isfinite(targets).all(axis=1)))
            raise DataError(f"Example {row} has a target that is no finite number.")
        if self.sizes is not None and targets.shape[1] != self.sizes["outputs"]:
            raise DataError(
                f"This model gives {self.sizes['outputs']} numbers for each series; the targets "
                f"have {targets.shape[1]}."
            )
        return tf.constant(targets)

    def input_rank(self, dtype: tf.DType) -> int:  # noqa: ARG002 - texts and their ids differ
        """A series has time and features."""
        return 2

    def encode_inputs(self, x: Any) -> tuple[Any, Any]:
        """Series, and a one for each of their steps: padding is zero in both."""
        x = tf.cast(x, tf.float32)
        if not isinstance(x, tf.RaggedTensor):
            return x, tf.ones(tf.shape(x)[:2], tf.int32)
        return x, x.with_values(tf.ones(tf.shape(x.values)[:1], tf.int32))

    def encode(self, x: Any, y: Any) -> tuple[tuple[Any, Any], tf.Tensor]:
        """Series with their steps, and targets `(batch, outputs)`."""
        targets = tf.cast(y, tf.float32)
        return self.encode_inputs(x), targets[:, None] if targets.shape.rank == 1 else targets


def _series(row: Any, i: int) -> np.ndarray:
    """One series `(time, features)`, float32."""
    if isinstance(row, (str, Path)):
        try:
            row = np.load(row, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"Example {i}: {row} is no .npy file that can be read: {error}"
            ) from None
    try:
        series = np.asarray(row, "float32")
    except (TypeError, ValueError):
        raise DataError(f"Example {i} is no series of numbers.") from None
    series = series[:, None] if series.ndim == 1 else series
    if series.ndim != 2 or not series.size:
        raise DataError(
            f"Example {i}: a series has the shape (time, features) and at least one step; this has "
            f"{series.shape}."
        )
    if not np.isfinite(series).all():
        raise DataError(f"Example {i} has a number that is not finite.")
    return series
