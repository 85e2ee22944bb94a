"""Labeled texts by name: embedded sets, local files, TensorFlow Datasets."""

from rnn_zoo.datasets.embedded import EMBEDDED
from rnn_zoo.datasets.fingerprint import fingerprint
from rnn_zoo.datasets.labeled_texts import LabeledTexts
from rnn_zoo.datasets.loading import load
from rnn_zoo.datasets.splits import Splits

__all__ = ["EMBEDDED", "LabeledTexts", "Splits", "fingerprint", "load"]
