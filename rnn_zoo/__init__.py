"""A model zoo of recurrent networks on Keras 3.

Importing it registers every class with Keras, so that `keras.saving.load_model` reads what a model
of the zoo has saved, and does nothing else. What takes long to import and is not always needed,
such as TensorFlow Datasets, is imported by the functions that need it.

Where TensorFlow is not installed, and Keras runs on JAX, cells, layers, networks, decoding and what
trains them are there; the rest raises a `MissingPackageError` when it is asked for.
"""

from typing import TYPE_CHECKING, Any

from rnn_zoo import (
    cells,
    convert,
    datasets,
    decoding,
    diagnostics,
    figures,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    vectors,
)
from rnn_zoo.errors import (
    BackendError,
    ConfigError,
    ConversionError,
    DataError,
    MissingPackageError,
    PresetError,
    RunError,
    UserError,
)

try:
    from rnn_zoo import inspection, preprocessing, presets, tasks
    from rnn_zoo.description import describe
    from rnn_zoo.registry import get, list_models, register
except MissingPackageError:
    if not TYPE_CHECKING:  # to which every name would be there

        def __getattr__(name: str) -> Any:
            if name in __all__:
                from rnn_zoo import _tensorflow  # noqa: F401 - says what is missing
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.2.0.dev0"

__all__ = [
    "BackendError",
    "ConfigError",
    "ConversionError",
    "DataError",
    "MissingPackageError",
    "PresetError",
    "RunError",
    "UserError",
    "cells",
    "convert",
    "datasets",
    "decoding",
    "describe",
    "diagnostics",
    "figures",
    "get",
    "inspection",
    "layers",
    "list_models",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "presets",
    "register",
    "tasks",
    "vectors",
]
