"""What recurrent layers do inside of any Keras model: gradients, gates, states.

Everything here looks and leaves the model as it was. It needs the TensorFlow backend, but for
`GradientNorm`, which also runs on JAX.
"""

from rnn_zoo.diagnostics.activations import hidden_states
from rnn_zoo.diagnostics.diagnostics_logger import DiagnosticsLogger
from rnn_zoo.diagnostics.figures import gates_figure, gradient_figure, text_figure
from rnn_zoo.diagnostics.gates import GateActivity, gate_activity
from rnn_zoo.diagnostics.gradient_flow import GradientFlow, LayerFlow, gradient_flow
from rnn_zoo.diagnostics.gradient_norm import GradientNorm
from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.report import REPORT_FILES, write_report
from rnn_zoo.diagnostics.verdict import Verdict

__all__ = [
    "REPORT_FILES",
    "DiagnosticsLogger",
    "GateActivity",
    "GradientFlow",
    "GradientNorm",
    "LayerFlow",
    "NamedArray",
    "Verdict",
    "gate_activity",
    "gates_figure",
    "gradient_figure",
    "gradient_flow",
    "hidden_states",
    "text_figure",
    "write_report",
]
