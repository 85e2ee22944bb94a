"""Sequences out of a step function: greedy, sampling and beam search over any recurrent state.

A step is a function `step(tokens, state) -> (logits, state)`: token ids `(rows,)` and a nested
state whose tensors begin with the axis of rows, to logits `(rows, vocabulary)` and the next state.
It may come from a decoder of the zoo or from anywhere else. Everything runs in the graph, on
TensorFlow and on JAX.
"""

from rnn_zoo.decoding.beam_search import beam_search
from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.greedy import greedy
from rnn_zoo.decoding.sampling import sample

__all__ = ["Decoded", "beam_search", "greedy", "sample"]
