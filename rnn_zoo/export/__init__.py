"""Networks to files that are served without rnn_zoo."""

from rnn_zoo.export.saved_model import Serving, export_saved_model

__all__ = ["Serving", "export_saved_model"]
