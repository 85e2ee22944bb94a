"""Examples by name: embedded sets, local files, TensorFlow Datasets."""

from rnn_zoo.datasets.baselines import BASELINES, Baseline
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.fingerprint import fingerprint
from rnn_zoo.datasets.formats import file_format
from rnn_zoo.datasets.inputs import Piece, read_inputs
from rnn_zoo.datasets.loading import load
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.recognition import recognize
from rnn_zoo.datasets.schemas import EMBEDDED, SCHEMAS
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.datasets.table import Table

__all__ = [
    "BASELINES",
    "EMBEDDED",
    "SCHEMAS",
    "Baseline",
    "Examples",
    "Origin",
    "Piece",
    "Splits",
    "Table",
    "file_format",
    "fingerprint",
    "load",
    "read_inputs",
    "recognize",
]
