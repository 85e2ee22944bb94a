"""What the numbers say, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnn_zoo.diagnostics.curves import TINY, Curve
from rnn_zoo.diagnostics.gates import LEFT, RIGHT, GateActivity

Kind = Literal["exploding", "constant", "saturated", "vanishing", "healthy"]
KINDS: tuple[Kind, ...] = ("exploding", "constant", "saturated", "vanishing", "healthy")
VANISHED = 1e-3
EXPLODED = 1e3
CONSTANT = 1e-3
SATURATED = 0.75
PINNED = 0.9
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
    "saturated": dict.fromkeys(
        (False, True),
        "smaller initial weights or embeddings, inputs scaled to about 1, a lower learning rate "
        "with clipping, or layer normalization; training rarely recovers from such weights: "
        "reinitialize them",
    ),
    "constant": dict.fromkeys(
        (False, True),
        "a look at the layers and inputs below (are they constant too?), a lower learning rate "
        "with clipping, smaller initial weights; training rarely recovers from such weights: "
        "reinitialize them",
    ),
}


@dataclass(frozen=True)
class Evidence:
    """What was measured in one layer.

    Attributes:
        layer: its name.
        measure: what the curves are, such as `"d{0}_T/d{0}_t"` of a state.
        curves: by state, how much of a change of it is left in the same state, by steps back.
        output: the same for what is left in the output h, of a change of any state.
        spread: by state, h first, how much it differs between rows, relative to its size; empty
            where that cannot be told.
        saturation: the share of steps in which units are saturated; None where that cannot be told.
        gates: the activity of the gates, where there are any.
        singular_values: the largest singular value of the recurrent kernel's blocks, by name.
        finite: whether all gradients and Jacobians are finite.
    """

    layer: str
    measure: str
    curves: Mapping[str, Curve]
    output: Curve
    spread: Mapping[str, float]
    saturation: float | None
    gates: GateActivity | None
    singular_values: Mapping[str, float]
    finite: bool


@dataclass(frozen=True)
class Verdict:
    """Whether a layer remembers what it read, and whether a gradient gets back to it.

    Attributes:
        kind: the first of these that holds.
            `"exploding"`: the gradient grows more than a thousandfold on its way back, or is not
            finite.
            `"constant"`: the output h is the same whatever the input.
            `"saturated"`: all gates of the units (of a cell without gates, its tanh) are at their
            ends in three of four steps: hardly a gradient passes them.
            `"vanishing"`: less than 1/1000 of a change of any state arrives in the last output h.
            `"healthy"`: none of these.
        layer: the layer's name.
        steps: over how many steps; those that only few rows have are not counted.
        factor: what arrives of a change of 1 over these steps, in norm.
        text: all this as sentences, and what usually helps.
    """

    kind: Kind
    layer: str
    steps: int
    factor: float
    text: str


def judge(evidence: Evidence) -> Verdict:
    """The verdict on one layer.

    The verdict uses Jacobians, not gradients of the loss: a model with an output at every step has
    loss terms at every step. Each state of an LSTM is judged by itself: a cell state that is kept
    is worth nothing if it does not reach the hidden state, which is all that the layers above
    see.
    """
    output = evidence.output.trusted()
    kind = _kind(evidence, output)
    sentences = [f"{evidence.layer}: {kind}.", *_reasons(evidence, kind)]
    if kind in HELP:
        sentences.append(f"What usually helps: {HELP[kind][evidence.gates is not None]}.")
    steps = max(0, len(output.values) - 1)
    factor = np.inf if not evidence.finite else float(output.values[-1]) if steps else 1.0
    return Verdict(kind, evidence.layer, steps, factor, " ".join(sentences))


def _kind(evidence: Evidence, output: Curve) -> Kind:
    curves = [output, *(curve.trusted() for curve in evidence.curves.values())]
    if not evidence.finite or max(curve.values.max(initial=0) for curve in curves) > EXPLODED:
        return "exploding"
    if evidence.spread and next(iter(evidence.spread.values())) < CONSTANT:
        return "constant"
    if evidence.saturation is not None and evidence.saturation >= SATURATED:
        return "saturated"
    if len(output.values) > 1 and output.values[-1] < VANISHED:
        return "vanishing"
    return "healthy"


def _reasons(evidence: Evidence, kind: Kind) -> list[str]:
    """Sentences, that which decided first."""
    if not evidence.finite:
        return ["The gradient is not finite."]
    reasons = [_of_spread(evidence)] if kind == "constant" else []
    reasons += [_of_saturation(evidence)] if kind == "saturated" else []
    reasons += _of_memory(evidence, kind)
    if kind != "healthy":
        reasons += _of_weights(evidence)
    elif not evidence.spread:
        reasons.append(_of_spread(evidence))
    return reasons


def _of_spread(evidence: Evidence) -> str:
    if not evidence.spread:
        return "Whether h depends on the input shows where rows differ; here none do."
    spread = " and ".join(f"{value:.2g} of {name}" for name, value in evidence.spread.items())
    return f"h does not depend on the input: relative to its size, {spread} differs between rows."


def _of_saturation(evidence: Evidence) -> str:
    subject = (
        f"|h| is above {RIGHT}"
        if evidence.gates is None
        else f"Every gate of a unit is below {LEFT} or above {RIGHT}"
    )
    return f"{subject} in {100 * (evidence.saturation or 0):.0f} % of the steps."


def _of_memory(evidence: Evidence, kind: Kind) -> list[str]:
    """How the gradient goes back: each state's way, and over how many rows that is the mean."""
    rows = evidence.output.rows
    if len(evidence.output.values) < 2:
        return ["There is no step to go back."]
    if not evidence.output.is_trusted[1:].any():
        return ["The rows differ too much in length: too few of them go a step back."]
    ways = [
        _way(evidence.measure.format(name), curve.trusted())
        for name, curve in evidence.curves.items()
    ]
    sentences = [f"{'; '.join(ways)}."]
    if (
        kind == "vanishing"
        and max(c.trusted().values[-1] for c in evidence.curves.values()) > VANISHED
    ):
        sentences.append(
            f"What is kept does not reach h: of a change of the states {_number(evidence.output)} "
            "arrives there."
        )
    trusted = evidence.output.trusted().rows
    if rows.max() > 1:
        least = "" if trusted.min() == rows.max() else f" at least {trusted.min()} of"
        sentences.append(f"Each is the mean of{least} {rows.max()} rows.")
    if len(trusted) < len(rows):
        sentences.append(f"Not judged: steps further back than {len(trusted) - 1}, of few rows.")
    return sentences


