"""The optimizer for large vocabularies."""

from rnn_zoo.optimizers.adam import Adam

__all__ = ["Adam"]
