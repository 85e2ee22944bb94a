"""The numbers of the lecture: Stanford's cs231n, the assignment on recurrent networks.

They are printed with eight decimals, hence the tolerance.
"""

import numpy as np
import pytest
from recurrent import EACH_SCAN, SEQUENCES

from rnn_zoo import cells


def grid(start, stop, *shape):
    return np.linspace(start, stop, num=np.prod(shape)).reshape(shape)


def keras_order(weight):
    """The lecture's gates i, f, o, g as i, f, g, o."""
    i, f, o, g = np.split(weight, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


def assert_printed(found, expected):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=1e-8)


RNN_STEP = {
    "cell_class": cells.SimpleRNNCell,
    "x": grid(-0.4, 0.7, 3, 10),
    "states": [grid(-0.2, 0.5, 3, 4)],
    "weights": [grid(-0.1, 0.9, 10, 4), grid(-0.3, 0.7, 4, 4), grid(-0.2, 0.4, 4)],
    "expected": [
        [
            [-0.58172089, -0.50182032, -0.41232771, -0.31410098],
            [0.66854692, 0.79562378, 0.87755553, 0.92795967],
            [0.97934501, 0.99144213, 0.99646691, 0.99854353],
        ]
    ],
}
LSTM_STEP = {
    "cell_class": cells.LSTMCell,
    "x": grid(-0.4, 1.2, 3, 4),
    "states": [grid(-0.3, 0.7, 3, 5), grid(-0.4, 0.9, 3, 5)],
    "weights": [
        keras_order(weight)
        for weight in (grid(-2.1, 1.3, 4, 20), grid(-0.7, 2.2, 5, 20), grid(0.3, 0.7, 20))
    ],
    "expected": [
        [
            [0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904],
            [0.49223563, 0.55611431, 0.61507696, 0.66844003, 0.7159181],
            [0.56735664, 0.66310127, 0.74419266, 0.80889665, 0.858299],
        ],
        [
            [0.32986176, 0.39145139, 0.451556, 0.51014116, 0.56717407],
            [0.66382255, 0.76674007, 0.87195994, 0.97902709, 1.08751345],
            [0.74192008, 0.90592151, 1.07717006, 1.25120233, 1.42395676],
        ],
    ],
}
RNN_SEQUENCE = {
    "cell_class": cells.SimpleRNNCell,
    "x": grid(-0.1, 0.3, 2, 3, 4),
    "states": [grid(-0.3, 0.1, 2, 5)],
    "weights": [grid(-0.2, 0.4, 4, 5), grid(-0.4, 0.1, 5, 5), grid(-0.7, 0.1, 5)],
    "expected": [
        [
            [-0.42070749, -0.27279261, -0.11074945, 0.05740409, 0.22236251],
            [-0.39525808, -0.22554661, -0.0409454, 0.14649412, 0.32397316],
            [-0.42305111, -0.24223728, -0.04287027, 0.15997045, 0.35014525],
        ],
        [
            [-0.55857474, -0.39065825, -0.19198182, 0.02378408, 0.23735671],
            [-0.27150199, -0.07088804, 0.13562939, 0.33099728, 0.50158768],
            [-0.51014825, -0.30524429, -0.06755202, 0.17806392, 0.40333043],
        ],
    ],
}
LSTM_SEQUENCE = {
    "cell_class": cells.LSTMCell,
    "x": grid(-0.4, 0.6, 2, 3, 5),
    "states": [grid(-0.4, 0.8, 2, 4), np.zeros((2, 4))],
    "weights": [
        keras_order(weight)
        for weight in (grid(-0.2, 0.9, 5, 16), grid(-0.3, 0.6, 4, 16), grid(0.2, 0.7, 16))
    ],
    "expected": [
        [
            [0.01764008, 0.01823233, 0.01882671, 0.0194232],
            [0.11287491, 0.12146228, 0.13018446, 0.13902939],
            [0.31358768, 0.33338627, 0.35304453, 0.37250975],
        ],
        [
            [0.45767879, 0.4761092, 0.4936887, 0.51041945],
            [0.6704845, 0.69350089, 0.71486014, 0.7346449],
            [0.81733511, 0.83677871, 0.85403753, 0.86935314],
        ],
    ],
}


def lecture_cell(case):
    """The case's cell with the lecture's weights."""
    cell = case["cell_class"](case["states"][0].shape[-1], dtype="float64")
    cell.build(case["x"][:, 0].shape if case["x"].ndim == 3 else case["x"].shape)
    cell.set_weights(case["weights"])
    return cell


@pytest.mark.parametrize("case", [RNN_STEP, LSTM_STEP], ids=["rnn", "lstm"])
class TestStep:
    def test_cell_alone(self, case):
        output, states = lecture_cell(case)(case["x"], case["states"])
        assert_printed(output, case["expected"][0])
        for found, expected in zip(states, case["expected"], strict=True):
            assert_printed(found, expected)

    @EACH_SCAN
    def test_sequence_of_one(self, case, scan):
        layer = scan(lecture_cell(case), dtype="float64", return_state=True)
        output, *states = layer(case["x"][:, None], initial_state=case["states"])
        assert_printed(output, case["expected"][0])
        for found, expected in zip(states, case["expected"], strict=True):
            assert_printed(found, expected)


@pytest.mark.parametrize("case", [RNN_SEQUENCE, LSTM_SEQUENCE], ids=["rnn", "lstm"])
@EACH_SCAN
def test_sequence(case, scan):
    layer = scan(lecture_cell(case), dtype="float64", **SEQUENCES)
    outputs, h, *_ = layer(case["x"], initial_state=case["states"])
    assert_printed(outputs, case["expected"])
    assert_printed(h, np.array(case["expected"])[:, -1])
