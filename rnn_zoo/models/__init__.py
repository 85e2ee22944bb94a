"""Networks: functional Keras models from tensors to tensors. They know nothing of text."""

from rnn_zoo.models.classifier import ClassifierConfig, classifier
from rnn_zoo.models.stack import recurrent_stack

__all__ = ["ClassifierConfig", "classifier", "recurrent_stack"]
