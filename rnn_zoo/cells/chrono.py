"""Gates that begin with a memory of a given length."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="rnn_zoo")
class Chrono(keras.initializers.Initializer):
    r"""Initializer of an LSTM's bias whose units remember for up to `max_steps` steps.

    $$b_f \sim \log \mathcal U(1, T - 1), \qquad b_i = -b_f$$

    A forget gate of $\sigma(b_f)$ forgets with a time constant of $1 + e^{b_f}$ steps, so that
    those of the units are spread evenly from 2 to $T$ steps.

    Args:
        max_steps: $T$, the longest dependency in steps, at least 3.
        seed: Of what is drawn.

    Raises:
        ValueError: If `max_steps` is less than 3, or the weight is not the bias of an LSTM, `(4 *
            units,)` in the order i, f, c, o.

    >>> from rnn_zoo import cells
    >>> initializer = cells.Chrono(400)
    >>> cell = cells.LSTMCell(8, bias_initializer=initializer, unit_forget_bias=False)
    >>> cell.build((None, 3))
    >>> float(cell.bias[8]) > 0 > float(cell.bias[0])
    True

    Source: Tallec and Ollivier 2018, "Can Recurrent Neural Networks Warp Time?".
    """

    def __init__(self, max_steps: int, seed: int | None = None) -> None:
        if max_steps < 3:
            raise ValueError(f"Chrono: `max_steps` must be at least 3. Received: {max_steps}")
        self.max_steps = max_steps
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """A bias `(4 * units,)`."""
        if len(shape) != 1 or shape[0] % 4:
            raise ValueError(
                "Chrono: it initializes the bias of an LSTM, (4 * units,), with "
                f"`unit_forget_bias=False`. Received the shape {tuple(shape)}."
            )
        units = (shape[0] // 4,)
        forget = ops.log(
            keras.random.uniform(units, 1.0, self.max_steps - 1.0, dtype, seed=self._generator)
        )
        return ops.concatenate([-forget, forget, ops.zeros((2 * units[0],), forget.dtype)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"max_steps": self.max_steps, "seed": self.seed}
