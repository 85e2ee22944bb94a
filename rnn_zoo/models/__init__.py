"""Networks: functional Keras models from tensors to tensors. They know nothing of text."""

from rnn_zoo.models.captioner import Captioner, CaptionerConfig
from rnn_zoo.models.classifier import ClassifierConfig, classifier
from rnn_zoo.models.decoder import Decoder
from rnn_zoo.models.language_model import LanguageModelConfig, NextToken
from rnn_zoo.models.regressor import RegressorConfig, regressor
from rnn_zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig
from rnn_zoo.models.stack import recurrent_stack
from rnn_zoo.models.tagger import TaggerConfig, tagger

__all__ = [
    "Captioner",
    "CaptionerConfig",
    "ClassifierConfig",
    "Decoder",
    "LanguageModelConfig",
    "NextToken",
    "RegressorConfig",
    "Seq2Seq",
    "Seq2SeqConfig",
    "TaggerConfig",
    "classifier",
    "recurrent_stack",
    "regressor",
    "tagger",
]
