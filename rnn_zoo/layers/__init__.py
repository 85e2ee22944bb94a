"""Layers over sequences: the scan, the embedding, attention, pooling, the CRF; three for images."""

from rnn_zoo.layers.attention import AdditiveAttention, MultiplicativeAttention
from rnn_zoo.layers.carry import Carry
from rnn_zoo.layers.choice import portable
from rnn_zoo.layers.coordinates import Coordinates
from rnn_zoo.layers.crf import CRF, CRFAccuracy, CRFLoss, viterbi
from rnn_zoo.layers.embedding import Embedding
from rnn_zoo.layers.histograms import LocalHistograms
from rnn_zoo.layers.orientation import RandomOrientation
from rnn_zoo.layers.pooling import SequencePooling
from rnn_zoo.layers.rnn import RNN
from rnn_zoo.layers.standardize import Standardize
from rnn_zoo.layers.word_reader import WordReader

__all__ = [
    "CRF",
    "RNN",
    "AdditiveAttention",
    "CRFAccuracy",
    "CRFLoss",
    "Carry",
    "Coordinates",
    "Embedding",
    "LocalHistograms",
    "MultiplicativeAttention",
    "RandomOrientation",
    "SequencePooling",
    "Standardize",
    "WordReader",
    "portable",
    "viterbi",
]
