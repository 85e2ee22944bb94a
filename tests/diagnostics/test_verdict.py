"""Models that are dead in different ways, and some that live: the verdict tells them apart."""

import keras
import numpy as np
import pytest

from rnn_zoo import cells, layers
from rnn_zoo.diagnostics import NamedArray, gradient_flow
from rnn_zoo.diagnostics.curves import by_steps_back, by_time

pytestmark = pytest.mark.tensorflow_only
UNITS, FEATURES, TIME = 4, 3, 30
CELLS = {"simple_rnn": cells.SimpleRNNCell, "lstm": cells.LSTMCell, "gru": cells.GRUCell}
SHUT, OPEN = -30.0, 30.0


def model_of(kind, kernel=1.0, recurrent=0.5, bias=(), time=TIME, **options):
    """One layer with orthogonal weights of these sizes; `bias` by block."""
    cell = CELLS[kind](UNITS, **options)
    model = keras.Sequential([keras.Input((time, FEATURES)), layers.RNN(cell, name="reader")])
    rng = np.random.default_rng(0)
    shapes = [weight.shape for weight in model.get_weights()]
    count = shapes[0][1] // UNITS  # of blocks
    weights = [rng.normal(size=shapes[0]) * kernel]
    blocks = [np.linalg.qr(rng.normal(size=(UNITS, UNITS)))[0] for _ in range(count)]
    weights.append(recurrent * np.concatenate(blocks, axis=1))
    values = np.zeros(shapes[2])
    values.reshape(-1, count, UNITS)[0, : len(bias)] += np.reshape(bias, (-1, 1))
    model.set_weights([*weights, values])
    model.compile("sgd", "mse")
    return model


def verdict(model, rows=6, time=TIME, loud=1.0):
    x = loud * np.random.default_rng(1).normal(size=(rows, time, FEATURES))
    (found,) = gradient_flow(model, x, np.ones((rows, UNITS))).layers
    return found.verdict


DEAD = {  # by what is wrong: the model, the kind, parts of the text
    "huge weights": (
        model_of("lstm", kernel=100.0, recurrent=100.0),
        "saturated",
        [
            "Every gate of a unit is below 0.1 or above 0.9",
            "||dh_T/dh_t|| falls to",
            "reinitialize them",
        ],
    ),
    "huge weights of a GRU": (model_of("gru", 300.0, 100.0), "saturated", ["Every gate of a unit"]),
    "huge weights of tanh": (
        model_of("simple_rnn", kernel=100.0),
        "saturated",
        ["|h| is above 0.9 in 9"],
    ),
    "gates pinned, the cell state kept": (
        model_of("lstm", kernel=0.01, bias=(SHUT, OPEN, 0, OPEN)),
        "saturated",
        [
            "||dh_T/dh_t|| falls to",
            "||dc_T/dc_t|| is 1 over 29 steps, a factor of 1 a step",
            "Gate f is pinned open in 100 %",
            "Gate i is pinned shut",
        ],
    ),
    "forget gate shut": (
        model_of("lstm", recurrent=0.0, bias=(0, SHUT)),
        "vanishing",
        ["||dc_T/dc_t|| falls to", "Gate f is pinned shut in 100 %.", "recurrent kernel is zero"],
    ),
    "forget gate open, and full": (
        model_of("lstm", bias=(3, OPEN, 3, 0), recurrent=0.0),
        "vanishing",
        ["||dc_T/dc_t|| is 1 over", "What is kept does not reach h", "Gate f is pinned open"],
    ),
    "output gate shut": (
        model_of("lstm", recurrent=0.0, bias=(0, OPEN, 0, SHUT)),
        "vanishing",
        ["What is kept does not reach h", "Gate o is pinned shut"],
    ),
    "update gate open": (model_of("gru", bias=(OPEN,)), "constant", ["Gate z is pinned open"]),
    "the input is ignored": (
        model_of("simple_rnn", kernel=0.0, bias=(0.5,)),
        "constant",
        ["relative to its size, 0 of h differs between rows"],
    ),
    "the input is drowned": (model_of("gru", kernel=1e-6, bias=(0, 0, 1)), "constant", []),
    "no recurrent kernel": (
        model_of("simple_rnn", recurrent=0.0, kernel=0.1),
        "vanishing",
        [
            "falls to 0 over 29 steps; it is below 0.001 after 1. Each is the mean of 2 rows.",
            "The recurrent kernel is zero: the cell does not see its last output.",
        ],
    ),
    "exploding": (
        model_of("simple_rnn", kernel=0.1, recurrent=1.5, activation=None),
        "exploding",
        ["grows to 1.3e+05 within 29 steps; it is above 1000 after 18"],
    ),
}


