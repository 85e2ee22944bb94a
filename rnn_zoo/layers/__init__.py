"""Layers over sequences: the scan, the embedding, pooling over time."""

from rnn_zoo.layers.embedding import Embedding
from rnn_zoo.layers.pooling import SequencePooling
from rnn_zoo.layers.rnn import RNN

__all__ = ["RNN", "Embedding", "SequencePooling"]
