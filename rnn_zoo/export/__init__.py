"""Networks to files that are served without rnn_zoo."""

from rnn_zoo._tensorflow import tf  # noqa: F401 - says where it is missing
from rnn_zoo.export.check import Agreement, check
from rnn_zoo.export.litert_model import export_litert
from rnn_zoo.export.onnx_model import export_onnx
from rnn_zoo.export.saved_model import Serving, export_saved_model
from rnn_zoo.export.tensors import TensorModel

__all__ = [
    "Agreement",
    "Serving",
    "TensorModel",
    "check",
    "export_litert",
    "export_onnx",
    "export_saved_model",
]
