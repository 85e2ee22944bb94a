"""A model zoo of recurrent networks on Keras 3.

Importing it registers every class with Keras, so that `keras.saving.load_model` reads what a model
of the zoo has saved. What takes long to import and is not always needed, such as TensorFlow
Datasets, is imported by the functions that need it.
"""

import gc

# A single search for garbage in all that TensorFlow has loaded takes as long as the import of
# rnn_zoo, and what is imported stays: the collector pauses.
_collects = gc.isenabled()
gc.disable()
try:
    from rnn_zoo import quiet_start  # noqa: F401, I001 - before anything imports TensorFlow
    from rnn_zoo import (
        cells,
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
        tasks,
    )
    from rnn_zoo.errors import ConfigError, DataError, RunError, UserError
    from rnn_zoo.registry import describe, get, list_models, register
finally:
    if _collects:
        gc.enable()

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "RunError",
    "UserError",
    "cells",
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
    "register",
    "tasks",
]
