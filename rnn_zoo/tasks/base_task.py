"""The life of a task: built by its sizes, compiled, saved, exported."""

import abc
import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np

from rnn_zoo._keras_private import (
    flatten_layers,
    forget_layer,
    knows_variables,
    writes_legacy_file,
)
from rnn_zoo.config import Section, section
from rnn_zoo.errors import ConfigError
from rnn_zoo.export.litert_model import Quantize, export_litert
from rnn_zoo.export.onnx_model import export_onnx
from rnn_zoo.export.saved_model import Serving, export_saved_model
from rnn_zoo.export.tensors import TensorModel
from rnn_zoo.models.frozen import freeze, frozen_layers
from rnn_zoo.preprocessing.labels import Label
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.tasks.arguments import check_tensors
from rnn_zoo.tasks.inference import Inference

FORMATS = ("tf_saved_model", "onnx", "litert")
KERAS_FILE = (
    "a task is saved as a .keras file. save_weights writes .weights.h5, export a SavedModel."
)
WHOLE_NUMBERS = (
    "A task that is not quantized writes weights as whole numbers: export(..., format='litert', "
    "quantize='int8')."
)


def requires_network(method: Callable) -> Callable:
    """A method that raises until `adapt`, `fit` or sizes have built the network."""

    @functools.wraps(method)
    def checked(self: "BaseTask", *args: Any, **kwargs: Any) -> Any:
        if self.network is None:
            raise ValueError(
                f"{type(self).__name__}.{method.__name__}: this model has no vocabulary and no "
                "weights yet: call adapt or fit first."
            )
        return method(self, *args, **kwargs)

    return checked


