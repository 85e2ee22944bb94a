"""Raw examples to tensors, inside the TensorFlow graph. It knows nothing of models."""

from rnn_zoo.preprocessing.batching import bucket_lengths, length_batches
from rnn_zoo.preprocessing.labels import LabelSet
from rnn_zoo.preprocessing.text import TextConfig, TextPreprocessor
from rnn_zoo.preprocessing.vocabulary import Vocabulary

__all__ = [
    "LabelSet",
    "TextConfig",
    "TextPreprocessor",
    "Vocabulary",
    "bucket_lengths",
    "length_batches",
]
