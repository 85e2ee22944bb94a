"""Examples on their way: from what a user passes to padded batches, and back in order.

`read_examples` makes a checked stream of whatever form the examples come in, `training_batches`
encodes and pads them, `predict_in_order` runs a model over them. It knows nothing of models.
"""

from rnn_zoo._tensorflow import tf  # noqa: F401 - says where it is missing
from rnn_zoo.pipeline.batches import training_batches
from rnn_zoo.pipeline.bucketing import bucket_lengths, length_batches, pad
from rnn_zoo.pipeline.epoch_order import EpochOrder
from rnn_zoo.pipeline.examples import (
    RawExamples,
    check_examples,
    read_columns,
    read_examples,
    split_examples,
    unpack_examples,
)
from rnn_zoo.pipeline.prediction import encoded_inputs, predict_in_order

__all__ = [
    "EpochOrder",
    "RawExamples",
    "bucket_lengths",
    "check_examples",
    "encoded_inputs",
    "length_batches",
    "pad",
    "predict_in_order",
    "read_columns",
    "read_examples",
    "split_examples",
    "training_batches",
    "unpack_examples",
]
