"""Many to many, aligned with the next symbol: a sequence in, at each step what comes next."""

from typing import Any, Literal

import keras
from keras import ops

from rnn_zoo.config import Rate, Units
from rnn_zoo.models.decoder import Decoder
from rnn_zoo.models.encoder_decoder import EncoderDecoder
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import CellSettings


class LanguageModelConfig(CellSettings):
    """Settings of `NextToken`, beside `CellSettings`.

    Attributes:
        initial_state: the states before a text: `"zeros"` or `"learned"`.
        embedding_dim: features of a token's vector.
        tied_embeddings: whether output and embedding share their weights.
        dropout: share of features dropped while training: after the embedding, between layers and
            before the logits.
        recurrent_dropout: share of the hidden state dropped, one mask for a window.
    """

    initial_state: Literal["zeros", "learned"] = "zeros"
    embedding_dim: Units = 64
    tied_embeddings: bool = False
    dropout: Rate = 0.0


@keras.saving.register_keras_serializable(package="rnn_zoo")
class NextToken(EncoderDecoder):
    """A language model: at each step the logits of the next token.

    A functional model from `[tokens, resets, *states]` to `logits (batch, time, vocabulary_size)`
    and the last `states`: token ids `(batch, time)`, booleans `(batch, time)` that are
    true where a document begins, and the last states of the window before, each `(batch, units)`.
    `encoder` reads prompts `(batch, time)`, padded with 0 on the right, at least two tokens wide;
    `initial_state` and `step` go on from there.

    Args:
        config: the settings.
        vocabulary_size: number of token ids.
        dtype: Keras dtype or dtype policy; the logits are float32 under mixed precision.

    Source: Mikolov, Karafiát, Burget, Černocký and Khudanpur 2010, "Recurrent neural network based
        language model".

    Example:
        >>> network = NextToken(LanguageModelConfig(units=8, depth=2), 50)
        >>> [tuple(tensor.shape) for tensor in network.inputs][:3]
        [(None, None), (None, None), (None, 8)]
        >>> encoded = network.encoder(ops.array([[2, 7, 0]]))
        >>> logits, state = network.step(encoded["start"], network.initial_state(encoded))
        >>> logits.shape == (1, 50)
        True
    """

    CONFIG = LanguageModelConfig

    def __init__(self, config: LanguageModelConfig, vocabulary_size: int, dtype: Any = None):
        # Keras' small vectors leave several layers almost without a signal: they take hundreds of
        # steps to find one.
        large = keras.initializers.RandomNormal(stddev=1.0)
        decoder = Decoder(
            vocabulary_size,
            **config.of_cells(),
            learn_initial_state=config.initial_state == "learned",
            embedding_dim=config.embedding_dim,
            tied_embeddings=config.tied_embeddings,
            embeddings_initializer=None if config.tied_embeddings else large,
            dtype=dtype,
            name="decoder",
        )
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        resets = keras.Input((None,), dtype="bool", name="resets")
        states = [
            keras.Input((size,), dtype=decoder.compute_dtype, name=name)
            for name, size in zip(decoder.state_names, decoder.state_sizes, strict=True)
        ]
        prompt = keras.Input((None,), dtype="int32", name="prompt")
        # The first step takes the last token; the encoder has read the tokens before it.
        read = decoder(prompt[:, :-1], tokens_mask=ops.not_equal(prompt[:, 1:], 0))
        last = ops.sum(ops.cast(ops.not_equal(prompt, 0), "int32"), axis=1, keepdims=True) - 1
        start = ops.take_along_axis(prompt, ops.maximum(last, 0), axis=1)[:, 0]
        encoder = Network(prompt, {"states": read["states"], "start": start}, name="encoder")
        super().__init__(
            config,
            {"vocabulary_size": vocabulary_size},
            [tokens, resets, *states],
            encoder,
            decoder,
            {"tokens": tokens, "states": states, "resets": resets},
            returns_states=True,
            name="next_token",
        )
