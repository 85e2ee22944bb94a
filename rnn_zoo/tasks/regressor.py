"""Many to one: which numbers a series leads to."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.export.saved_model import Serving
from rnn_zoo.models.regressor import RegressorConfig, regressor
from rnn_zoo.pipeline import RawExamples
from rnn_zoo.preprocessing.series import SeriesConfig, SeriesPreprocessor
from rnn_zoo.tasks.task import Task


@keras.saving.register_keras_serializable(package="rnn_zoo")
class SequenceRegressor(Task):
    """Series of numbers in, a number or more out.

    The network reads `x_1 ... x_T` and gives numbers `z`; training minimizes the mean squared error
    `mean (z - y)^2` over the examples. `evaluate` reports it beside that of the trivial answer, the
    mean of the targets, whatever the series (`mse_of_mean`).

    Args:
        network: settings of the network, a `RegressorConfig` or a mapping.
        preprocessing: a `SeriesConfig`, which has no settings.
        features: numbers of a step, where the user builds without data; else None, and `fit` finds
            it out.
        outputs: numbers that are given for a series, together with `features`.
        **kwargs: see `BaseTask`.

    Raises:
        ConfigError: a setting is unknown or ill-typed, or only one of the sizes is given.

    Example:
        >>> model = SequenceRegressor(network={"units": 4})
        >>> model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
        >>> series = [[0.1, 0.9, 0.4], [0.7, 0.2]]
        >>> history = model.fit(series, [0.9, 0.7], verbose=0)
        >>> model.predict(series, verbose=0).shape
        (2, 1)
    """

    NETWORK = RegressorConfig
    PREPROCESSING = SeriesConfig
    EXAMPLES = "series"
    SIZES = ("features", "outputs")
    network_config: RegressorConfig
    preprocessing_config: SeriesConfig
    preprocessor: SeriesPreprocessor

    def build_preprocessor(self) -> SeriesPreprocessor:
        """See `SeriesPreprocessor`."""
        return SeriesPreprocessor(self.preprocessing_config)

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.regressor`."""
        return regressor(self.network_config, **sizes, dtype=self.dtype_policy)

    def default_compile(self) -> dict[str, Any]:
        """Mean squared error; mean absolute error."""
        return {
            "loss": keras.losses.MeanSquaredError(reduction="mean_with_sample_weight"),
            "weighted_metrics": [
                keras.metrics.MeanSquaredError(name="mse"),
                keras.metrics.MeanAbsoluteError(name="mae"),
            ],
        }

    def build_predictor(self) -> keras.Model:
        """The network itself."""
        return self.network

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:  # noqa: ARG002 - nothing is predicted
        """The error of the trivial answer, the mean of these targets."""
        targets = np.concatenate([y.numpy() for _, y, *_ in raw.batches]).astype("float64")
        return {"mse_of_mean": float(np.mean((targets - targets.mean(axis=0)) ** 2))}

    def format_predictions(self, x: Any) -> list[tuple[str, ...]]:
        """The numbers of each series, such as an .npy file, with spaces between."""
        return [(" ".join(f"{z:.6g}" for z in row),) for row in self.predict(x, verbose=0)]

    def serving(self) -> Serving:
        """Series `(batch, time, features)` and their lengths `(batch,)` to numbers."""
        assert self.sizes is not None, "a task that is exported has its sizes"

        def serve(series: tf.Tensor, lengths: tf.Tensor) -> dict[str, tf.Tensor]:
            steps = tf.sequence_mask(lengths, tf.shape(series)[1], dtype=tf.int32)
            return {"numbers": self.network([series, steps], training=False)}

        signature = [
            tf.TensorSpec([None, None, self.sizes["features"]], tf.float32, name="series"),
            tf.TensorSpec([None], tf.int32, name="lengths"),
        ]
        return Serving(
            signatures={"serving_default": (serve, signature)}, network=self.network, tables=[]
        )
