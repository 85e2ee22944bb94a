"""How much of a gradient arrives at each step."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from rnn_zoo.diagnostics.jacobians import jacobian_norms, singular_values
from rnn_zoo.diagnostics.named_array import NamedArray, plain
from rnn_zoo.diagnostics.recording import Recording, record
from rnn_zoo.diagnostics.verdict import Verdict, judge


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
        verdict: what that says.
    """

    layer: str
    backwards: bool
    gradients: dict[str, NamedArray]
    jacobians: dict[str, NamedArray]
    singular_values: dict[str, float]
    verdict: Verdict


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
        """A line a layer: vanishing, exploding or healthy, over how many steps, what helps."""
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
        RuntimeError: Keras runs on JAX; save the model, load it under TensorFlow.

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
        step; it is below 0.001 after 10. What usually helps: a gated cell (LSTM, GRU), ...

    Source: Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent
        is difficult"; Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent
        neural networks".
    """
    return flow_of(record(model, x, y, sample_weight, differentiate=True), rows)


def flow_of(recording: Recording, rows: int) -> GradientFlow:
    """The gradient flow of what was recorded."""
    layers = []
    for run in recording.passes:
        by_state = run.stacked(run.gradients)  # (batch, time, units)
        gradients = {
            name: NamedArray(np.linalg.norm(values, axis=-1), ("batch", "time"))
            for name, values in by_state.items()
        }
        jacobians = jacobian_norms(run, rows)
        finite = all(
            bool(np.isfinite(norms.values[run.real[: len(norms.values)]]).all())
            for norms in (*gradients.values(), *jacobians.values())
        )
        largest = singular_values(run.cell)
        gated = len(largest) > 1
        verdict = judge(run.name, jacobians, gradients, gated, finite, run.backwards)
        layers.append(LayerFlow(run.name, run.backwards, gradients, jacobians, largest, verdict))
    return GradientFlow(recording.loss, tuple(layers))
