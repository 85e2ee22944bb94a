"""Against differentiation of layers written out by hand, and against numbers known in advance."""

import keras
import numpy as np
import pytest
import unrolled_twin as twin

from rnn_zoo import cells, layers
from rnn_zoo.diagnostics import gradient_flow

pytestmark = pytest.mark.tensorflow_only
KINDS = ["simple_rnn", "lstm", "gru"]
KERAS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
BATCH, TIME, FEATURES = 3, 6, 2
REAL = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1]], bool)


def layer(kind, library, units, **options):
    options["dtype"] = "float64"
    if library == "keras":
        return KERAS[kind](units, **options)
    return layers.RNN(cells.get(kind)(units, dtype="float64"), **options)


def compiled(inner, shape=(None, FEATURES)):
    """A model of these layers with random weights in float64, no bias left at zero."""
    model = keras.Sequential([keras.Input(shape, dtype="float64"), *inner])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    model.compile("sgd", keras.losses.MeanSquaredError(dtype="float64"))
    return model


@pytest.mark.parametrize("kind", ["mingru", "rglru"])
def test_a_linear_recurrence_carries_a_change_by_the_product_of_what_it_keeps(kind):
    model = compiled([layer(kind, "rnn_zoo", 3)])
    x = np.random.default_rng(2).normal(size=(BATCH, TIME, FEATURES))
    (flow,) = gradient_flow(model, x, np.ones((BATCH, 3)), rows=BATCH).layers
    cell = model.layers[0].cell
    a, _ = cell.coefficients(cell.gates(cell.project(x), ()))
    for t in range(TIME):
        expected = np.prod(a[:, t + 1 :], axis=1).max(axis=1)
        np.testing.assert_allclose(flow.jacobians["h"].values[:, t], expected, atol=1e-8)
    assert flow.singular_values == {}


@pytest.mark.parametrize("library", ["keras", "rnn_zoo"])
@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional_stacked_and_padded_on_either_side(kind, library):
    import tensorflow as tf

    model = compiled(
        [
            keras.layers.Masking(dtype="float64"),
            keras.layers.Bidirectional(
                layer(kind, library, 3, return_sequences=True), dtype="float64"
            ),
            layer(kind, library, 4),
        ]
    )
    rng = np.random.default_rng(2)
    x = rng.normal(size=(BATCH, TIME, FEATURES)) * REAL[..., None]
    y = rng.normal(size=(BATCH, 4))
    flow = gradient_flow(model, x, y, rows=BATCH)

    weights = [tf.constant(weight) for weight in model.get_weights()]
    forward, backward, upper = weights[:3], weights[3:6], weights[6:]
    pushed = [twin.pushes(kind, BATCH, TIME, units) for units in (3, 3, 4)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pushed)
        steps = tf.unstack(tf.constant(x), axis=1)
        there = twin.run(kind, steps, REAL, forward, pushed[0])
        back = twin.run(kind, steps, REAL, backward, pushed[1], backwards=True)
        joined = [tf.concat([a[0], b[0]], 1) for a, b in zip(there, back, strict=True)]
        top = twin.run(kind, joined, REAL, upper, pushed[2])
        loss = tf.reduce_mean((top[-1][0] - y) ** 2)
        # rows do not meet: the Jacobian of a row is that of the sum over all
        ends = [[tf.reduce_sum(s, axis=0) for s in end] for end in (there[-1], back[0], top[-1])]
    assert flow.loss == pytest.approx(float(loss), rel=1e-6)  # Keras sums losses in float32
    assert [found.backwards for found in flow.layers] == [False, True, False]
    for number, (found, end) in enumerate(zip(flow.layers, ends, strict=True)):
        gradients = tape.gradient(loss, pushed[number])
        for i, state in enumerate("hc" if kind == "lstm" else "h"):
            expected = twin.norms([step[i] for step in gradients], REAL)
            assert found.gradients[state].axes == ("batch", "time")
            np.testing.assert_allclose(found.gradients[state].values, expected, rtol=1e-9)
            jacobians = tape.jacobian(
                # the other state is held: that of the same step does not feel it
                end[i],
                [step[2 * i] for step in pushed[number]],
                experimental_use_pfor=False,
            )
            expected = np.stack(
                [np.linalg.norm(np.moveaxis(j, 1, 0), 2, axis=(1, 2)) for j in jacobians], axis=1
            )
            expected = np.where(REAL, expected, np.nan)
            np.testing.assert_allclose(found.jacobians[state].values, expected, rtol=1e-6)