class BaseTask(keras.Model, abc.ABC):
    """A network and its preprocessing, which are built where the sizes are known.

    Args:
        network: settings of the network, a section or a mapping.
        preprocessing: settings of the preprocessing, a section or a mapping.
        vocabularies: tokens by the name of their vocabulary, as `get_config` gives them.
        labels: the labels in the order of their ids, of a task that has classes; by default, with
            sizes, the integers below their number.
        frozen: the layers of the network that are not trained, by name: those whose `trainable` was
            false where the task was saved.
        name, dtype, trainable: as in `keras.Model`.
        **sizes: a whole number for each of `SIZES`, where the user brings tensors: they build the
            network at once. None: `adapt` finds them out.

    Raises:
        ConfigError: a setting is unknown or ill-typed, only some of the sizes are given, or they do
            not fit vocabularies or labels; or there is no layer of a name in `frozen`.
    """

    NETWORK: ClassVar[type[Section]]
    PREPROCESSING: ClassVar[type[Section]]
    SIZES: ClassVar[tuple[str, ...]]
    optimizer: Any
    network_config: Any
    preprocessing_config: Any
    preprocessor: Any

    def __init__(
        self,
        network: Section | Mapping[str, object] | None = None,
        preprocessing: Section | Mapping[str, object] | None = None,
        *,
        vocabularies: Mapping[str, Sequence[str]] | None = None,
        labels: Sequence[Label] | None = None,
        frozen: Sequence[str] = (),
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
        **sizes: int | None,
    ):
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self.network_config = section(self.NETWORK, network, "network")
        self.preprocessing_config = section(self.PREPROCESSING, preprocessing, "preprocessing")
        self.preprocessor = self.build_preprocessor()
        self.network: Any = None  # a functional keras.Model, once the sizes are known
        self.sizes: dict[str, int] | None = self._checked_sizes(sizes)
        if labels is not None and self.preprocessor.CLASSES is None:
            raise ConfigError(f"{type(self).__name__} has no labels.")
        if self.sizes is not None and getattr(self.preprocessing_config, "vectors", None):
            raise ConfigError("vectors are those of words: leave out the sizes, and fit on words.")
        if self.sizes is not None:
            self.preprocessor.restore(self.sizes, vocabularies, labels)
            self._build_from_sizes(self.sizes)
            freeze(self.network, frozen)

    @abc.abstractmethod
    def build_preprocessor(self) -> Preprocessor:
        """The preprocessing, before it has adapted."""

    @abc.abstractmethod
    def build_network(self, sizes: Mapping[str, int]) -> keras.Model:
        """The network for data of these sizes."""

    @abc.abstractmethod
    def build_predictor(self) -> keras.Model:
        """From the network's inputs to what `predict` returns, with the network's weights."""

    @abc.abstractmethod
    def default_compile(self) -> dict[str, Any]:
        """The task's `loss` and `weighted_metrics`."""

    @abc.abstractmethod
    def serving(self) -> Serving:
        """What the SavedModel serves."""

    @abc.abstractmethod
    def tensor_model(self) -> TensorModel:
        """What formats hold that have no strings."""

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = "auto",
        weighted_metrics: Any = "auto",
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training, as `keras.Model.compile`; `"auto"` is the task's own choice.

        On TensorFlow a task is not compiled by XLA as a whole, also where there is a GPU: batches
        have many shapes. Its recurrent layers compile their loops by themselves.
        """
        default = self.default_compile()
        if keras.backend.backend() == "tensorflow":
            if jit_compile is True:
                warnings.warn(
                    "jit_compile=True: a task is not compiled by XLA as a whole on TensorFlow, "
                    "since its batches have many shapes; its recurrent layers compile their loops "
                    "by themselves. It trains with jit_compile=False.",
                    stacklevel=2,
                )
            jit_compile = False
        super().compile(
            optimizer=optimizer,
            loss=default["loss"] if loss == "auto" else loss,
            weighted_metrics=(
                default["weighted_metrics"] if weighted_metrics == "auto" else weighted_metrics
            ),
            jit_compile=jit_compile,
            **kwargs,
        )
        if self.network is not None:
            self._inference.reset()
        self._build_optimizer()

    def make_train_function(self, force: bool = False) -> None:
        """What `fit` calls for a step, made anew where layers have other variables.

        An optimizer trains the variables that it was built for. Where there are others, as after
        `enable_lora`, one with the same settings takes its place and begins as after `compile`.
        """
        has_changed = self._inference.has_changed("training")
        if has_changed:
            self._renew_optimizer()
        super().make_train_function(force or has_changed)

    def make_test_function(self, force: bool = False) -> None:
        """What `evaluate` calls for a step, made anew where layers have other variables."""
        super().make_test_function(self._inference.has_changed("evaluation") or force)

    def forget_compiled(self) -> None:
        """Free the functions that `predict` and `generate` have compiled; later calls compile anew.

        A process that runs for long, and decodes with many different strategies, would keep all.
        """
        if self.network is not None:
            self._inference.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        replaces = name == "network" and value is not None
        if replaces and self.network is not None:
            # Keras would go on to train and save what is replaced.
            forget_layer(self, self.network)
        super().__setattr__(name, value)
        if replaces:
            # Out of sight of Keras, which would save what it shares with the network again.
            self._inference = Inference(value)

    @requires_network
    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """See `call`; raises `DataError` where the inputs are raw."""
        check_tensors(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Logits of the network's inputs."""
        return self.network(inputs, training=training)

    @requires_network
    def save(self, filepath: str | Path, overwrite: bool = True, **kwargs: Any) -> None:
        """Write a `.keras` file, which `keras.saving.load_model` reads after `import rnn_zoo`.

        Raises:
            ValueError: the file has another suffix, or layers are quantized: settings build a
                network whose layers are not.
        """
        if not str(filepath).endswith(".keras"):
            raise ValueError(f"{filepath}: {KERAS_FILE}")
        self._check_savable()
        super().save(filepath, overwrite=overwrite, **kwargs)

    @requires_network
    def export(
        self,
        filepath: str | Path,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        quantize: Quantize | None = None,
        **options: Any,
    ) -> None:
        """Write a model that answers raw inputs and needs neither Keras nor rnn_zoo.

        Args:
            filepath: the folder to make of a SavedModel; an `.onnx` or a `.tflite` file.
            format: `"tf_saved_model"`, which takes raw inputs by itself; `"onnx"` or `"litert"`,
                whose graphs take numbers: `client.py` beside them takes raw inputs, and needs NumPy
                and `onnxruntime` or `ai-edge-litert` alone. See `rnn_zoo.export`.
            verbose: whether Keras says what it wrote.
            quantize: `"float16"` or `"int8"`, how LiteRT stores weights. Default: None, float32.
            **options: what the task's `serving` takes, such as `decoding`.

        Raises:
            ValueError: there is no such format.
            ConfigError: the format cannot hold the model.
            BackendError: Keras runs on JAX; save, load under TensorFlow, export there.
        """
        if format not in FORMATS:
            raise ValueError(f"format={format!r}: a task exports as one of {', '.join(FORMATS)}.")
        if quantize is not None and format != "litert":
            raise ConfigError(f"quantize is for format='litert', not for {format!r}.")
        if format == "litert":
            if layer := self._quantized_layer():
                raise ConfigError(
                    f"{layer} is quantized, which LiteRT cannot hold. {WHOLE_NUMBERS}"
                )
            export_litert(self.tensor_model(**options), filepath, quantize)
            return
        if format == "onnx":
            export_onnx(self.tensor_model(**options), filepath)
            return
        serving: Any = self.serving
        export_saved_model(serving(**options), filepath, verbose=bool(verbose))

    def get_config(self) -> dict[str, Any]:
        """Settings, sizes, vocabularies and labels: enough to build the network anew.

        Raises:
            ValueError: it is asked for a file that could not be loaded, see `save`, or a copy that
                would lack what is quantized.
        """
        self._check_savable()
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "network": self.network_config.model_dump(),
            "preprocessing": self.preprocessing_config.model_dump(),
            **(self.sizes or dict.fromkeys(self.SIZES)),
            **self.preprocessor.get_state(),
            "frozen": [] if self.network is None else frozen_layers(self.network),
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the saved model was; Keras leaves this to models with their own `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def get_build_config(self) -> None:
        """Nothing: the constructor builds from the sizes."""

    def _check_savable(self) -> None:
        # Here, and not only in `save`: keras.saving.save_model, pickle and clone_model pass by it.
        if writes_legacy_file():
            raise ValueError(f"{type(self).__name__}: {KERAS_FILE}")
        if layer := self._quantized_layer():
            raise ValueError(
                f"{layer} is quantized, and a quantized task cannot be loaded again: save it "
                f"before quantize. {WHOLE_NUMBERS}"
            )

    def _quantized_layer(self) -> str | None:
        layers = [] if self.network is None else flatten_layers(self.network)
        quantized = (x for x in layers if x.quantization_mode != self.quantization_mode)
        return next((layer.path or layer.name for layer in quantized), None)

    def _checked_sizes(self, sizes: Mapping[str, int | None]) -> dict[str, int] | None:
        """The sizes that the constructor was given; None where it was given none."""
        unknown = sorted(set(sizes) - set(self.SIZES))
        if unknown:
            raise ConfigError(
                f"{type(self).__name__} has no argument {unknown[0]!r}; its sizes are "
                f"{', '.join(self.SIZES)}."
            )
        present = {name: size for name, size in sizes.items() if size is not None}
        if not present:
            return None
        for name, size in present.items():
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise ConfigError(f"{name} should be a positive whole number, got {size!r}.")
        if len(present) < len(self.SIZES):
            raise ConfigError(
                f"{type(self).__name__} is built from the sizes {', '.join(self.SIZES)}; got "
                f"{present}."
            )
        return {name: int(size) for name, size in present.items()}

    def _build_from_sizes(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)
        self.network = self.build_network(sizes)
        self.built = True

    def _build_optimizer(self) -> None:
        # Else TensorFlow traces the first training step twice: the optimizer's variables are new.
        if self.compiled and self.optimizer is not None and self.network is not None:
            self.optimizer.build(self.trainable_variables)

    def _renew_optimizer(self) -> None:
        optimizer = self.optimizer
        if optimizer is None or not optimizer.built:
            return
        if not knows_variables(optimizer, self.trainable_variables):
            self.optimizer = type(optimizer).from_config(optimizer.get_config())
            self._build_optimizer()
