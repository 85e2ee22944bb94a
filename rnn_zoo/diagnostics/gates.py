"""How open the gates are."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from rnn_zoo.diagnostics.known_cells import with_gates
from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.recording import Pass, Recording, record
from rnn_zoo.errors import UserError
from rnn_zoo.layers.choice import is_divided

LEFT, RIGHT = 0.1, 0.9


@dataclass(frozen=True)
class GateActivity:
    """The gates of one LSTM or GRU layer over a batch.

    Attributes:
        layer: its name.
        gates: the equations' names: i, f, o or z, r.
        rows: over how many rows the mean of each step is taken, axis `(time,)`.
        mean: mean over the rows, axes `(gate, time, unit)`, NaN where no row is real.
        left: share of the rows where the gate is below 0.1, left-saturated, same axes.
        right: share of the rows where the gate is above 0.9, right-saturated, same axes.
        left_share: share of all real steps where it is below 0.1, axes `(gate, unit)`.
        right_share: share of all real steps where it is above 0.9, axes `(gate, unit)`.
    """

    layer: str
    gates: tuple[str, ...]
    rows: NamedArray
    mean: NamedArray
    left: NamedArray
    right: NamedArray
    left_share: NamedArray
    right_share: NamedArray

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        arrays = {key: value for key, value in vars(self).items() if isinstance(value, NamedArray)}
        return {
            "gates": list(self.gates),
            **{key: array.as_dict() for key, array in arrays.items()},
        }


def gate_activity(
    model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None
) -> tuple[GateActivity, ...]:
    """Look at the gates of every LSTM and GRU layer while the model reads a batch.

    Args:
        model: any `keras.Model` with such a layer, of Keras or ours; or a task of the zoo. It is
            left as it was.
        x: inputs; raw ones for a task.
        y: targets, which a decoder is given as inputs.
        sample_weight: weights as in `fit`.

    Returns:
        The activity of each such layer, in the order in which they run.

    Raises:
        UserError: the model has no recurrent layer, no LSTM or GRU among them, or no weights.
        DataError: inputs and targets do not fit each other.
        BackendError: Keras runs on JAX; save the model, load it under TensorFlow.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4)])
        >>> (activity,) = gate_activity(model, np.zeros((2, 5, 3)))
        >>> activity.gates, activity.mean.axes, activity.mean.values.shape
        (('i', 'f', 'o'), ('gate', 'time', 'unit'), (3, 5, 4))
        >>> round(float(activity.mean.values[1, 0, 0]), 3)  # a new forget gate: sigmoid(1)
        0.731

    Source: Karpathy, Johnson and Fei-Fei 2015, "Visualizing and understanding recurrent networks".
    """
    activities = gates_of(record(model, x, y, sample_weight))
    if not activities:
        raise UserError(f"{model.name} has no gates: none of its recurrent cells is LSTM or GRU.")
    return activities


def gates_of(recording: Recording) -> tuple[GateActivity, ...]:
    """The gates of what was recorded."""
    activities = (_activity(run) for run in recording.passes)
    return tuple(activity for activity in activities if activity is not None)


def _activity(run: Pass) -> GateActivity | None:
    cell = with_gates(run.cell)
    if cell is None:
        return None
    steps = []
    for inputs, before in zip(run.inputs, run.before, strict=True):
        inputs, *before = (keras.ops.cast(part, cell.variable_dtype) for part in (inputs, *before))
        projected = inputs if is_divided(run.cell) else cell.project(inputs)
        z = cell.preactivate(projected, cell.recur(projected, before))
        values = cell.gates(z, before)
        steps.append([np.asarray(values[name], "float64") for name in cell.gate_names])
    opened = np.stack(steps, axis=1).transpose(0, 2, 1, 3)  # (gate, batch, time, unit)
    opened = np.where(run.real[..., None], opened, np.nan)
    left, right = (
        np.where(np.isnan(opened), np.nan, saturated)
        for saturated in (opened < LEFT, opened > RIGHT)
    )
    whole, over = [
        [NamedArray(part, ("gate", "batch", "time", "unit")).mean(*axes) for part in parts]
        for parts, axes in (((opened, left, right), ("batch",)), ((left, right), ("batch", "time")))
    ]
    rows = NamedArray(run.real.sum(axis=0), ("time",))
    return GateActivity(run.name, cell.gate_names, rows, *whole, *over)
