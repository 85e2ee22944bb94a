"""What the numbers say, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnn_zoo.diagnostics.named_array import NamedArray

Kind = Literal["vanishing", "exploding", "healthy"]
VANISHED = 1e-3
EXPLODED = 1e3
HELP: dict[str, dict[bool, str]] = {  # by whether the cell has gates
    "vanishing": {
        False: "a gated cell (LSTM, GRU), an orthogonal or identity recurrent kernel, relu in "
        "place of tanh with it, or attention over all steps",
        True: "gates that begin open (a larger bias of the forget gate, or of a GRU's update "
        "gate), attention or pooling over all steps, reading the sequence from the other end "
        "too, or shorter sequences",
    },
    "exploding": dict.fromkeys(
        (False, True),
        "clipping (clipnorm=1 or global_clipnorm=1 of the optimizer), a lower learning rate, an "
        "orthogonal recurrent kernel, or shorter sequences",
    ),
}


@dataclass(frozen=True)
class Verdict:
    """Whether a gradient lives from the end of a sequence to its beginning.

    Attributes:
        kind: `"vanishing"`: less than 1/1000 of it arrives; `"exploding"`: it grows more than
            a thousandfold on the way, or is not finite; else `"healthy"`.
        layer: the layer's name.
        steps: over how many steps.
        factor: what arrives of a gradient of 1, in norm.
        text: all this as a sentence, and what usually helps.
    """

    kind: Kind
    layer: str
    steps: int
    factor: float
    text: str


def by_steps_back(norms: NamedArray, backwards: bool = False) -> np.ndarray:
    """Norms `(batch, time)` by distance from each row's last real step: the geometric mean.

    Args:
        norms: `(batch, time)`, NaN at padding.
        backwards: whether the layer runs from the last step to the first.

    Returns:
        `(distance,)`, the first for the last step itself.

    Example:
        >>> norms = NamedArray(np.array([[0.25, 0.5, 1.0], [0.5, 1.0, np.nan]]), ("batch", "time"))
        >>> by_steps_back(norms)
        array([1.  , 0.5 , 0.25])
    """
    rows = [row[~np.isnan(row)] for row in norms.values]
    rows = [row if backwards else row[::-1] for row in rows]
    longest = max(map(len, rows), default=0)
    tiny = np.finfo("float64").tiny
    return np.array(
        [
            np.exp(np.mean([np.log(max(row[d], tiny)) for row in rows if len(row) > d]))
            for d in range(longest)
        ]
    )


def judge(
    layer: str,
    jacobians: Mapping[str, NamedArray],
    gradients: Mapping[str, NamedArray],
    gated: bool = False,
    finite: bool = True,
    backwards: bool = False,
) -> Verdict:
    """The verdict on one layer.

    It goes by the Jacobians and not by the gradients of the loss, which has terms of its own at
    each step where a model answers at each. Of an LSTM the state counts that holds more: the cell
    state carries what the hidden state loses.

    Args:
        layer: its name.
        jacobians: what `jacobian_norms` gives; where it gives nothing, the gradients are taken,
            relative to that of the last step.
        gradients: norms of the gradients of the loss, `(batch, time)` by state.
        gated: whether the cell has gates.
        finite: whether all of them are finite at real steps.
        backwards: whether the layer runs from the last step to the first.
    """
    used = jacobians or gradients
    curves = [by_steps_back(norms, backwards) for norms in used.values()]
    curve = np.max(curves, axis=0)
    if not jacobians and len(curve):
        curve = curve / max(curve[0], np.finfo("float64").tiny)
    steps = max(0, len(curve) - 1)

    def verdict(kind: Kind, factor: float, said: str) -> Verdict:
        usually = f" What usually helps: {HELP[kind][gated]}." if kind in HELP else ""
        return Verdict(kind, layer, steps, factor, f"{layer}: {kind}. {said}{usually}")

    if not finite:
        return verdict("exploding", np.inf, "The gradient is not finite.")
    if steps == 0:
        return verdict("healthy", 1.0, "There is no step to go back.")
    measure = "d{0}_T/d{0}_t" if jacobians else "dL/d{0}_t"
    norms = " and ".join(f"||{measure.format(name)}||" for name in used)
    subject = f"The larger of {norms}" if len(used) > 1 else norms
    factor, most = float(curve[-1]), float(curve.max())
    if most > EXPLODED:
        return verdict(
            "exploding",
            factor,
            f"{subject} grows to {most:.2g} within {steps} steps; it is above {EXPLODED:g} after "
            f"{int(np.argmax(curve > EXPLODED))}.",
        )
    rate = f"over {steps} steps, a factor of {factor ** (1 / steps):.3g} a step"
    if factor < VANISHED:
        after = int(np.flatnonzero(curve >= VANISHED)[-1]) + 1
        return verdict(
            "vanishing",
            factor,
            f"{subject} falls to {factor:.2g} {rate}; it is below {VANISHED:g} after {after}.",
        )
    return verdict("healthy", factor, f"{subject} is {factor:.2g} {rate}.")
