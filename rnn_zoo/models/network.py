"""What every network of the package is."""

from pathlib import Path
from typing import Any

import keras

from rnn_zoo.layers import portable


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Network(keras.Model):
    """A functional model whose exports need no XLA.

    `export` is that of Keras, within `rnn_zoo.layers.portable`. An ONNX file has the inputs by
    their names, and the outputs in the order of `outputs`, however the model nests them.
    """

    def export(self, filepath: str | Path, format: str = "tf_saved_model", **kwargs: Any) -> None:
        """Write what maps tensors to tensors; see `keras.Model.export`.

        A task writes what answers raw inputs: see `BaseTask.export`.
        """
        with portable():
            if format != "onnx":
                super().export(filepath, format=format, **kwargs)
                return
            flat = keras.Model(self.inputs, self.outputs)
            flat(flat.inputs)  # Keras writes a model that was called
            flat.export(filepath, format=format, **kwargs)
