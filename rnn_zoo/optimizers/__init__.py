"""Optimizers for large vocabularies."""

from rnn_zoo.optimizers.adam import Adam
from rnn_zoo.optimizers.lazy_adam import LazyAdam

__all__ = ["Adam", "LazyAdam"]
