import csv

import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers
from rnn_zoo.diagnostics import DiagnosticsLogger, gate_activity, gradient_flow

pytestmark = pytest.mark.tensorflow_only
X, Y = np.random.default_rng(0).normal(size=(8, 5, 2)), np.ones((8, 3))


def test_logs_what_the_functions_say(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            layers.RNN(cells.LSTMCell(3), return_sequences=True, name="lower"),
            keras.layers.SimpleRNN(3, name="upper"),
        ]
    )
    model.compile("adam", "mse")
    callbacks = [
        DiagnosticsLogger(X[:2], Y[:2]),
        keras.callbacks.CSVLogger(tmp_path / "history.csv"),
        keras.callbacks.TensorBoard(tmp_path / "board", profile_batch=0),
    ]
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=callbacks).history
    lower, upper = gradient_flow(model, X[:2], Y[:2], rows=1).layers
    (gates,) = gate_activity(model, X[:2])
    expected = {
        "lower/gradient_c": np.mean(lower.gradients["c"].values),
        "lower/jacobian_c": lower.jacobians["c"].values[0, 0],
        "upper/gradient_h": np.mean(upper.gradients["h"].values),
        "upper/jacobian_h": upper.jacobians["h"].values[0, 0],
        "lower/gate_f": gates.mean.values[1].mean(),
        "lower/saturated_f": (gates.left_share.values + gates.right_share.values)[1].mean(),
    }
    for name, value in expected.items():
        assert history[name][-1] == pytest.approx(value, rel=1e-5)
    assert len(history["upper/activation_h"]) == 2
    assert "upper/gate_f" not in history
    with (tmp_path / "history.csv").open() as file:
        assert set(expected) <= set(next(csv.reader(file)))
    board = b"".join(path.read_bytes() for path in (tmp_path / "board").rglob("events*"))
    assert b"lower/jacobian_c" in board
