"""Recurrent layers from and to those of Keras and of PyTorch, with their weights."""

from rnn_zoo.convert.keras_layers import from_keras, to_keras
from rnn_zoo.convert.torch_weights import from_torch, to_torch

__all__ = ["from_keras", "from_torch", "to_keras", "to_torch"]
