"""How much of a gradient arrives at each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from rnn_zoo.diagnostics.curves import TINY, Curve, by_steps_back
from rnn_zoo.diagnostics.gates import GateActivity, gates_of
from rnn_zoo.diagnostics.jacobians import JacobianNorms, jacobian_norms, singular_values
from rnn_zoo.diagnostics.named_array import NamedArray, plain
from rnn_zoo.diagnostics.recording import Pass, Recording, record
from rnn_zoo.diagnostics.responses import rows_differ, saturation, spread
from rnn_zoo.diagnostics.verdict import Evidence, Verdict, judge


@dataclass(frozen=True)
class LayerFlow:
    """The gradient in one recurrent layer (or cell of a stack, or direction).

    Attributes:
        layer: its name.
        backwards: whether it runs from the last step to the first; arrays are in order of time.
        gradients: by state, `"h"` and for an LSTM `"c"`: the norm of dL/dh_t of each row, axes
            `(batch, time)`, NaN at padding.
        jacobians: by state: the spectral norm of dh_T/dh_t of the first rows, axes `(batch, time)`,
            NaN at padding; see `gradient_flow`.
        singular_values: the largest singular value of the recurrent kernel W_hh; of a gated cell,
            of each block.
        verdict: what that says, and whether the states respond to the input.
    """

    layer: str
    backwards: bool
    gradients: dict[str, NamedArray]
    jacobians: dict[str, NamedArray]
    singular_values: dict[str, float]
    verdict: Verdict

    def by_steps_back(self, state: str) -> Curve:
        """The geometric mean of a state's Jacobian norms by distance from each row's last step."""
        return by_steps_back(self.jacobians[state], self.backwards)


@dataclass(frozen=True)
class GradientFlow:
    """The gradient in all recurrent layers.

    Attributes:
        loss: the loss of the batch.
        layers: in the order in which they run.
    """

    loss: float
    layers: tuple[LayerFlow, ...]

    @property
    def verdict(self) -> str:
        """A line a layer: its kind (see `Verdict`), over how many steps, and what helps."""
        return "\n".join(layer.verdict.text for layer in self.layers)

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "loss": plain(self.loss),
            "layers": {
                layer.layer: {
                    "backwards": layer.backwards,
                    "gradients": {name: a.as_dict() for name, a in layer.gradients.items()},
                    "jacobians": {name: a.as_dict() for name, a in layer.jacobians.items()},
                    "by_steps_back": {
                        name: layer.by_steps_back(name).as_dict() for name in layer.jacobians
                    },
                    "singular_values": plain(layer.singular_values),
                    "verdict": layer.verdict.kind,
                }
                for layer in self.layers
            },
        }


def gradient_flow(
    model: keras.Model, x: Any, y: Any, sample_weight: Any = None, rows: int = 2
) -> GradientFlow:
    r"""Look at the gradient of the loss in every recurrent layer, step by step.

    For each row of the batch the norm of the total derivative

    $$\frac{\partial L}{\partial h_t} = \sum_{k \ge t} \frac{\partial L_k}{\partial h_t}$$

    (of an LSTM's $c_t$ also through the $h_t$ of the same step), and for the first rows the
    spectral norm of the products of Jacobians

    $$\frac{\partial h_T}{\partial h_t} = \left[\prod_{k=t+1}^{T} \frac{\partial S_k}
    {\partial S_{k-1}}\right]_{hh}, \qquad S = h \text{ or } S = (h, c)$$

    that is, what a change of $h_t$ does to $h_T$ while the layer's inputs and the other state at
    step $t$ are held. $T$ is the last step of a row that is no padding. For a linear cell
    $h_t = a h_{t-1}$ this is $|a|^{T-t}$; its growth a step is at most the largest singular value
    of the recurrent kernel. The model runs once as in inference, without dropout, and is
    left as it was.

    Args:
        model: a compiled `keras.Model` with recurrent layers, of Keras or ours, alone, stacked,
            bidirectional, masked; or a task of the zoo.
        x: inputs; raw ones for a task. A handful of rows will do: every step is run by itself.
        y: targets; of a language model None.
        sample_weight: weights as in `fit`.
        rows: of so many rows, the first, the Jacobians are computed: `units` squared numbers for
            each of their steps.

    Returns:
        Norms, singular values and a verdict, see `GradientFlow`.

    Raises:
        UserError: the model has no recurrent layer, no weights or no loss.
        DataError: inputs, targets and weights do not fit each other or the loss.
        BackendError: Keras runs on JAX; save the model, load it under TensorFlow.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((30, 1)), keras.layers.SimpleRNN(
        ...     4, activation=None, recurrent_initializer=keras.initializers.Identity(0.5))])
        >>> model.compile(loss="mse")
        >>> flow = gradient_flow(model, np.ones((2, 30, 1)), np.ones((2, 4)))
        >>> flow.layers[0].jacobians["h"].values[0, -4:].tolist()
        [0.125, 0.25, 0.5, 1.0]
        >>> print(flow.verdict)
        simple_rnn...: vanishing. ||dh_T/dh_t|| falls to 1.9e-09 over 29 steps, a factor of 0.5 a
        step; it is below 0.001 after 10. Each is the mean of 2 rows. What usually helps: ...

    Source: Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent
        is difficult"; Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent
        neural networks".
    """
    return flow_of(record(model, x, y, sample_weight, differentiate=True), rows)


def flow_of(recording: Recording, rows: int) -> GradientFlow:
    """The gradient flow of what was recorded."""
    gates = {activity.layer: activity for activity in gates_of(recording)}
    return GradientFlow(
        recording.loss,
        tuple(
            _layer_flow(run, rows, gates.get(run.name), recording.inputs)
            for run in recording.passes
        ),
    )


def _layer_flow(
    run: Pass, rows: int, gates: GateActivity | None, inputs: list[np.ndarray]
) -> LayerFlow:
    gradients = {
        name: NamedArray(np.linalg.norm(values, axis=-1), ("batch", "time"))
        for name, values in run.stacked(run.gradients).items()  # (batch, time, units)
    }
    jacobians = jacobian_norms(run, rows)
    curves, output = _curves(run, jacobians, gradients)
    largest = singular_values(run.cell)
    verdict = judge(
        Evidence(
            layer=run.name,
            measure="d{0}_T/d{0}_t" if jacobians.states else "dL/d{0}_t",
            curves=curves,
            output=output,
            spread=spread(run) if rows_differ(inputs, run.real) else {},
            saturation=saturation(run, gates),
            gates=gates,
            singular_values=largest,
            finite=all(
                bool(np.isfinite(norms.values[run.real[: len(norms.values)]]).all())
                for norms in (*gradients.values(), *jacobians.states.values())
            ),
        )
    )
    return LayerFlow(run.name, run.backwards, gradients, jacobians.states, largest, verdict)


def _curves(
    run: Pass, jacobians: JacobianNorms, gradients: Mapping[str, NamedArray]
) -> tuple[dict[str, Curve], Curve]:
    """By state, and of the output; without Jacobians, gradients relative to those of the end."""
    curves = {
        name: by_steps_back(norms, run.backwards)
        for name, norms in (jacobians.states or gradients).items()
    }
    if not jacobians.states:
        curves = {
            name: Curve(curve.values / max(curve.values[:1].max(initial=0), TINY), curve.rows)
            for name, curve in curves.items()
        }
    reaching = [by_steps_back(norms, run.backwards) for norms in jacobians.output.values()]
    reaching = reaching or list(curves.values())
    largest = np.max([curve.values for curve in reaching], axis=0)
    return curves, Curve(largest, reaching[0].rows)
