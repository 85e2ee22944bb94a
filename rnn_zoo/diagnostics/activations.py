"""What the states are while a model reads."""

from typing import Any

import keras

from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.recording import Recording, record


def hidden_states(
    model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None
) -> dict[str, dict[str, NamedArray]]:
    """The states of every recurrent layer after each step.

    `rnn_zoo.diagnostics.text_figure` colors a text by one unit: some cells can be read.

    Args:
        model: any `keras.Model` with recurrent layers; or a task of the zoo. It is left as it was.
        x: inputs; raw ones for a task.
        y: targets, which a decoder is given as inputs.
        sample_weight: weights as in `fit`.

    Returns:
        By layer, by state (`"h"`, `"c"`): axes `(batch, time, unit)`, NaN at padding.

    Raises:
        UserError: the model has no recurrent layer, or no weights.
        DataError: inputs and targets do not fit each other.
        BackendError: Keras runs on JAX; save the model, load it under TensorFlow.

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4, name="reader")])
        >>> states = hidden_states(model, np.zeros((2, 5, 3)))
        >>> states["reader"]["c"].axes, states["reader"]["c"].values.shape
        (('batch', 'time', 'unit'), (2, 5, 4))

    Source: Karpathy, Johnson and Fei-Fei 2015, "Visualizing and understanding recurrent networks".
    """
    return states_of(record(model, x, y, sample_weight))


def states_of(recording: Recording) -> dict[str, dict[str, NamedArray]]:
    """The states of what was recorded."""
    return {
        run.name: {
            name: NamedArray(values, ("batch", "time", "unit"))
            for name, values in run.stacked(run.after).items()
        }
        for run in recording.passes
    }
