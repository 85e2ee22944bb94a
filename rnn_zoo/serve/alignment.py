"""Where a decoder looked while it wrote."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_zoo.pipeline import pad
from rnn_zoo.preprocessing.vocabulary import START_ID


def alignment(network: Any, inputs: Any, written: Sequence[int]) -> np.ndarray | None:
    """The attention at each of the tokens that were written for one input.

    Args:
        network: an `EncoderDecoder`.
        inputs: what its encoder reads, of one row.
        written: token ids.

    Returns:
        Weights `(tokens, positions)`, those of a token summing to 1; None without attention.
    """
    if network.alignment is None:
        return None
    before = tf.constant([[START_ID, *written[:-1]]], tf.int32)
    weights = network.alignment([inputs, pad(tf.RaggedTensor.from_tensor(before))], training=False)
    return np.asarray(weights)[0, : len(written)]
