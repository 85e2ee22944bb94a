"""A model zoo of recurrent networks on Keras 3.

Importing it registers every class with Keras, so that `keras.saving.load_model` reads what a model
of the zoo has saved, and does nothing else. What takes long to import and is not always needed,
such as TensorFlow Datasets, is imported by the functions that need it.
"""

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
    preprocessing,
    presets,
    tasks,
    vectors,
)
from rnn_zoo.description import describe
from rnn_zoo.errors import (
    BackendError,
    ConfigError,
    ConversionError,
    DataError,
    PresetError,
    RunError,
    UserError,
)
from rnn_zoo.registry import get, list_models, register

__version__ = "0.2.0.dev0"

__all__ = [
    "BackendError",
    "ConfigError",
    "ConversionError",
    "DataError",
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