def test_a_vanilla_cell_by_finite_differences():
    model = compiled([layer("simple_rnn", "keras", 4)])
    kernel, recurrent, bias = model.get_weights()
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(1, TIME, FEATURES)), rng.normal(size=(1, 4))

    def last(t=None, push=0.0):
        h = np.zeros((1, 4))
        for k in range(TIME):
            h = np.tanh(x[:, k] @ kernel + h @ recurrent + bias) + (push if k == t else 0)
        return h

    (found,) = gradient_flow(model, x, y).layers
    for t in range(TIME):
        differences = [(last(t, push) - last(t, -push))[0] / 2e-6 for push in 1e-6 * np.eye(4)]
        jacobian = np.array(differences).T  # of h_T by h_t
        expected = np.linalg.norm(jacobian, 2)
        assert found.jacobians["h"].values[0, t] == pytest.approx(expected, rel=1e-6)
        expected = np.linalg.norm(2 / 4 * (last() - y)[0] @ jacobian)
        assert found.gradients["h"].values[0, t] == pytest.approx(expected, rel=1e-6)
    assert found.singular_values == {"h": pytest.approx(np.linalg.norm(recurrent, 2))}


@pytest.mark.parametrize(("a", "kind"), [(0.5, "vanishing"), (1.0, "healthy"), (-1.5, "exploding")])
def test_a_linear_cell(a, kind):
    cell = cells.SimpleRNNCell(
        3,
        activation=None,
        recurrent_initializer=keras.initializers.Identity(a),
        dtype="float64",
    )
    model = keras.Sequential([keras.Input((25, 2)), layers.RNN(cell, dtype="float64")])
    model.compile("sgd", "mse")
    flow = gradient_flow(model, np.ones((2, 25, 2)), np.ones((2, 3)))
    (found,) = flow.layers
    powers = abs(a) ** np.arange(24.0, -1, -1)
    np.testing.assert_allclose(found.jacobians["h"].values, [powers, powers], rtol=1e-12)
    gradients = found.gradients["h"].values
    np.testing.assert_allclose(gradients, gradients[:, -1:] * powers, rtol=1e-9)
    verdict = found.verdict
    assert (verdict.kind, verdict.layer, verdict.steps) == (kind, found.layer, 24)
    assert verdict.factor == pytest.approx(abs(a) ** 24)
    helps = {"vanishing": "a gated cell", "exploding": "clipnorm=1", "healthy": "24 steps"}
    assert helps[kind] in flow.verdict
    passed = {"vanishing": "below 0.001 after 10.", "exploding": "above 1000 after 18."}
    assert passed.get(kind, "") in flow.verdict


@pytest.mark.parametrize("library", ["keras", "rnn_zoo"])
def test_an_lstm_that_forgets_nothing_and_reads_nothing(library):
    model = compiled([layer("lstm", library, 2)])
    weights = [np.zeros(weight.shape) for weight in model.get_weights()]
    weights[2] += np.repeat([-1e3, 1e3, 0.0, 0.0], 2)  # i, f, g, o
    model.set_weights(weights)
    x = np.random.default_rng(4).normal(size=(1, 20, FEATURES))
    (found,) = gradient_flow(model, x, np.ones((1, 2))).layers
    np.testing.assert_array_equal(found.jacobians["c"].values, np.ones((1, 20)))
    np.testing.assert_array_equal(found.jacobians["h"].values, np.eye(20)[-1:])
    assert found.verdict.kind == "healthy"
    assert list(found.singular_values) == ["i", "f", "g", "o"]


