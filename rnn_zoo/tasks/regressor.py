"""Many to one: which values a series leads to."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from rnn_zoo.export.clients.client import values
from rnn_zoo.export.saved_model import Serving
from rnn_zoo.export.tensors import TensorModel, specs_of
from rnn_zoo.models.regressor import RegressorConfig, Statistics, fix_units, regressor, units_of
from rnn_zoo.pipeline import RawExamples
from rnn_zoo.preprocessing.checks import check, check_finite
from rnn_zoo.preprocessing.series import SeriesConfig, SeriesPreprocessor, as_series
from rnn_zoo.tasks.task import Task


@keras.saving.register_keras_serializable(package="rnn_zoo")
class SequenceRegressor(Task):
    """Series in, one value or more out.

    The network reads `x_1 ... x_T` and gives values `z`, both in the units of the data. Inside it
    standardizes: features and targets have mean 0 and standard deviation 1 over the examples that
    the first `fit` (or `adapt`) trains on; built from sizes, without data, it changes no units. The
    loss, by default the mean squared error, is that of standardized outputs and targets,
    `mean ((z - y) / std)^2`: about 1 for a model that knows the mean of the targets alone.

    `evaluate` reports the mean squared error in the units of the data (`mse`, and `mae`), beside
    those of two baselines: the mean of the targets, whatever the series (`mse_of_mean`), and,
    where a step has as many features as there are outputs, as in a forecast, the last value of each
    series (`mse_of_last_value`).

    Args:
        network: settings of the network, a `RegressorConfig` or a mapping.
        preprocessing: a `SeriesConfig`, which has no settings.
        features: values of a step, where the user builds without data; else None, and `fit` finds
            it out.
        outputs: values that are predicted for a series, given together with `features`.
        statistics: the units, together with the sizes: see `rnn_zoo.models.regressor.fix_units`.
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

    def __init__(self, *args: Any, statistics: Statistics | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if statistics is not None and self.network is not None:
            fix_units(self.network, statistics)

    def build_preprocessor(self) -> SeriesPreprocessor:
        """See `SeriesPreprocessor`."""
        return SeriesPreprocessor(self.preprocessing_config)

    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """See `rnn_zoo.models.regressor`."""
        network = regressor(self.network_config, **sizes, dtype=self.dtype_policy)
        if self.preprocessor.statistics is not None:
            fix_units(network, self.preprocessor.statistics)
        return network

    def get_config(self) -> dict[str, Any]:
        """What `BaseTask` has, and the units: a model that is built anew has the same."""
        units = None if self.network is None else units_of(self.network)
        return {**super().get_config(), "statistics": units}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The compiled loss of standardized outputs and targets."""
        std = self.network.get_layer("unstandardize").std
        y, y_pred = (ops.divide(values, ops.cast(std, y_pred.dtype)) for values in (y, y_pred))
        return super().compute_loss(x, y, y_pred, sample_weight, training)

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

    def has_corpus_metrics(self, raw: RawExamples) -> bool:  # noqa: ARG002 - any series has them
        """Always: the baselines need the examples alone."""
        return True

    def corpus_metrics(self, raw: RawExamples, batch_size: int) -> dict[str, float]:  # noqa: ARG002 - nothing is predicted
        """The errors of two baselines: the mean of these targets, and each series' last value."""
        targets = np.concatenate([y.numpy() for _, y, *_ in raw.batches]).astype("float64")
        targets = targets.reshape(len(targets), -1)  # (examples, outputs)
        scores = {"mse_of_mean": float(np.mean((targets - targets.mean(axis=0)) ** 2))}
        assert self.sizes is not None, "a task that is evaluated has its sizes"
        if self.sizes["features"] == self.sizes["outputs"]:
            last = np.concatenate([_last_steps(as_series(x)) for x, *_ in raw.batches])
            scores["mse_of_last_value"] = float(np.mean((targets - last) ** 2))
        return scores

    def answers(self, x: Any) -> list[list[float]]:
        """The values that are predicted for each series."""
        return values({"values": self.predict(x, verbose=0)})

    def tensor_model(self) -> TensorModel:
        """Series `(batch, time, features)` and their steps `(batch, time)` to values."""

        def model(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"values": self.network(list(inputs), training=False)}

        specs = specs_of(self.network.inputs)
        inputs = self.preprocessor.client_settings([spec.name for spec in specs])
        return TensorModel(
            {"model": (model, specs)}, {"inputs": inputs, "outputs": {"kind": "values"}}
        )

    def serving(self) -> Serving:
        """Series `(batch, time, features)` and their lengths `(batch,)` to values.

        What is served fails where there are not as many lengths as series, a length is not between
        1 and the number of steps, or a value of a step that counts is not finite.
        """
        assert self.sizes is not None, "a task that is exported has its sizes"

        def serve(series: tf.Tensor, lengths: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs = _checked_request(series, lengths)
            return {"values": self.network(inputs, training=False)}

        signature = [
            tf.TensorSpec([None, None, self.sizes["features"]], tf.float32, name="series"),
            tf.TensorSpec([None], tf.int32, name="lengths"),
        ]
        return Serving(
            signatures={"serving_default": (serve, signature)}, network=self.network, tables=[]
        )


def _checked_request(series: tf.Tensor, lengths: tf.Tensor) -> list[tf.Tensor]:
    """The network's inputs from a request to a server."""
    rows, time = tf.unstack(tf.shape(series)[:2])
    counts = [tf.strings.as_string(count) for count in (tf.size(lengths), rows, time)]
    same = tf.size(lengths) == rows
    message = "There are ", counts[0], " lengths of ", counts[1], " series: each has one."
    lengths = check(lengths, same, *message)
    wrong = tf.boolean_mask(lengths, (lengths < 1) | (lengths > time))
    first = tf.strings.reduce_join(tf.strings.as_string(wrong[:1]))
    message = "A length is ", first, ", but series of ", counts[2], " steps have from 1 to as many."
    lengths = check(lengths, tf.size(wrong) == 0, *message)
    steps = tf.sequence_mask(lengths, time)
    finite = check_finite(tf.boolean_mask(series, steps), "Series")
    with tf.control_dependencies([finite]):
        # An empty batch may have no steps, but the network needs at least one.
        missing = [[0, 0], [0, tf.cast(time == 0, tf.int32)]]
        return [tf.pad(series, [*missing, [0, 0]]), tf.pad(tf.cast(steps, tf.int32), missing)]


def _last_steps(series: Any) -> np.ndarray:
    """The last step of each series `(batch, time, features)`: `(batch, features)`."""
    if isinstance(series, tf.RaggedTensor):
        return tf.gather(series.values, series.row_limits() - 1).numpy().astype("float64")
    return series[:, -1].numpy().astype("float64")
