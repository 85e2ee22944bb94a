"""Raw examples to tensors, inside the TensorFlow graph. It knows nothing of models."""

from rnn_zoo._tensorflow import tf  # noqa: F401 - says where it is missing
from rnn_zoo.preprocessing.labels import LabelSet
from rnn_zoo.preprocessing.preprocessor import Preprocessor
from rnn_zoo.preprocessing.tokenizer import Tokenizer
from rnn_zoo.preprocessing.vocabulary import Vocabulary

__all__ = ["LabelSet", "Preprocessor", "Tokenizer", "Vocabulary"]
