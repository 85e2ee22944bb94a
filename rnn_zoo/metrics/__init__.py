"""What the field measures and Keras does not."""

from rnn_zoo.metrics.spans import span_scores, spans

__all__ = ["span_scores", "spans"]
