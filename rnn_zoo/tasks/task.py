"""What every task of the zoo shares: the life of a Keras model that takes raw examples."""

import abc
import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf

from rnn_zoo.config import Section
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.export.saved_model import Serving, export_saved_model
from rnn_zoo.preprocessing.batching import is_ragged, length_batches, pad
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.epoch_order import EpochOrder
from rnn_zoo.preprocessing.preprocessor import Preprocessor

# Raw examples that are read and encoded together; large enough to amortize a call, no more.
RAW_BATCH = 1024


def requires_network(method: Callable) -> Callable:
    """A method that raises until `adapt`, `fit` or sizes have built the network."""

    @functools.wraps(method)
    def checked(self: "Task", *args: Any, **kwargs: Any) -> Any:
        if self.network is None:
            raise ValueError(
                f"{type(self).__name__}.{method.__name__}: this model has no vocabulary and no "
                "weights yet: call adapt or fit first."
            )
        return method(self, *args, **kwargs)

    return checked


class Task(keras.Model, abc.ABC):
    """A network with the preprocessing that turns raw examples into its tensors.

    A task begins without weights. `adapt`, or the first `fit` on its training part, fixes
    vocabularies and label sets and builds `network`, a functional `keras.Model` that is usable
    alone. Sizes given to the constructor build it at once, for those who bring tensors. After that
    everything Keras does with a model works on raw examples: `fit`, `evaluate`, `predict`,
    `train_on_batch`, callbacks, `.keras` files. `model(x)` gives logits, `predict` what they mean.

    A new task names its `NETWORK` and `PREPROCESSING` settings, the kind of `EXAMPLES` it learns
    from and the `SIZES` it is built from, and writes `build_network`, `build_predictor`,
    `default_compile`, `answers` and `serving`.

    Args:
        network: settings of the network.
        preprocessor: the preprocessing.
        sizes: what the network is built with and adapting finds out otherwise: a number for each
            of `SIZES`; or None.
        **kwargs: `name`, `dtype` and `trainable` of `keras.Model`.
    """

    NETWORK: ClassVar[type[Section]]
    PREPROCESSING: ClassVar[type[Section]]
    EXAMPLES: ClassVar[str]
    SIZES: ClassVar[tuple[str, ...]]
    HAS_TARGETS: ClassVar[bool] = True  # else inputs alone are learned from
    preprocessing_config: Section  # set before the constructor runs

    def __init__(
        self,
        network: Section,
        preprocessor: Preprocessor,
        sizes: Mapping[str, int] | None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.network_config = network
        self.preprocessor = preprocessor
        self.network: Any = None  # a functional keras.Model, once the sizes are known
        self.sizes: dict[str, int] | None = None
        # Out of sight of Keras, which would save the weights that it shares with the network again.
        self._made = SimpleNamespace(predictor=None, searches={})
        if sizes is not None:
            self._build_from_sizes(sizes)

    # What a task writes.

    @abc.abstractmethod
    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """The network for data of these sizes."""

    @abc.abstractmethod
    def default_compile(self) -> dict[str, Any]:
        """The task's `loss` and `weighted_metrics`."""

    @abc.abstractmethod
    def build_predictor(self) -> keras.Model:
        """From the network's inputs to what `predict` returns, with the network's weights."""

    @abc.abstractmethod
    def answers(self, x: Any) -> list[tuple[str, ...]]:
        """What the command line writes for each raw input: a few fields."""

    def tokens(self, x: Any) -> list[str] | None:  # noqa: ARG002 - for tasks that read text
        """What the recurrent layers step over in one raw input; None where that is no text."""
        return None

    def field_metrics(
        self,
        raw: tf.data.Dataset,  # noqa: ARG002 - for tasks that measure more
        batch_size: int | None,  # noqa: ARG002 - the same
    ) -> dict[str, float]:
        """What the field measures beside the compiled metrics, from raw batches `(x, y, ...)`."""
        return {}

    @abc.abstractmethod
    def serving(self) -> Serving:
        """What the SavedModel serves."""

    def raw_call(self, x: Any) -> Any:
        """The network's inputs, where the task is called on raw inputs."""
        return self._one_input(x)

    # What a user calls.

    def adapt(self, x: Any, y: Any = None) -> Self:
        """Fix vocabularies and label sets from raw examples, and build the network.

        Args:
            x: raw inputs, or a `tf.data.Dataset` of raw pairs.
            y: raw targets, where `x` is no dataset.

        Returns:
            The task itself.

        Raises:
            ValueError: the task was adapted, built from sizes or loaded before.
            DataError: there are no examples, or they cannot be learned from.
        """
        if self.network is not None:
            raise ValueError(
                "This model has its vocabulary and labels already; adapting again would make its "
                "weights meaningless. Start from a new rnn_zoo.get(...)."
            )
        self._adapt(self._raw_batches(x, y))
        return self

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = "auto",
        weighted_metrics: Any = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training, as `keras.Model.compile`; `"auto"` is the task's own choice."""
        default = self.default_compile()
        super().compile(
            optimizer=optimizer,
            loss=default["loss"] if loss == "auto" else loss,
            weighted_metrics=(
                default["weighted_metrics"] if weighted_metrics == "auto" else weighted_metrics
            ),
            **kwargs,
        )
        self._build_optimizer()

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[Any, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> keras.callbacks.History:
        """Train on raw examples; arguments and return value are those of `keras.Model.fit`.

        The first call adapts to the training part, after `validation_split` has cut off the last
        examples for validation; where there is `validation_data`, nothing is cut off.
        `class_weight` is keyed by label (or, for string labels, by class id). A `tf.data.Dataset`
        holds raw examples or raw batches `(x, y[, sample_weight])`.

        Raises:
            DataError: the examples cannot be read; the message says which and why.
            ValueError: arguments do not go together.
        """
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = _split(x, y, sample_weight, validation_split)
        raw = self._raw_batches(x, y, sample_weight, True)
        if self.network is None:
            self._adapt(raw)
        if validation_data is not None:
            x, y, sample_weight = self._unpack(validation_data)
            validation_raw = self._raw_batches(x, y, sample_weight, True)
            validation_data = self._batches(validation_raw, validation_batch_size or batch_size)
        order = EpochOrder() if shuffle else None
        batches = self._batches(raw, batch_size, order, class_weight)
        if order is not None:
            callbacks = _with(callbacks, order)
        with graph_errors():
            return super().fit(
                batches,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=validation_data,
                shuffle=False,  # the batches are shuffled already
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                validation_freq=validation_freq,
            )

    @requires_network
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Loss and metrics on raw examples, as `keras.Model.evaluate`, and `field_metrics`.

        Those that `fit` reports of its validation data are loss and metrics alone.
        """
        if "_use_cached_eval_dataset" in kwargs:  # fit evaluates, on batches that it has made
            return super().evaluate(
                x,
                verbose=verbose,
                steps=steps,
                callbacks=callbacks,
                return_dict=return_dict,
                **kwargs,
            )
        raw = self._raw_batches(x, y, sample_weight, True)
        if steps is not None:
            raw = _first(raw, steps * (batch_size or 32))
        with graph_errors():
            scores = super().evaluate(
                self._batches(raw, batch_size),
                verbose=verbose,
                steps=steps,
                callbacks=callbacks,
                return_dict=return_dict,
            )
        more = self.field_metrics(raw, batch_size)
        if return_dict:
            return scores | more
        if not more:
            return scores
        return [*(scores if isinstance(scores, list) else [scores]), *more.values()]

    @requires_network
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """What the model says of raw inputs, one row an example in the order given.

        Batches hold inputs of like length. The last one is filled up with its last row to a power
        of two, so that few shapes occur, whatever the number of inputs.
        """
        return self._run(self._predictor(), x, batch_size, verbose, steps, callbacks)

    def _run(
        self,
        predictor: keras.Model,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = 0,
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """What a model says of raw inputs, one row an example in the order given."""
        batch_size = batch_size or 32
        raw = self._raw_batches(x).map(_plain(lambda x, *_: self.preprocessor.encode_inputs(x)))
        if steps is not None:
            raw = _first(raw, steps * batch_size)
        parts = list(raw)
        if not parts:
            raise DataError("There is nothing to predict: no inputs were given.")
        inputs = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *parts)
        flat = tf.nest.flatten(inputs)
        lengths = [part.row_lengths() for part in flat if is_ragged(part)]
        if lengths:
            order = np.argsort(tf.add_n(lengths).numpy(), kind="stable")
        else:  # all have one shape
            order = np.arange(flat[0].shape[0])
        batches = tf.data.Dataset.from_tensor_slices(
            tf.nest.map_structure(lambda part: tf.gather(part, order), inputs)
        )

        def fill(*batch: Any) -> Any:
            filled = tf.nest.map_structure(lambda part: _fill_rows(pad(part), batch_size), batch)
            return filled if len(filled) > 1 else filled[0]

        batches = batches.ragged_batch(batch_size).map(fill)
        outputs = self._run_batches(predictor, batches, verbose, callbacks)

        def restore(*parts: np.ndarray) -> np.ndarray:
            stacked = _stack(list(parts))[: len(order)]
            restored = np.empty_like(stacked)
            restored[order] = stacked
            return restored

        return keras.tree.map_structure(restore, *outputs)

    def _run_batches(
        self, predictor: keras.Model, batches: tf.data.Dataset, verbose: str | int, callbacks: Any
    ) -> list[Any]:
        # Not Keras' predict, which joins batches of one length only.
        callbacks = keras.callbacks.CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            verbose=1 if verbose == "auto" else verbose,
            steps=len(batches),
            epochs=1,
            model=self,
        )
        outputs = []
        callbacks.on_predict_begin()
        for step, batch in enumerate(batches):
            callbacks.on_predict_batch_begin(step)
            outputs.append(predictor.predict_on_batch(_arrays(batch)))
            callbacks.on_predict_batch_end(step, {"outputs": outputs[-1]})
        callbacks.on_predict_end()
        return outputs

    @requires_network
    def tensors(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tuple[Any, ...]:
        """One batch of raw examples as the network and the loss take it.

        Args:
            x: raw inputs.
            y: raw targets; without them there are the inputs alone, where those of the network do
                not hold the targets.
            sample_weight: a number an example.
            class_weight: a number a label, as in `fit`.

        Returns:
            `(inputs, targets)` or `(inputs, targets, weights)`, NumPy arrays, padded. Where a
            target is a sequence each of its steps has a weight, 0 at padding. Without targets
            `(inputs,)`.

        Raises:
            DataError: the examples cannot be read, or are not as many as the targets.
            ValueError: the network needs the targets too.
        """
        if y is None and self.HAS_TARGETS:
            return (self.raw_call(x),)
        columns = self._columns(x, y, sample_weight, True)
        weights = None if class_weight is None else self.preprocessor.class_weights(class_weight)
        return _arrays(self._encode(weights, *columns))

    @requires_network
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch of raw examples, as `keras.Model.train_on_batch`."""
        self._check_targets(x, y)
        x, y, *weights = self.tensors(x, y, sample_weight, class_weight)
        return super().train_on_batch(x, y, *weights, return_dict=return_dict)

    @requires_network
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Loss and metrics of one batch of raw examples, as `keras.Model.test_on_batch`."""
        self._check_targets(x, y)
        x, y, *weights = self.tensors(x, y, sample_weight)
        return super().test_on_batch(x, y, *weights, return_dict=return_dict)

    @requires_network
    def predict_on_batch(self, x: Any) -> Any:
        """What the model says of one batch of raw inputs."""
        return self._predictor().predict_on_batch(self._one_input(x))

    @requires_network
    def save(self, filepath: str | Path, overwrite: bool = True, **kwargs: Any) -> None:
        """Write a `.keras` file, which `keras.saving.load_model` reads after `import rnn_zoo`."""
        super().save(filepath, overwrite=overwrite, **kwargs)

    @requires_network
    def export(
        self,
        filepath: str | Path,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        **options: Any,
    ) -> None:
        """Write a SavedModel that takes raw inputs and needs neither Keras nor rnn_zoo.

        Args:
            filepath: the folder to make.
            format: `"tf_saved_model"`.
            verbose: whether Keras says what it wrote.
            **options: what the task's `serving` takes, such as `decoding`.

        Raises:
            ValueError: another format is asked for; `task.network.export` writes those.
            RuntimeError: Keras runs on JAX; save, load under TensorFlow, export there.
        """
        if format != "tf_saved_model":
            raise ValueError(
                f"format={format!r}: a task exports as 'tf_saved_model'. For other formats use "
                "task.network.export, which takes token ids."
            )
        serving: Any = self.serving
        export_saved_model(serving(**options), filepath, verbose=bool(verbose))

    # What Keras calls.

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Logits of raw inputs or of the network's own."""
        if self._is_raw(x):
            self._check_built("calling")
            x = self.raw_call(x)
        return super().__call__(x, *args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits of the network's inputs."""
        self._check_built("calling")
        return self.network(inputs, training=training)

    def get_config(self) -> dict[str, Any]:
        """Settings and sizes: enough to build the network before its weights are read."""
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "network": self.network_config.model_dump(),
            "preprocessing": self.preprocessing_config.model_dump(),
            **(self.sizes or dict.fromkeys(self.SIZES)),
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the saved model was; Keras leaves this to models with their own `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabularies into a `.keras` file."""
        self.preprocessor.save_assets(Path(dir_path))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabularies from a `.keras` file."""
        self.preprocessor.load_assets(Path(dir_path))

    def get_build_config(self) -> None:
        """Nothing: the constructor builds from the sizes."""

    # How it works.

    def _check_built(self, doing: str) -> None:
        if self.network is None:
            raise ValueError(f"Before {doing} a {type(self).__name__}: call adapt or fit first.")

    @classmethod
    def _checked_sizes(cls, **sizes: int | None) -> dict[str, int] | None:
        """The sizes that a constructor was given; None where it was given none."""
        known = {name: size for name, size in sizes.items() if size is not None}
        if not known:
            return None
        for name, size in known.items():
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise ConfigError(f"{name} should be a positive whole number, got {size!r}.")
        if len(known) < len(sizes):
            raise ConfigError(
                f"{cls.__name__} is built from the sizes {', '.join(cls.SIZES)}; got {sizes}."
            )
        return {name: int(size) for name, size in known.items()}

    def _build_from_sizes(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)
        self.network = self.build_network(sizes)
        self.built = True

    def _is_raw(self, x: Any) -> bool:
        """Whether these are raw inputs, and not tensors as the network takes them."""
        if isinstance(x, (list, tuple)):
            return not (x and all(map(_is_network_input, x)))
        return isinstance(x, np.ndarray) or is_ragged(x) or _is_string(x)

    def _predictor(self) -> keras.Model:
        if self._made.predictor is None:
            self._made.predictor = self.build_predictor()
        return self._made.predictor

    def _adapt(self, raw: tf.data.Dataset) -> None:
        if raw.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise DataError(
                "This dataset repeats forever, so the vocabulary would never be complete: call "
                "adapt on a finite one first."
            )
        self._build_from_sizes(self.preprocessor.adapt(raw))
        self._build_optimizer()

    def _build_optimizer(self) -> None:
        # Else TensorFlow traces the first training step twice: the optimizer's variables are new.
        if self.compiled and self.optimizer is not None and self.network is not None:
            self.optimizer.build(self.trainable_variables)

    def _raw_batches(
        self, x: Any, y: Any = None, sample_weight: Any = None, needs_targets: bool = False
    ) -> tf.data.Dataset:
        """Raw examples, however they are given, as a dataset of batches `(x[, y[, weight]])`."""
        if isinstance(x, tf.data.Dataset):
            if y is not None or sample_weight is not None:
                raise ValueError("A tf.data.Dataset brings its own targets and weights: pass no y.")
            return self._dataset_batches(x, needs_targets)
        columns = self._columns(x, y, sample_weight, needs_targets)
        return tf.data.Dataset.from_tensor_slices(columns).ragged_batch(RAW_BATCH)

    def _columns(self, x: Any, y: Any, sample_weight: Any, needs_targets: bool) -> tuple:
        """What a user passes as `(x[, y[, weight]])`, checked; one tensor each."""
        if needs_targets:
            self._check_targets(x, y)
        columns = [self.preprocessor.read_inputs(x)]
        if y is not None:
            columns.append(self.preprocessor.read_targets(y, columns[0]))
        if sample_weight is not None:
            columns.append(_read_weights(sample_weight))
        counts = [int(column.shape[0]) for column in columns]
        if len(set(counts)) > 1:
            names = ("inputs", "targets", "sample weights")
            found = ", ".join(f"{n} {name}" for n, name in zip(counts, names, strict=False))
            raise DataError(f"Inputs and targets belong together one by one; got {found}.")
        if counts[0] == 0:
            raise DataError("The data are empty: there is not one example.")
        return tuple(columns)

    def _check_targets(self, x: Any, y: Any) -> None:
        if x is None or (self.HAS_TARGETS and y is None):
            raise ValueError(f"Examples are missing: got x={type(x).__name__}, y={y}.")

    def _dataset_batches(self, dataset: tf.data.Dataset, needs_targets: bool) -> tf.data.Dataset:
        spec = dataset.element_spec
        if not isinstance(spec, tuple):
            dataset, spec = dataset.map(lambda x: (x,)), (spec,)
        if (
            isinstance(spec[0], dict)
            or len(spec) > 3
            or (needs_targets and len(spec) < 1 + self.HAS_TARGETS)
        ):
            raise DataError(
                "A dataset for this model holds tuples (x, y) or (x, y, sample_weight); this one "
                f"holds {dataset.element_spec}. Map it first."
            )
        if spec[0].shape.rank is None:
            raise DataError(
                "The dataset does not say what shape its examples have: give "
                "tf.data.Dataset.from_generator an output_signature."
            )
        if spec[0].shape.rank > self.preprocessor.rank(spec[0].dtype):
            rows = None
            if dataset.cardinality() >= 0:  # of batches; unbatching would forget that it is finite
                rows = sum(int(tf.shape(x)[0]) for x, *_ in dataset)
            dataset = dataset.unbatch()
            if rows is not None:
                dataset = dataset.apply(tf.data.experimental.assert_cardinality(rows))
        return dataset.ragged_batch(RAW_BATCH)

    def _encode(self, class_weights: tf.Tensor | None, x: Any, y: Any, weight: Any = None) -> tuple:
        """Inputs, targets and weights; where a target is a sequence, a weight for each step."""
        inputs, targets = self.preprocessor.encode(x, y)
        if is_ragged(targets):
            weight = tf.ones(targets.nrows(), keras.config.floatx()) if weight is None else weight
            weight = targets.with_values(tf.gather(weight, targets.value_rowids()))
        if class_weights is not None:
            by_class = tf.gather(class_weights, targets)
            weight = by_class if weight is None else by_class * weight
        return (inputs, targets) if weight is None else (inputs, targets, weight)

    def _batches(
        self,
        raw: tf.data.Dataset,
        batch_size: int | None,
        order: EpochOrder | None = None,
        class_weight: Mapping[Any, float] | None = None,
    ) -> tf.data.Dataset:
        """Padded batches of like length for the network and the loss."""
        batch_size = batch_size or 32
        weights = None if class_weight is None else self.preprocessor.class_weights(class_weight)
        encoded = raw.map(
            _plain(lambda *columns: self._encode(weights, *columns)),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        in_memory = raw.cardinality() >= 0
        if in_memory:
            encoded = encoded.cache()  # token ids take less than the strings that are held already
        batches = length_batches(encoded.unbatch(), batch_size, order)
        if in_memory:
            with graph_errors():  # rows of what is encoded: an example may make several
                size = sum(tf.nest.flatten(batch)[0].shape[0] for batch in encoded)
            if size == 0:
                raise DataError("The data are empty: there is not one example.")
            batches = batches.apply(
                tf.data.experimental.assert_cardinality(math.ceil(size / batch_size))
            )
        return batches

    def _unpack(self, data: Any) -> tuple[Any, Any, Any]:
        """Keras' forms of `validation_data` as inputs, targets and sample weights."""
        if isinstance(data, tf.data.Dataset):
            return data, None, None
        if isinstance(data, (tuple, list)) and len(data) in (2, 3):
            x, y, *weight = data
            return x, y, weight[0] if weight else None
        raise ValueError("validation_data is a tuple (x, y[, sample_weight]) or a tf.data.Dataset.")

    def _one_input(self, x: Any) -> Any:
        (inputs,) = self._columns(x, None, None, False)
        return _arrays(self.preprocessor.encode_inputs(inputs))


# Preprocessing is plain tensor code: as such its errors reach the user as they were raised.
_plain = tf.autograph.experimental.do_not_convert


def _read_weights(weights: Any) -> tf.Tensor:
    try:
        tensor = tf.convert_to_tensor(weights, keras.config.floatx())
    except (ValueError, TypeError):
        tensor = None
    if tensor is None or tensor.shape.rank != 1:
        raise DataError("sample_weight is one number an example.")
    return tensor


def _with(callbacks: Any, another: keras.callbacks.Callback) -> Any:
    """Callbacks as `fit` takes them, and one more."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.append(another)
        return callbacks
    return [*(keras.tree.flatten(callbacks) if callbacks else ()), another]


def _first(raw: tf.data.Dataset, examples: int) -> tf.data.Dataset:
    return raw.unbatch().take(examples).ragged_batch(RAW_BATCH)


def _arrays(parts: Any) -> Any:
    """One padded batch as NumPy arrays, for either backend."""
    return tf.nest.map_structure(lambda part: np.asarray(pad(part)), parts)


def _stack(outputs: list[np.ndarray]) -> np.ndarray:
    """Join batches; sequences of different length are filled up with -1."""
    if outputs[0].ndim > 1:
        longest = max(part.shape[1] for part in outputs)
        outputs = [
            np.pad(
                part,
                [(0, 0), (0, longest - part.shape[1])] + [(0, 0)] * (part.ndim - 2),
                constant_values=-1,
            )
            for part in outputs
        ]
    return np.concatenate(outputs)


def _is_network_input(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.ndim > 1 and x.dtype.kind in "iufb"
    return keras.ops.is_tensor(x) and not _is_string(x)


def _is_string(x: Any) -> bool:
    return isinstance(x, tf.Tensor) and x.dtype == tf.string


def _fill_rows(batch: tf.Tensor, most: int) -> tf.Tensor:
    """Repeat the last row up to a power of two, or to `most`.

    Not rows of padding: of those a decoder may write for as long as it is let.
    """
    rows = tf.shape(batch)[0]
    powers = tf.constant([2**k for k in range(31)])
    target = tf.minimum(powers[tf.searchsorted(powers, [rows])[0]], most)
    return tf.gather(batch, tf.minimum(tf.range(target), rows - 1))


def _split(x: Any, y: Any, weight: Any, share: float) -> tuple[Any, Any, Any, tuple]:
    """Cut off the last `share` of the examples, as Keras does."""
    if isinstance(x, tf.data.Dataset):
        raise ValueError(
            "validation_split needs lists or arrays. Split the tf.data.Dataset with take and skip, "
            "and pass validation_data."
        )
    if not 0 < share < 1:
        raise ValueError(f"validation_split={share} should lie between 0 and 1.")
    count = x.shape[0] if is_ragged(x) else len(x)
    cut = math.floor(count * (1 - share))
    if cut in (0, count):
        raise DataError(f"validation_split={share} of {count} examples leaves one part empty.")
    parts = [(None, None) if part is None else (part[:cut], part[cut:]) for part in (x, y, weight)]
    x, y, weight = (first for first, _ in parts)
    return x, y, weight, tuple(last for _, last in parts)