def _way(measure: str, curve: Curve) -> str:
    """How one norm goes over the steps."""
    values, steps = curve.values, len(curve.values) - 1
    if values.max() > EXPLODED:
        return (
            f"||{measure}|| grows to {values.max():.2g} within {steps} steps; it is above "
            f"{EXPLODED:g} after {int(np.argmax(values > EXPLODED))}"
        )
    factor = values[-1]
    fate = "falls to" if factor < VANISHED else "is"
    rate = "" if factor < 2 * TINY else f", a factor of {factor ** (1 / steps):.3g} a step"
    text = f"||{measure}|| {fate} {_number(curve)} over {steps} steps{rate}"
    if factor < VANISHED:
        text += f"; it is below {VANISHED:g} after {_last_alive(values) + 1}"
    return text


def _last_alive(values: np.ndarray) -> int:
    return int(np.flatnonzero(values >= VANISHED)[-1]) if (values >= VANISHED).any() else -1


def _number(curve: Curve) -> str:
    """The last trusted value."""
    value = curve.trusted().values[-1]
    return "0" if value < 2 * TINY else f"{value:.2g}"


def _of_weights(evidence: Evidence) -> list[str]:
    """What in the cell may be the cause."""
    remarks = []
    if evidence.singular_values and not any(evidence.singular_values.values()):
        remarks.append("The recurrent kernel is zero: the cell does not see its last output.")
    if evidence.gates is not None:
        for i, name in enumerate(evidence.gates.gates):
            for share, state in (
                (evidence.gates.left_share.values[i].mean(), "shut"),
                (evidence.gates.right_share.values[i].mean(), "open"),
            ):
                if share >= PINNED:
                    remarks.append(f"Gate {name} is pinned {state} in {100 * share:.0f} %.")
    return remarks
