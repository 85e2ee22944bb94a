"""Optimizers that know what an embedding's gradient looks like."""

from rnn_zoo.optimizers.lazy_adam import LazyAdam

__all__ = ["LazyAdam"]
