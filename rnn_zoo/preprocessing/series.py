"""Series of values, and the values that they lead to, as tensors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.config import Section
from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import check, check_finite, graph_errors, is_numeric
from rnn_zoo.preprocessing.moments import Moments
from rnn_zoo.preprocessing.preprocessor import Preprocessor


class SeriesConfig(Section):
    """Settings of `SeriesPreprocessor`: there are none."""


class SeriesPreprocessor(Preprocessor):
    """The `Preprocessor` of sequence regression.

    A series is an array `(time, features)`, or `(time,)` of one feature, or the path of an .npy
    file that holds one. Series may differ in length. They keep their units; `adapt` finds out the
    mean and the standard deviation by which the network standardizes them.

    Args:
        config: its settings; there are none.

    Attributes:
        statistics: of `"series"` and of `"targets"` the `"mean"` and the `"std"`, of each feature
            over all steps and of each output; None before `adapt`.
    """

    TARGETS = "targets of a series"
    INPUTS_VARY = True

    def __init__(self, config: SeriesConfig):
        self.config = config
        self.statistics: dict[str, dict[str, np.ndarray]] | None = None
        super().__init__()

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Find out the sizes, and the units of series and targets; see `Preprocessor`."""
        sizes: dict[str, int] = {}
        moments: tuple[Moments, ...] = ()
        for raw, *raw_targets in batches:
            if not raw_targets:
                raise DataError("The targets are missing: regression adapts to series and targets.")
            series, targets = as_series(raw), _as_targets(raw_targets[0])
            if not sizes:
                sizes = {"features": series.shape[-1], "outputs": targets.shape[-1]}
                moments = tuple(map(Moments, sizes.values()))
            with graph_errors():
                series = _checked_series(series, sizes["features"])
                targets = _checked_targets(targets, sizes["outputs"])
            steps = series.values if isinstance(series, tf.RaggedTensor) else series
            moments[0].add(steps.numpy().reshape(-1, sizes["features"]))
            moments[1].add(targets.numpy())
        if not sizes:
            raise DataError("The data are empty: there is not one example.")
        self.statistics = {
            name: {"mean": columns.mean, "std": columns.std}
            for name, columns in zip(("series", "targets"), moments, strict=True)
        }
        return sizes

    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Series as `(batch, time, features)`, float32, ragged where they differ in length.

        Raises:
            DataError: one is no series of numbers, is empty, or has other features.
        """
        if isinstance(x, (str, bytes, Path)):
            raise DataError("One bare path was given where a list of series is needed: write [x].")
        rows = [_read_series(row, i) for i, row in enumerate(x)]
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
        """Values `(batch, outputs)`, float32.

        Raises:
            DataError: they are no numbers, one is not finite, or there are more or fewer a series.
        """
        targets = _read_numbers(y)
        if targets is None:
            raise DataError("Targets are numbers, as many for each series.")
        targets = targets[:, None] if targets.ndim == 1 else targets
        if targets.ndim != 2:
            raise DataError(f"Targets have the shape (batch, outputs); got {targets.shape}.")
        if not np.isfinite(targets).all():
            row = int(np.argmin(np.isfinite(targets).all(axis=1)))
            raise DataError(f"Example {row} has a target that is no finite number.")
        if self.sizes is not None and targets.shape[1] != self.sizes["outputs"]:
            raise DataError(_other_outputs(self.sizes["outputs"], str(targets.shape[1])))
        return tf.constant(targets)

    def input_rank(self, dtype: tf.DType) -> int:  # noqa: ARG002 - texts and their ids differ
        """A series has time and features."""
        return 2

    def encode_inputs(self, x: Any) -> tuple[Any, Any]:
        """Series, and a one for each of their steps: padding is zero in both.

        Raises:
            DataError, tf.errors.InvalidArgumentError: they are no series with these features, one
                has no step, or a value is not finite; see `checks`.
        """
        assert self.sizes is not None, "what is encoded has been adapted to"
        x = _checked_series(as_series(x), self.sizes["features"])
        if not isinstance(x, tf.RaggedTensor):
            return x, tf.ones(tf.shape(x)[:2], tf.int32)
        return x, x.with_values(tf.ones(tf.shape(x.values)[:1], tf.int32))

    def client_settings(self, names: Sequence[str]) -> dict[str, Any]:
        """See `Preprocessor`."""
        assert self.sizes is not None, "what is exported has been adapted"
        return {"kind": "series", "names": list(names), "features": self.sizes["features"]}

    def encode(
        self,
        x: Any,
        y: Any,
        strict: bool = True,  # noqa: ARG002 - there are no labels
    ) -> tuple[tuple[Any, Any], tf.Tensor]:
        """Series with their steps, and targets `(batch, outputs)`.

        Raises:
            DataError, tf.errors.InvalidArgumentError: as `encode_inputs`, and so for the targets.
        """
        assert self.sizes is not None, "what is encoded has been adapted to"
        return self.encode_inputs(x), _checked_targets(_as_targets(y), self.sizes["outputs"])


def _checked_series(x: Any, features: int) -> Any:
    if isinstance(x, tf.RaggedTensor):
        count, shortest = tf.shape(x.values)[-1], tf.reduce_min(x.row_lengths())
    else:
        count, shortest = tf.shape(x)[2], tf.shape(x)[1]
    message = (
        "Series have ",
        tf.strings.as_string(count),
        f" features a step; {features} are needed.",
    )
    x = check(x, count == features, *message)
    x = check(x, shortest > 0, "A series has no step: at least one is needed.")
    return check_finite(x, "Series")


def _checked_targets(y: tf.Tensor, outputs: int) -> tf.Tensor:
    count = tf.shape(y)[1]
    before, after = _other_outputs(outputs, "|").split("|")
    y = check(y, count == outputs, before, tf.strings.as_string(count), after)
    return check_finite(y, "Targets")


def _other_outputs(outputs: int, count: str) -> str:
    return f"This model predicts {outputs} values for each series; the targets have {count}."


def as_series(x: Any) -> Any:
    """A raw batch of series as float32, `(batch, time, features)`, dense or ragged.

    Raises:
        DataError: they are no numbers, or have another shape.
    """
    if not is_numeric(x.dtype) or x.shape.rank not in (2, 3):
        raise DataError(
            "A series is an array of numbers (time, features); in a batch the dataset has "
            f"{x.dtype.name} of shape {x.shape}."
        )
    x = tf.cast(x, tf.float32)
    return tf.expand_dims(x, -1) if x.shape.rank == 2 else x


def _as_targets(y: Any) -> tf.Tensor:
    """A batch of targets from a dataset as float32, `(batch, outputs)`."""
    is_ragged = isinstance(y, tf.RaggedTensor)
    if is_ragged or not is_numeric(y.dtype) or y.shape.rank not in (1, 2):
        raise DataError(
            "Targets are numbers, as many for each series, (batch, outputs); the dataset has "
            f"{y.dtype.name} of shape {y.shape}."
        )
    y = tf.cast(y, tf.float32)
    return y[:, None] if y.shape.rank == 1 else y


def _read_series(row: Any, i: int) -> np.ndarray:
    """One series `(time, features)`, float32."""
    if isinstance(row, (str, Path)):
        try:
            row = np.load(row, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"Example {i}: {row} is no .npy file that can be read: {error}"
            ) from None
    series = _read_numbers(row)
    if series is None:
        raise DataError(f"Example {i} is no series of numbers.")
    series = series[:, None] if series.ndim == 1 else series
    if series.ndim != 2 or not series.size:
        raise DataError(
            f"Example {i}: a series has the shape (time, features) and at least one step; this has "
            f"{series.shape}."
        )
    if not np.isfinite(series).all():
        raise DataError(f"Example {i} has a number that is not finite.")
    return series


def _read_numbers(values: Any) -> np.ndarray | None:
    """Values as float32; None where they are no real numbers (text, dates, complex numbers)."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            return None
        with np.errstate(over="ignore"):  # what is too large is infinite
            return array.astype("float32")
    except (TypeError, ValueError):
        return None
