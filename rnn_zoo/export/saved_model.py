"""SavedModel: raw inputs in, answers out, with core TensorFlow operations only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from rnn_zoo.errors import BackendError
from rnn_zoo.layers.choice import kernels


@dataclass(frozen=True)
class Serving:
    """What a SavedModel serves.

    Attributes:
        signatures: a function and its input signature by the name it is served under.
        network: holds the weights that the functions use.
        tables: the lookup tables that they use.
    """

    signatures: Mapping[str, tuple[Callable, Sequence[tf.TensorSpec]]]
    network: keras.Model
    tables: Sequence[Any]


def export_saved_model(serving: Serving, path: str | Path, verbose: bool = False) -> None:
    """Write `serving` as a SavedModel folder that plain TensorFlow loads and serves.

    Raises:
        BackendError: Keras does not run on TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise BackendError(
            f"A SavedModel is written under TensorFlow; Keras runs on {keras.backend.backend()}. "
            "Save the model as a .keras file, load it with KERAS_BACKEND=tensorflow, export there."
        )
    archive = keras.export.ExportArchive()
    archive.track(serving.network)
    for table in serving.tables:
        archive.track(table)
    with kernels():
        for name, (function, signature) in serving.signatures.items():
            archive.add_endpoint(name, function, signature)
        archive.write_out(path, verbose=verbose)
