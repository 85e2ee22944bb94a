"""Metrics of sequence models that Keras does not have."""

from rnn_zoo.metrics.over_steps import MeanOverSteps, TokenAccuracy
from rnn_zoo.metrics.perplexity import BitsPerCharacter, Perplexity
from rnn_zoo.metrics.spans import span_scores, spans
from rnn_zoo.metrics.texts import caption_scores, signatures, text_scores

__all__ = [
    "BitsPerCharacter",
    "MeanOverSteps",
    "Perplexity",
    "TokenAccuracy",
    "caption_scores",
    "signatures",
    "span_scores",
    "spans",
    "text_scores",
]
