"""A network and a decoding strategy, compiled as one Keras model."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from rnn_zoo.decoding import Strategy, decode, suppress_tokens


class Search(keras.Model):
    """From the inputs of an encoder to decoded sequences.

    The model is called on the encoder's inputs or, for a strategy that uses a seed, on a pair of
    them and the seed, integers `(2,)`. It has no state of its own: threads may share it.

    Args:
        network: has `encoder`, `initial_state`, `step` and `decoder`.
        strategy: how to decode.
        start_id: the token that starts a sequence.
        end_id: the token that ends a sequence.
        suppress_tokens: tokens that are never decoded.
        max_length: maximum number of tokens.
    """

    def __init__(
        self,
        network: Any,
        strategy: Strategy,
        *,
        start_id: int,
        end_id: int,
        suppress_tokens: Sequence[int],
        max_length: int,
    ):
        super().__init__(dtype=network.decoder.dtype_policy)
        self.built = True  # it has no weights of its own, and may be exported before it has run
        if keras.backend.backend() == "tensorflow":
            # Rows that have ended leave the search, while XLA needs a fixed number of rows. Keras
            # would choose XLA where there is a GPU.
            self.jit_compile = False
        self.network = network
        self.strategy = strategy
        self.start_id, self.end_id = start_id, end_id
        self.suppress_tokens = list(suppress_tokens)
        self.max_length = max_length

    def start(self, encoded: dict[str, Any]) -> Any:
        """The tokens to start from `(batch,)`: those of the encoder, or `start_id`."""
        if "start" in encoded:
            return encoded["start"]
        return ops.full((ops.shape(encoded["states"][0])[0],), self.start_id, "int32")

    def call(self, inputs: Any) -> dict[str, Any]:
        """Tokens `(batch, n, max_length)` and scores `(batch, n)`, the best first."""
        inputs, seed = inputs if self.strategy.uses_seed else (inputs, None)
        encoded = self.network.encoder(inputs, training=False)
        decoder = self.network.decoder
        decoded = decode(
            suppress_tokens(self.network.step, self.suppress_tokens, decoder.vocabulary_size),
            self.network.initial_state(encoded),
            self.start(encoded),
            self.strategy,
            max_length=self.max_length,
            end_id=self.end_id,
            seed=seed,
            coverage=decoder.coverage if decoder.attention is not None else None,
        )
        return {"tokens": decoded.tokens, "scores": decoded.scores}


def seeded(function: Callable[[Any], Any], seed: int) -> Callable[[Any], Any]:
    """A compiled search with a fixed seed; each batch draws other numbers.

    Args:
        function: what `Search` is called on, a pair of inputs and a seed, to what it returns.
        seed: a whole number.
    """
    batches = itertools.count()
    return lambda inputs: function((inputs, np.array([seed, next(batches)], "uint32")))


def streaming(
    search: Search, encode: Callable, signature: Sequence[tf.TensorSpec]
) -> dict[str, tuple[Callable, Sequence[tf.TensorSpec]]]:
    """Signatures for a server that decodes by itself, with the state as explicit tensors.

    `encode` takes raw inputs and gives the token that starts a sequence and the first state; `step`
    takes a token and a state and gives logits and the next state, by the same names.

    Args:
        search: holds the network.
        encode: raw inputs to those of the encoder, in the graph.
        signature: of the raw inputs.
    """
    network = search.network
    symbolic = network.initial_state(network.encoder.output)
    of_layers = iter(network.decoder.state_names)
    names = [
        next(of_layers) if path[0] == "layers" else "_".join(map(str, path))
        for path, _ in tree.flatten_with_path(symbolic)
    ]

    def by_name(state: Any) -> dict[str, Any]:
        return dict(zip(names, tree.flatten(state), strict=True))

    def first(*raw: Any) -> dict[str, Any]:
        encoded = network.encoder(encode(*raw), training=False)
        return {"token": search.start(encoded), **by_name(network.initial_state(encoded))}

    def step(token: Any, *flat: Any) -> dict[str, Any]:
        logits, state = network.step(token, tree.pack_sequence_as(symbolic, list(flat)))
        return {"logits": logits, **by_name(state)}

    tensors = tree.flatten(symbolic)
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in zip(names, tensors, strict=True)
    ]
    token = tf.TensorSpec([None], tf.int32, name="token")
    return {"encode": (first, signature), "step": (step, [token, *specs])}