@pytest.mark.parametrize("case", DEAD)
def test_dead(case):
    model, kind, parts = DEAD[case]
    found = verdict(model)
    assert found.kind == kind, found.text
    assert found.text.startswith(f"reader: {kind}. ")
    for part in parts:
        assert part in found.text
    assert "What usually helps" in found.text


ALIVE = {
    "new lstm": (CELLS["lstm"], {}, 10),
    "new gru": (CELLS["gru"], {}, 10),
    "new irnn": (cells.IRNNCell, {}, 5),
    "chrono": (
        CELLS["lstm"],
        {"bias_initializer": cells.Chrono(400), "unit_forget_bias": False},
        30,
    ),
    "an lstm that reads by its gates alone": (
        CELLS["lstm"],
        {"recurrent_initializer": "zeros", "bias_initializer": cells.Chrono(400)}
        | {"unit_forget_bias": False},
        30,
    ),
}


@pytest.mark.parametrize("case", ALIVE)
def test_alive(case):
    keras.utils.set_random_seed(0)
    cell, options, time = ALIVE[case]
    scan = layers.RNN(cell(UNITS, **options), name="reader")
    model = keras.Sequential([keras.Input((time, FEATURES)), scan])
    model.compile("sgd", "mse")
    found = verdict(model, time=time)
    assert found.kind == "healthy", found.text
    assert "What usually helps" not in found.text


def test_rows_that_do_not_differ_cannot_tell():
    model = model_of("simple_rnn", kernel=0.0, recurrent=1.0, activation=None, bias=(0.5,))
    for x in (np.ones((3, 5, FEATURES)), np.random.default_rng(0).normal(size=(1, 5, FEATURES))):
        (found,) = gradient_flow(model, x, np.ones((len(x), UNITS))).layers
        assert found.verdict.kind == "healthy"
        assert "here none do" in found.verdict.text


def test_states_are_compared_after_as_many_real_steps():
    """One that ignores its input, on rows that begin at different steps."""
    cell = cells.SimpleRNNCell(UNITS, kernel_initializer="zeros", bias_initializer="ones")
    model = keras.Sequential(
        [keras.Input((6, FEATURES)), keras.layers.Masking(), layers.RNN(cell)],
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(3, 6, FEATURES))
    x[0, :2] = 0
    x[1, 4:] = 0
    (found,) = gradient_flow(model, x, np.ones((3, UNITS))).layers
    assert found.verdict.kind == "constant"


def test_each_mean_says_over_how_many_rows_and_few_are_not_trusted():
    norms = np.full((5, 4), np.nan)
    norms[0] = [1e-9, 1, 1, 1]
    norms[1:, 2:] = 1.0
    curve = by_steps_back(NamedArray(norms, ("batch", "time")))
    np.testing.assert_array_equal(curve.rows, [5, 5, 1, 1])
    np.testing.assert_allclose(curve.values, [1, 1, 1, 1e-9])
    np.testing.assert_array_equal(curve.trusted().values, [1, 1])
    curve = by_time(NamedArray(norms, ("batch", "time")))
    np.testing.assert_array_equal(curve.is_trusted, [False, False, True, True])
    assert curve.as_dict() == {"values": [1e-9, 1.0, 1.0, 1.0], "rows": [1, 1, 5, 5]}
    # Of two rows both are needed, of one that one.
    for rows, expected in ((2, [True, False]), (1, [True, True])):
        curve = by_time(NamedArray(np.array([[1.0, 1.0], [1.0, np.nan]])[:rows], ("batch", "time")))
        np.testing.assert_array_equal(curve.is_trusted, expected)


def test_a_single_long_row_does_not_decide():
    cell = cells.SimpleRNNCell(
        3, activation=None, recurrent_initializer=keras.initializers.Identity(0.5)
    )
    model = keras.Sequential([keras.Input((25, 2)), keras.layers.Masking(), layers.RNN(cell)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(3, 25, 2))
    x[1:, 5:] = 0
    (found,) = gradient_flow(model, x, np.ones((3, 3)), rows=3).layers
    assert (found.verdict.kind, found.verdict.steps) == ("healthy", 4)
    assert found.verdict.factor == pytest.approx(0.5**4)
    assert "Not judged: steps further back than 4, of few rows." in found.verdict.text
    assert found.by_steps_back("h").rows.tolist() == [3] * 5 + [1] * 20
