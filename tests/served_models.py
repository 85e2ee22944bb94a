"""Weights in the package as they are served."""

import functools

from rnn_zoo.serve.served_model import ServedModel
from rnn_zoo.tasks.sources import load_task

SENTIMENT = "sentiment_lstm@synthetic_reviews"
TAGGER = "tagger_bilstm@ud_english_ewt"
TRANSLATOR = "seq2seq_lstm_attention@tatoeba_de_en"
WRITER = "word_lm_lstm@python_reference"
CAPTIONER = "caption_lstm@digit_strips"
ADDER = "adding_gru@adding_100"


@functools.cache
def served(name):
    """The model of weights in the package, answered by Keras."""
    return ServedModel(name, load_task(name))
