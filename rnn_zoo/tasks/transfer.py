"""What a network takes over from a task that has been trained."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from rnn_zoo.errors import ConfigError
from rnn_zoo.models.decoder import Decoder
from rnn_zoo.models.embed import FIXED, set_vectors
from rnn_zoo.vectors import WordVectors

EMBEDDINGS = ("embedding", FIXED)
"""The parts whose rows belong to tokens."""
HEAD = ("logits", "crf")
"""The parts whose weights belong to labels."""


@dataclass(frozen=True)
class Trained:
    """What a trained task can hand on.

    Attributes:
        vectors: its tokens, the special ones too, and their vectors.
        layers: its other layers that have weights, by their part in the network.
    """

    vectors: WordVectors
    layers: dict[str, keras.layers.Layer]

    @classmethod
    def of(cls, network: keras.Model, tokens: Sequence[str]) -> "Trained":
        """What a network holds whose vocabulary are these tokens."""
        parts = layers_by_part(network)
        tables = [parts.pop(name).embeddings for name in EMBEDDINGS if name in parts]
        table = np.concatenate([keras.ops.convert_to_numpy(table) for table in tables])
        return cls(WordVectors(tokens, table * _scale(network)), parts)


@dataclass(frozen=True)
class Transfer:
    """What a network took over, what is new in it, and what was left.

    Attributes:
        taken: the parts of the network whose weights are now the trained ones.
        new: the parts that have the weights they were built with.
        unused: the parts of the trained network that have no counterpart.
        known_tokens: tokens whose vectors are now the trained ones.
        tokens: all tokens.
    """

    taken: list[str]
    new: list[str]
    unused: list[str]
    known_tokens: int
    tokens: int

    def __str__(self) -> str:
        vectors = f"the vectors of {self.known_tokens:,} of {self.tokens:,} tokens"
        lines = [f"Taken over: {', '.join([vectors, *self.taken])}."]
        if self.new:
            lines.append(f"New: {', '.join(self.new)}.")
        if self.unused:
            lines.append(f"Left behind: {', '.join(self.unused)}.")
        return " ".join(lines)


def layers_by_part(network: keras.Model) -> dict[str, Any]:
    """The layers of a network that have weights, by names that networks of all tasks share."""
    decoder = getattr(network, "decoder", None)
    if not isinstance(decoder, Decoder):
        return {layer.name: layer for layer in network.layers if layer.weights}
    scans = {f"recurrent_{level}": scan for level, scan in enumerate(decoder.scans, start=1)}
    rest = {} if decoder.tied_embeddings else {"logits of tokens": decoder.logits}
    return {"embedding": decoder.embedding, **scans, **rest}


def take_over(
    network: keras.Model,
    tokens: Sequence[str],
    fixed_words: int,
    trained: Trained,
    keeps_head: bool,
) -> Transfer:
    """Give a new network the vectors and weights of a trained one, where they have one shape.

    A bidirectional layer takes those of a layer in one direction for its forward layer.

    Args:
        network: the new network.
        tokens: those of its vocabulary.
        fixed_words: how many of them, the last ones, are not trained.
        trained: what to take.
        keeps_head: whether both networks have the same labels.

    Raises:
        ConfigError: the vectors of tokens differ in size.
    """
    dim = network.get_layer("embedding").output_dim
    if dim != trained.vectors.dim:
        raise ConfigError(
            f"embedding_dim is {dim}, and the trained vectors have {trained.vectors.dim} features: "
            f"set embedding_dim to {trained.vectors.dim}."
        )
    set_vectors(network, trained.vectors, tokens, fixed_words)
    taken, new = [], []
    for part, layer in layers_by_part(network).items():
        if part in EMBEDDINGS:
            continue
        source = trained.layers.get(part) if keeps_head or part not in HEAD else None
        is_half = isinstance(layer, keras.layers.Bidirectional) and not isinstance(
            source, keras.layers.Bidirectional
        )
        if source is not None and _copied(layer.forward_layer if is_half else layer, source):
            taken.append(f"{part} (forward)" if is_half else part)
            new += [f"{part} (backward)"] if is_half else []
        else:
            new.append(part)
    matched = {part.removesuffix(" (forward)") for part in taken}
    unused = [part for part in trained.layers if part not in matched]
    known = int((trained.vectors.find_all(tokens) >= 0).sum())
    return Transfer(taken, new, unused, known, len(tokens))


def _copied(layer: keras.layers.Layer, source: keras.layers.Layer) -> bool:
    """Copy the weights of a layer, if they have the same shapes; whether they had."""
    pairs = [
        [weight for weight in side.weights if "seed_generator" not in weight.path]
        for side in (layer, source)
    ]
    if [tuple(w.shape) for w in pairs[0]] != [tuple(w.shape) for w in pairs[1]]:
        return False
    for weight, trained in zip(*pairs, strict=True):
        weight.assign(trained.value)
    return True


def _scale(network: keras.Model) -> float:
    """What the recurrent layers read is the table times this number."""
    decoder = getattr(network, "decoder", None)
    if isinstance(decoder, Decoder) and decoder.tied_embeddings:
        return math.sqrt(decoder.embedding_dim)
    return 1.0
