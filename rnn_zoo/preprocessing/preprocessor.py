"""What a task asks of its preprocessing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf


class Preprocessor(Protocol):
    """Raw examples of one kind to tensors: checks in Python, encoding in the graph.

    `read_*` see what a user passed and raise clear errors; `encode_*` run in the TensorFlow graph,
    in training and in an export alike.
    """

    def adapt(self, batches: tf.data.Dataset) -> dict[str, int]:
        """Fix vocabularies and label sets from raw batches `(inputs, targets, ...)`; give sizes."""

    def read_inputs(self, x: Any) -> tf.Tensor | tf.RaggedTensor:
        """Check what a user passes as `x` and make it one tensor with a row an example."""

    def read_targets(self, y: Any, inputs: Any) -> tf.Tensor | tf.RaggedTensor:
        """The same for `y`, which belongs to the `inputs` that `read_inputs` gave."""

    def rank(self, dtype: tf.DType) -> int:
        """The rank of one raw input of this dtype."""

    def encode_inputs(self, x: Any) -> Any:
        """Raw inputs to those of the network, sequences still ragged."""

    def encode(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Raw inputs and targets to those of the network and of the loss."""

    def class_weights(self, weights: Mapping[Any, float]) -> tf.Tensor:
        """Keras' `class_weight` as one weight a class."""

    def tables(self) -> list[Any]:
        """The lookup tables that an export holds."""

    def save_assets(self, folder: Path) -> None:
        """Write the vocabularies."""

    def load_assets(self, folder: Path) -> None:
        """Read what `save_assets` wrote."""
