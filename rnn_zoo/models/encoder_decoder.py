"""What the networks share that generate sequences: an encoder, and a decoder that steps."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import keras

from rnn_zoo.config import Section, validate
from rnn_zoo.models.decoder import Decoder, State
from rnn_zoo.models.network import Network


class EncoderDecoder(Network):
    """A functional model that ends in a `Decoder`, and the models that share its weights.

    It maps its inputs to logits `(batch, time, vocabulary_size)` under teacher forcing. To
    generate, run `encoder` once, begin with `initial_state`, and call `step` for each token.

    A saved model holds the settings and sizes that it was made from, and is made from them again.

    Args:
        config: the settings.
        sizes: by name, what else the constructor of the subclass takes, but for its `dtype`.
        inputs: the symbolic inputs.
        encoder: from what a sequence is generated from to a dictionary with the `states` that the
            decoder begins with and, with attention, `memory` and perhaps `memory_mask`.
        decoder: the decoder.
        arguments: what the decoder is called with, made of `inputs`.
        returns_states: whether the outputs are a dictionary of `logits` and the last `states`, and
            not the logits alone.
        name: name of the model.

    Attributes:
        encoder: the encoder.
        decoder: the decoder.
        at_targets: from `[*inputs, target_mask (batch, time)]` to the same outputs, with logits
            `(steps, vocabulary_size)` of the steps where the mask is true. Steps that only pad a
            row cost no product with the vocabulary. Not for functions that XLA compiles, which
            needs to know the number of steps.
        alignment: from `inputs` to attention weights `(batch, time, source)`; None without
            attention.
    """

    CONFIG: ClassVar[type[Section]]
    """The class of the settings."""

    def __init__(
        self,
        config: Section,
        sizes: Mapping[str, Any],
        inputs: Sequence[Any],
        encoder: keras.Model,
        decoder: Decoder,
        arguments: Mapping[str, Any],
        *,
        returns_states: bool = False,
        name: str,
    ):
        decoded = decoder(**arguments)
        target_mask = keras.Input((None,), dtype="bool", name="target_mask")
        masked = decoder(**arguments, target_mask=target_mask)
        weights = decoded.pop("weights", None)
        masked.pop("weights", None)
        if not returns_states:
            decoded, masked = decoded["logits"], masked["logits"]
        super().__init__(list(inputs), decoded, name=name)
        self.config = config
        self.sizes = dict(sizes)
        self.encoder = encoder
        self.decoder = decoder
        self.at_targets = Network([*inputs, target_mask], masked, name="at_targets")
        self.alignment = None
        if weights is not None:
            self.alignment = Network(list(inputs), weights, name="alignment")

    def initial_state(self, encoded: Mapping[str, Any]) -> State:
        """The state before the first step, from the encoder's outputs."""
        return self.decoder.initial_state(
            encoded["states"], encoded.get("memory"), encoded.get("memory_mask")
        )

    def step(self, tokens: Any, state: State) -> tuple[Any, State]:
        """One step: token ids `(rows,)` to logits `(rows, vocabulary_size)` and the next state."""
        return self.decoder.step(tokens, state)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        dtype = keras.dtype_policies.serialize(self.decoder.dtype_policy)
        return {"config": self.config.model_dump(), **self.sizes, "dtype": dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:  # noqa: ARG003 - Keras'
        """A network with new weights, from what `get_config` gave."""
        return cls(**config | {"config": validate(cls.CONFIG, config["config"], cls.__name__)})
