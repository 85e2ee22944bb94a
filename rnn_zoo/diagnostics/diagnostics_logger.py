"""Diagnostics while a model learns."""

from typing import Any

import keras
import numpy as np

from rnn_zoo.diagnostics.gates import gates_of
from rnn_zoo.diagnostics.gradient_flow import flow_of
from rnn_zoo.diagnostics.recording import record


class DiagnosticsLogger(keras.callbacks.Callback):
    """Log gradient flow, gates and states of one batch after every epoch.

    At the end of an epoch it adds to `logs`, where `History` finds them, and every callback after
    this one, `CSVLogger` and `TensorBoard` say; for each recurrent layer and state h (and c):

    - `LAYER/gradient_h`: the norm of dL/dh_t, mean over rows and steps;
    - `LAYER/jacobian_h`: the spectral norm of dh_T/dh_t at the first step that at least half of
      the `rows` have;
    - `LAYER/activation_h`: the mean of |h|;

    and for each gate of an LSTM or GRU:

    - `LAYER/gate_f`: its mean over rows, steps and units;
    - `LAYER/saturated_f`: the share of them in which it is below 0.1 or above 0.9.

    Args:
        x: inputs of a few examples, as `gradient_flow` takes them.
        y: their targets.
        sample_weight: their weights.
        rows: of so many rows the Jacobians are computed; 0 leaves them out.

    Raises:
        UserError, DataError, BackendError: as `gradient_flow`, after the first epoch.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 1)), keras.layers.GRU(2, name="reader")])
        >>> model.compile(loss="mse")
        >>> x, y = np.ones((8, 5, 1)), np.ones((8, 2))
        >>> logger = DiagnosticsLogger(x[:2], y[:2])
        >>> history = model.fit(x, y, callbacks=[logger], verbose=0).history
        >>> [name for name in history if name.startswith("reader/g")]
        ['reader/gradient_h', 'reader/gate_z', 'reader/gate_r']
    """

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None, rows: int = 1) -> None:
        super().__init__()
        self.examples = (x, y, sample_weight)
        self.rows = rows

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras'
        """Diagnose and log."""
        if logs is None:
            return
        recording = record(self.model, *self.examples, differentiate=True)
        for run, layer in zip(recording.passes, flow_of(recording, self.rows).layers, strict=True):
            for state, norms in layer.gradients.items():
                logs[f"{layer.layer}/gradient_{state}"] = float(np.nanmean(norms.values))
            for state in layer.jacobians:
                curve = layer.by_steps_back(state).trusted()
                logs[f"{layer.layer}/jacobian_{state}"] = float(curve.values[-1:].mean())
            for state, values in run.stacked(run.after).items():
                logs[f"{layer.layer}/activation_{state}"] = float(np.nanmean(np.abs(values)))
        for activity in gates_of(recording):
            mean = activity.mean.mean("time", "unit").values
            saturated = (activity.left_share.values + activity.right_share.values).mean(axis=-1)
            for i, gate in enumerate(activity.gates):
                logs[f"{activity.layer}/gate_{gate}"] = float(mean[i])
                logs[f"{activity.layer}/saturated_{gate}"] = float(saturated[i])
