"""Layers over sequences: the scan, the embedding, pooling over time."""

from rnn_zoo.layers.embedding import Embedding
from rnn_zoo.layers.pooling import SequencePooling
from rnn_zoo.layers.rnn import RNN
from rnn_zoo.layers.token_dropout import TokenDropout

__all__ = ["RNN", "Embedding", "SequencePooling", "TokenDropout"]
