"""Searches over a network that decodes, as a Keras model that predicts."""

import inspect
import random
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops, tree

from rnn_zoo import decoding
from rnn_zoo.decoding.beam_search import check_beam
from rnn_zoo.decoding.greedy import IMPOSSIBLE, Step
from rnn_zoo.decoding.sampling import check_sampling
from rnn_zoo.errors import ConfigError

SEARCHES: dict[str, tuple[Callable, Callable | None]] = {
    "greedy": (decoding.greedy, None),
    "sample": (decoding.sample, check_sampling),
    "beam": (decoding.beam_search, check_beam),
}
"""Name -> the search, and what checks its settings."""
OWN = {"step", "state", "start", "max_length", "end_id", "coverage", "seed"}
"""Arguments of the searches that a user does not set."""


class Search(keras.Model):
    """From the inputs of an encoder to decoded sequences.

    Args:
        network: has `encoder`, `initial_state`, `step` and `decoder`.
        how: `"greedy"`, `"sample"` or `"beam"`.
        settings: those of the search, such as `width`.
        start_id, end_id: tokens that start and end a sequence.
        banned: tokens that are never decoded.
        max_length: number of tokens at the most.

    Raises:
        ConfigError: there is no such search or setting, or a setting is out of range.
    """

    def __init__(
        self,
        network: Any,
        how: str,
        settings: dict[str, Any],
        *,
        start_id: int,
        end_id: int,
        banned: list[int],
        max_length: int,
    ):
        super().__init__(dtype=network.decoder.dtype_policy)
        self.built = True  # it has no weights of its own, and may be exported before it has run
        if keras.backend.backend() == "tensorflow":
            # Rows that have ended leave the search, and XLA needs to know how many there are. Keras
            # would turn to it where there is a GPU.
            self.jit_compile = False
        if how not in SEARCHES:
            raise ConfigError(f"decoding should be one of {', '.join(SEARCHES)}, got {how!r}.")
        self.search, check = SEARCHES[how]
        known = set(inspect.signature(self.search).parameters) - OWN
        for name in settings:
            if name not in known:
                raise ConfigError(
                    f"{how} decoding has no setting {name!r}; it has "
                    f"{', '.join(sorted(known)) or 'none'}."
                )
        if not isinstance(max_length, int) or max_length < 1:
            raise ConfigError(f"At least 1 token has to be decoded, got {max_length!r}.")
        try:
            if check is not None:
                check(**settings)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{how} decoding: {error}") from None
        if settings.get("coverage_penalty") and network.decoder.attention is None:
            raise ConfigError(
                f"{how} decoding: a coverage penalty needs attention, and this model has none."
            )
        self.network = network
        self.how = how
        self.settings = settings
        self.start_id, self.end_id = start_id, end_id
        self.banned = banned
        self.max_length = max_length
        self.generator = keras.random.SeedGenerator(0)

    def reseed(self, seed: int | None) -> None:
        """Begin with another seed; None takes one by chance."""
        value = random.randrange(2**31) if seed is None else seed
        self.generator.state.assign([value, 0])

    def step(self) -> Step:
        """The network's step, with the banned tokens impossible."""
        vocabulary = self.network.decoder.vocabulary_size
        allowed = ops.convert_to_tensor(
            [IMPOSSIBLE if token in self.banned else 0.0 for token in range(vocabulary)], "float32"
        )

        def step(tokens: Any, state: Any) -> tuple[Any, Any]:
            logits, state = self.network.step(tokens, state)
            return ops.cast(logits, "float32") + allowed, state

        return step

    def start(self, encoded: dict[str, Any]) -> Any:
        """The tokens that the first step is given: an encoder may say which."""
        if "start" in encoded:
            return encoded["start"]
        return ops.full((ops.shape(encoded["states"][0])[0],), self.start_id, "int32")

    def call(self, inputs: Any) -> dict[str, Any]:
        """Tokens `(batch, n, max_length)` and scores `(batch, n)`, the best first."""
        encoded = self.network.encoder(inputs, training=False)
        state = self.network.initial_state(encoded)
        start = self.start(encoded)
        more: dict[str, Any] = {}
        if self.how == "sample":
            more["seed"] = self.generator
        if self.how == "beam" and self.network.decoder.attention is not None:
            more["coverage"] = self.network.decoder.coverage
        found = self.search(
            self.step(),
            state,
            start,
            max_length=self.max_length,
            end_id=self.end_id,
            **more,
            **self.settings,
        )
        tokens, scores = found.tokens, found.scores
        if self.how != "beam":
            tokens, scores = tokens[:, None], scores[:, None]
        return {"tokens": tokens, "scores": scores}


def streaming(
    search: Search, encode: Callable, signature: Sequence[tf.TensorSpec]
) -> dict[str, tuple[Callable, Sequence[tf.TensorSpec]]]:
    """Signatures for a server that decodes by itself, the state being an explicit tensor or more.

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

    def named(state: Any) -> dict[str, Any]:
        return dict(zip(names, tree.flatten(state), strict=True))

    def first(*raw: Any) -> dict[str, Any]:
        encoded = network.encoder(encode(*raw), training=False)
        return {"token": search.start(encoded), **named(network.initial_state(encoded))}

    def step(token: Any, *flat: Any) -> dict[str, Any]:
        logits, state = network.step(token, tree.pack_sequence_as(symbolic, list(flat)))
        return {"logits": logits, **named(state)}

    tensors = tree.flatten(symbolic)
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in zip(names, tensors, strict=True)
    ]
    token = tf.TensorSpec([None], tf.int32, name="token")
    return {"encode": (first, signature), "step": (step, [token, *specs])}