@pytest.mark.parametrize("wrapper", [keras.layers.RNN, layers.RNN])
def test_each_cell_of_a_stack(wrapper):
    stack = [
        cells.GRUCell(3, name="lower", dtype="float64"),
        keras.layers.LSTMCell(4, name="upper", dtype="float64"),
    ]
    stack = keras.layers.StackedRNNCells(stack, dtype="float64")
    together = compiled([wrapper(stack, name="both", dtype="float64")])
    apart = compiled(
        [
            layers.RNN(cells.GRUCell(3, dtype="float64"), return_sequences=True, dtype="float64"),
            keras.layers.LSTM(4, dtype="float64"),
        ]
    )
    apart.set_weights(together.get_weights())
    rng = np.random.default_rng(5)
    examples = rng.normal(size=(2, TIME, FEATURES)), rng.normal(size=(2, 4))
    found, expected = gradient_flow(together, *examples), gradient_flow(apart, *examples)
    assert [part.layer for part in found.layers] == ["both.lower", "both.upper"]
    for a, b in zip(found.layers, expected.layers, strict=True):
        for state in b.gradients:
            for which in ("gradients", "jacobians"):
                norms = [getattr(part, which)[state].values for part in (a, b)]
                np.testing.assert_allclose(*norms, rtol=1e-9)


def test_a_reset_ends_what_was_before():
    x = keras.Input((6, 2), dtype="float64")
    resets = keras.Input((6,), dtype="bool")
    scan = layers.RNN(cells.GRUCell(3, dtype="float64"), dtype="float64")
    model = keras.Model([x, resets], scan(x, resets=resets))
    model.compile("sgd", "mse")
    inputs = [np.ones((1, 6, 2)), np.eye(6, dtype=bool)[3:4]]
    (found,) = gradient_flow(model, inputs, np.ones((1, 3))).layers
    for norms in (found.gradients["h"].values, found.jacobians["h"].values):
        np.testing.assert_array_equal(norms[0] > 0, [False] * 3 + [True] * 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing(kind, side):
    model = compiled(
        [
            keras.layers.Masking(dtype="float64"),
            layer(kind, "rnn_zoo", 3, return_sequences=True),
            layer(kind, "keras", 3),
        ]
    )
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(2, 4, FEATURES)), rng.normal(size=(2, 3))
    width = [(0, 0), (2, 0) if side == "left" else (0, 2), (0, 0)]
    place = slice(2, None) if side == "left" else slice(0, 4)
    alone, padded = gradient_flow(model, x, y), gradient_flow(model, np.pad(x, width), y)
    for a, b in zip(alone.layers, padded.layers, strict=True):
        assert b.verdict.text == a.verdict.text
        for which in ("gradients", "jacobians"):
            for state, norms in getattr(a, which).items():
                values = getattr(b, which)[state].values
                np.testing.assert_allclose(values[:, place], norms.values, rtol=1e-9)
                assert np.isnan(np.delete(values, range(6)[place], axis=1)).all()


def test_a_gradient_that_is_not_finite():
    model = compiled([layer("simple_rnn", "keras", 2)])
    model.set_weights([np.full(weight.shape, np.nan) for weight in model.get_weights()])
    flow = gradient_flow(model, np.ones((1, 4, FEATURES)), np.ones((1, 2)))
    assert "exploding. The gradient is not finite. What usually helps: clipping" in flow.verdict


def test_one_step_and_a_layer_that_the_loss_does_not_reach():
    x = keras.Input((1, 2))
    used, idle = keras.layers.GRU(2)(x), keras.layers.LSTM(2, name="idle")(x)
    model = keras.Model(x, [used, idle])
    model.compile("sgd", ["mse", None])
    flow = gradient_flow(model, np.ones((2, 1, 2)), [np.ones((2, 2)), np.ones((2, 2))])
    assert "There is no step to go back" in flow.verdict
    gradients = {layer.layer: layer.gradients["h"].values for layer in flow.layers}
    assert not gradients.pop("idle").any()
    assert gradients.popitem()[1].all()


def test_json():
    import json

    model = compiled([keras.layers.Masking(dtype="float64"), layer("lstm", "keras", 2)])
    x = np.ones((2, 3, FEATURES)) * np.array([[1, 1, 1], [1, 1, 0]])[..., None]
    flow = gradient_flow(model, x, np.ones((2, 2)))
    read = json.loads(json.dumps(flow.as_dict(), allow_nan=False))
    (part,) = read["layers"].values()
    assert part["gradients"]["c"]["axes"] == ["batch", "time"]
    assert part["gradients"]["c"]["values"][1][2] is None
    assert part["verdict"] == "healthy"
