"""Sequences from a step function: greedy search, sampling and beam search over any recurrent state.

A step is a function `step(tokens, state) -> (logits, state)`: token ids `(rows,)` and a nested
state whose tensors begin with the axis of rows, to logits `(rows, vocabulary)` and the next state.
It may come from a decoder of the zoo or from anywhere else. A `Strategy` says how to choose the
tokens, and `decode` runs one. Everything runs in the graph, on TensorFlow and on JAX.

`Greedy`, `Beam` and `Sample` are the strategies of the zoo. Another one is a subclass of
`Strategy`; `register` gives it a name.

>>> from keras import ops
>>> from rnn_zoo import decoding
>>> def count(tokens, state):  # 1 follows 0, 2 follows 1
...     return ops.one_hot(tokens + 1, 6), state
>>> start = ops.array([0, 2])
>>> decoded = decoding.decode(count, (), start, "greedy", max_length=4, end_id=4)
>>> ops.convert_to_numpy(decoded.tokens).tolist()  # (batch, hypotheses, max_length)
[[[1, 2, 3, 4]], [[3, 4, 4, 4]]]
"""

from rnn_zoo.decoding.beam import Beam
from rnn_zoo.decoding.decoded import Decoded
from rnn_zoo.decoding.greedy import Greedy
from rnn_zoo.decoding.sample import Sample
from rnn_zoo.decoding.step import Step, suppress_tokens
from rnn_zoo.decoding.strategy import Strategy, decode, from_options, get, names, register

__all__ = [
    "Beam",
    "Decoded",
    "Greedy",
    "Sample",
    "Step",
    "Strategy",
    "decode",
    "from_options",
    "get",
    "names",
    "register",
    "suppress_tokens",
]
