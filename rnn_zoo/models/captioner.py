"""One to many: an image in, a sequence of words out."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import keras
from keras import ops, tree
from pydantic import Field

from rnn_zoo.config import Depth, Rate, Units
from rnn_zoo.errors import ConfigError
from rnn_zoo.models.decoder import Decoder
from rnn_zoo.models.encoder_decoder import EncoderDecoder
from rnn_zoo.models.image_encoder import EncoderName, image_encoder
from rnn_zoo.models.network import Network
from rnn_zoo.models.stack import CellSettings


class CaptionerConfig(CellSettings):
    """Settings of `Captioner`, beside `CellSettings`.

    Attributes:
        encoder: how images become features: `"convolutional"`, a small network that is trained
            with the rest; `"histograms"` of colors and edges, where there are few images to learn
            from; or the name of a network of `keras.applications`, such as `"MobileNetV2"`. It is
            not used where the inputs are features.
        filters: channels of each block of the convolutional encoder, which halves rows and columns.
        grid: rows and columns of the cells in which histograms are taken.
        encoder_weights: of a network of `keras.applications`: `"imagenet"`, or None, random ones.
            Loading a saved model does not download them.
        train_encoder: whether training changes such a network.
        orientations: how images are transformed while training: `"mirrored"` at random, in `"any"`
            of the eight orientations of a square, or None, not at all.
        pooling: how the grid of features becomes the vector that the first state is computed from:
            `"mean"` over the positions, or `"flatten"`.
        embedding_dim: features of a token's vector.
        attention: whether the decoder attends to the positions of the grid, and how: `"additive"`
            or `"multiplicative"` (scaled); see `rnn_zoo.layers`.
        dropout: share of features dropped while training: of the image, after the embedding,
            between layers and before the logits.
        label_smoothing: share of the probability that training spreads over all tokens.
    """

    encoder: EncoderName = "convolutional"
    filters: Annotated[list[Units], Field(min_length=1)] = Field(default=[32, 64, 128, 256])
    grid: Depth = 4
    encoder_weights: Literal["imagenet"] | None = None
    train_encoder: bool = True
    orientations: Literal["mirrored", "any"] | None = None
    pooling: Literal["mean", "flatten"] = "mean"
    embedding_dim: Units = 128
    attention: Literal["additive", "multiplicative"] | None = None
    label_smoothing: Rate = 0.0


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Captioner(EncoderDecoder):
    r"""Features of an image, and a decoder that begins with them.

    $$h_0^{(l)} = W^{(l)} v + b^{(l)}, \qquad c_0^{(l)} = 0$$

    in every layer l of the decoder, where v is the image's vector: an affine map, without a
    nonlinearity. With attention the decoder also looks, at every word, at the grid of features that
    v was pooled from.

    A functional model from `[images, target]` to logits `(batch, time, vocabulary_size)`: images
    `(batch, height, width, channels)` with values in [0, 255], or features `(batch, features)` or
    `(batch, positions, features)`, and token ids `(batch, time)`, where 0 is padding and the first
    is the token that starts a sequence. `initial_state` and `step` run the decoder token by token.

    Args:
        config: the settings.
        shape: that of one input.
        vocabulary_size: number of token ids.
        dtype: Keras dtype or dtype policy; the logits are float32 under mixed precision.

    Raises:
        ConfigError: the settings do not fit the shape.

    Source: Vinyals, Toshev, Bengio and Erhan 2015, "Show and Tell: A Neural Image Caption
        Generator"; with attention Xu et al. 2015, "Show, Attend and Tell: Neural Image Caption
        Generation with Visual Attention".

    Example:
        >>> network = Captioner(CaptionerConfig(units=8, filters=[4, 6]), (8, 12, 1), 50)
        >>> network.output_shape
        (None, None, 50)
        >>> network.grid  # rows and columns
        (2, 3)
        >>> state = network.initial_state(network.encoder(ops.ones((1, 8, 12, 1))))
        >>> logits, state = network.step(ops.array([2]), state)
        >>> logits.shape == (1, 50)
        True
    """

    CONFIG = CaptionerConfig

    def __init__(
        self,
        config: CaptionerConfig,
        shape: Sequence[int],
        vocabulary_size: int,
        dtype: Any = None,
    ):
        _check_shape(config, shape)
        images = keras.Input(tuple(shape), name="images" if len(shape) == 3 else "features")
        target = keras.Input((None,), dtype="int32", name="target")
        decoder = Decoder(
            vocabulary_size,
            **config.of_cells(),
            embedding_dim=config.embedding_dim,
            attention=config.attention,
            dtype=dtype,
            name="decoder",
        )
        x = images
        grid = None
        if len(shape) == 3:
            x = image_encoder(
                images,
                config.encoder,
                filters=config.filters,
                grid=config.grid,
                weights=config.encoder_weights,
                trained=config.train_encoder,
                orientations=config.orientations,
                dtype=dtype,
            )
            _, *grid, features = x.shape
            x = ops.reshape(x, (-1, grid[0] * grid[1], features))
        x = keras.layers.Dropout(config.dropout, dtype=dtype, name="dropout_image")(x)
        encoded: dict[str, Any] = {}
        if config.attention is not None:
            encoded["memory"] = x  # (batch, positions, features)
        if len(x.shape) == 3:
            x = ops.mean(x, axis=1) if config.pooling == "mean" else keras.layers.Flatten()(x)
        encoded["states"] = _first_states(x, decoder, dtype)
        encoder = Network(images, encoded, name="encoder")
        arguments = {"tokens": target, **encoded}
        # What is made from these again loads its weights, and downloads none.
        config = config.model_copy(update={"encoder_weights": None})
        sizes = {"shape": list(shape), "vocabulary_size": vocabulary_size}
        super().__init__(
            config, sizes, [images, target], encoder, decoder, arguments, name="captioner"
        )
        self.grid = None if grid is None else tuple(grid)
        """Rows and columns of the grid of features, where the inputs are images."""


def _first_states(x: Any, decoder: Decoder, dtype: Any) -> list[Any]:
    """An affine map of `x` for the hidden state of every layer, zeros for the rest."""
    states = []
    for level, cell in enumerate(decoder.cells, start=1):
        hidden, *others = tree.flatten(cell.state_size)
        affine = keras.layers.Dense(hidden, dtype=dtype, name=f"initial_hidden_{level}")
        states.append(affine(x))
        nothing = ops.zeros_like(x[:, :1])  # (batch, 1)
        states += [ops.repeat(nothing, size, axis=1) for size in others]
    return states


def _check_shape(config: CaptionerConfig, shape: Sequence[int]) -> None:
    if config.attention is not None and len(shape) == 1:
        raise ConfigError(
            "Attention needs positions to attend to: features of the shape (positions, features), "
            f"or images; `shape` is {list(shape)}."
        )
    if config.orientations is not None and len(shape) < 3:
        raise ConfigError("Features have no orientation: set orientations: null.")
    if config.orientations == "any" and shape[0] != shape[1]:
        raise ConfigError(
            f"orientations: any turns images, which must be square; `shape` is {list(shape)}."
        )
