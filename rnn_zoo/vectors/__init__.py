"""Pretrained word vectors: GloVe, word2vec and fastText files."""

from rnn_zoo.vectors.cache import load
from rnn_zoo.vectors.coverage import Coverage
from rnn_zoo.vectors.word_vectors import WordVectors

__all__ = ["Coverage", "WordVectors", "load"]
