"""Whether states still respond: to the input, and at all."""

from collections.abc import Sequence

import keras
import numpy as np

from rnn_zoo.diagnostics.curves import by_order
from rnn_zoo.diagnostics.gates import RIGHT, GateActivity
from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.recording import Pass


def spread(run: Pass) -> dict[str, float]:
    """By state, how much it differs between rows: 0 where it is the same whatever the input.

    Rows are compared after as many real steps. It is the standard deviation over the rows, relative
    to the size of the state (both the root of the mean square over the units), at the step where it
    is largest.

    Args:
        run: what a cell did on rows that differ.
    """
    sizes = {}
    for name, values in run.stacked(run.after).items():
        ordered = by_order(values, run.backwards)  # (batch, steps, units)
        ordered = ordered[:, (~np.isnan(ordered[..., 0])).sum(axis=0) > 1]
        states = NamedArray(ordered, ("batch", "time", "unit"))
        mean = states.mean("batch").values
        variance = NamedArray((ordered - mean) ** 2, states.axes).mean("batch", "unit").values
        square = NamedArray(ordered**2, states.axes).mean("batch", "unit").values
        ratios = np.sqrt(variance / np.where(square > 0, square, 1))
        if len(ratios):
            sizes[name] = float(ratios.max())
    return sizes


def rows_differ(inputs: Sequence[np.ndarray], real: np.ndarray) -> bool:
    """Whether rows have different inputs; one that goes on where another ends does not count.

    Args:
        inputs: what a model was given, each `(batch, ...)`.
        real: booleans `(batch, time)`, false at padding of those inputs that have these steps.
    """
    for part in inputs:
        values = part.reshape(*part.shape[:2], -1).astype("float64")  # (batch, time, features)
        if part.shape[:2] == real.shape:
            values = by_order(np.where(real[..., None], values, np.nan))
        same = (values == values[:1]) | np.isnan(values) | np.isnan(values[:1])
        if not same.all():
            return True
    return False


def saturation(run: Pass, gates: GateActivity | None) -> float | None:
    """Share of steps, averaged over units, in which every gate of the unit is saturated.

    Of a cell without gates, the share in which its tanh is at its ends; None of one without tanh.
    """
    if gates is not None:
        shares = gates.left_share.values + gates.right_share.values  # (gate, unit)
        return float(shares.min(axis=0).mean())
    if getattr(run.cell, "activation", None) is not keras.activations.tanh:
        return None
    h = next(iter(run.stacked(run.after).values()))
    h = h[~np.isnan(h)]
    return float((np.abs(h) > RIGHT).mean()) if h.size else None
