"""Words left out while training."""

from typing import Any

import keras
from keras import ops

UNKNOWN_ID = 1


@keras.saving.register_keras_serializable(package="rnn_zoo")
class TokenDropout(keras.layers.Layer):
    """Replace tokens by the unknown token while training.

    Every token but padding becomes the unknown token with probability `rate`. The network then
    decides on more than a few telling words, and learns what to make of an unknown one (Iyyer et
    al., 2015, "Deep unordered composition rivals syntactic methods for text classification").

    Args:
        rate: share of the tokens, in [0, 1).
        seed: of the random numbers.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: `rate` is not in [0, 1).

    Example:
        >>> tokens = ops.array([[5, 6, 7, 0]])
        >>> bool(ops.all(TokenDropout(0.5)(tokens, training=False) == tokens))
        True
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"TokenDropout: `rate` must be in [0, 1). Received: {rate!r}")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, tokens: Any, training: bool = False) -> Any:
        """Token ids `(batch, time)` to token ids of the same shape."""
        if not training or self.rate == 0:
            return tokens
        draws = keras.random.uniform(ops.shape(tokens), seed=self.seed_generator)
        dropped = ops.logical_and(draws < self.rate, ops.not_equal(tokens, 0))
        return ops.where(dropped, ops.cast(UNKNOWN_ID, tokens.dtype), tokens)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {"rate": self.rate, "seed": self.seed}
