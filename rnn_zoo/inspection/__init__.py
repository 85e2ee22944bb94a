"""What examples are like, before a model learns from them."""

from rnn_zoo.inspection.findings import Inspection, Lengths, Numbers, PartFindings, Unknown
from rnn_zoo.inspection.inspect import inspect
from rnn_zoo.inspection.layout import as_lines, as_text

__all__ = [
    "Inspection",
    "Lengths",
    "Numbers",
    "PartFindings",
    "Unknown",
    "as_lines",
    "as_text",
    "inspect",
]
