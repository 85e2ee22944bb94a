"""The optimizer for large vocabularies, and optimizers as entries describe them."""

from rnn_zoo.optimizers.adam import Adam
from rnn_zoo.optimizers.configured import config_of, optimizer_from

__all__ = ["Adam", "config_of", "optimizer_from"]
