"""Many to one, then one to many: a sequence in, another one out."""

from typing import Any, Literal

import keras
from keras import ops, tree
from pydantic import model_validator

from rnn_zoo import cells, layers
from rnn_zoo.config import Rate, Units
from rnn_zoo.models.decoder import Decoder
from rnn_zoo.models.encoder_decoder import EncoderDecoder
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import ReaderSettings, recurrent_stack


class Seq2SeqConfig(ReaderSettings):
    """Settings of `Seq2Seq`, beside `ReaderSettings`.

    Attributes:
        units: size of the hidden state; a bidirectional encoder gives half to each direction.
        depth: number of recurrent layers of the encoder and of the decoder.
        bidirectional: whether the encoder reads the source from both ends.
        initial_state, truncate_gradient: those of the encoder; the decoder begins with its last
            states.
        embedding_dim: features of a token's vector.
        attention: whether the decoder attends to all states of the encoder, and how:
            `"additive"` or `"multiplicative"` (scaled); see `rnn_zoo.layers`.
        tied_embeddings: whether the decoder's output and embedding share their weights.
        dropout: share of features dropped while training: after the embeddings, between layers and
            before the logits.
        label_smoothing: share of the probability that training spreads over all tokens.
    """

    embedding_dim: Units = 256
    attention: Literal["additive", "multiplicative"] | None = None
    tied_embeddings: bool = False
    label_smoothing: Rate = 0.0

    @model_validator(mode="after")
    def _check_units(self) -> "Seq2SeqConfig":
        if self.bidirectional and self.units % 2:
            raise ValueError(f"half of the units read in each direction: {self.units} is odd")
        return self

    @model_validator(mode="after")
    def _check_states(self) -> "Seq2SeqConfig":
        if self.bidirectional:
            make = cells.get(self.cell)
            half, whole = (tree.flatten(make(n).state_size) for n in (self.units // 2, self.units))
            if [2 * size for size in half] != whole:
                raise ValueError(
                    f"the last states of two {self.cell} of {self.units // 2} units are not those "
                    f"that one of {self.units} begins with: set bidirectional to false"
                )
        return self


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Seq2Seq(EncoderDecoder):
    """Encoder and decoder.

    The encoder reads the source; its final states are the first ones of the decoder, which predicts
    each token of the target from those before it and, with attention, from all outputs of the
    encoder. A functional model from `[source, target]`, token ids `(batch, time)` each, to logits
    `(batch, time, target_vocabulary_size)`: 0 is padding, and the target begins with the token that
    starts it. `initial_state` and `step` run the decoder token by token.

    Args:
        config: the settings.
        source_vocabulary_size: number of token ids of the source.
        target_vocabulary_size: number of token ids of the target.
        dtype: Keras dtype or dtype policy; the logits are float32 under mixed precision.

    Source: Sutskever, Vinyals and Le 2014, "Sequence to Sequence Learning with Neural Networks".

    Example:
        >>> network = Seq2Seq(Seq2SeqConfig(units=8), 50, 60)
        >>> network.output_shape
        (None, None, 60)
        >>> state = network.initial_state(network.encoder(ops.array([[4, 5, 3]])))
        >>> logits, state = network.step(ops.array([2]), state)
        >>> logits.shape == (1, 60)
        True
    """

    CONFIG = Seq2SeqConfig

    def __init__(
        self,
        config: Seq2SeqConfig,
        source_vocabulary_size: int,
        target_vocabulary_size: int,
        dtype: Any = None,
    ):
        source = keras.Input((None,), dtype="int32", name="source")
        target = keras.Input((None,), dtype="int32", name="target")
        mask = ops.not_equal(source, 0)  # (batch, time)
        x = layers.Embedding(
            source_vocabulary_size, config.embedding_dim, dtype=dtype, name="source_embedding"
        )(source)
        x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_1")(x)
        memory, states = recurrent_stack(
            x,
            mask,
            config,
            units=config.units // 2 if config.bidirectional else None,
            return_sequences=True,
            return_state=True,
            dtype=dtype,
        )
        encoded: dict[str, Any] = {"states": states}
        if config.attention is not None:
            encoded |= {"memory": memory, "memory_mask": mask}
        decoder = Decoder(
            target_vocabulary_size,
            **config.of_cells(),
            embedding_dim=config.embedding_dim,
            attention=config.attention,
            tied_embeddings=config.tied_embeddings,
            dtype=dtype,
            name="decoder",
        )
        encoder = Network(source, encoded, name="encoder")
        sizes = {
            "source_vocabulary_size": source_vocabulary_size,
            "target_vocabulary_size": target_vocabulary_size,
        }
        arguments = {"tokens": target, **encoded}
        super().__init__(
            config, sizes, [source, target], encoder, decoder, arguments, name="seq2seq"
        )
