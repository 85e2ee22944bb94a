"""The model is left as it was, every recurrent layer is found, bad input has a clear error."""

import keras
import numpy as np
import pytest
from task_cases import CASES, FULLEST, embedded

import rnn_zoo
from rnn_zoo import cells, layers
from rnn_zoo._keras_private import flatten_layers
from rnn_zoo.diagnostics import gradient_flow, hidden_states
from rnn_zoo.errors import DataError, UserError
from rnn_zoo.registry import find

pytestmark = pytest.mark.tensorflow_only


def adapted(name, **settings):
    """A tiny model of the entry that has seen no more than its vocabulary, and some examples."""
    entry = find(name)
    inputs, targets = [
        column and [x[:20] if isinstance(x, str) else x for x in column[:4]]
        for column in embedded(entry)
    ]
    task = rnn_zoo.get(name, **CASES[entry.task].tiny | settings)
    task.adapt(inputs, targets)
    return task, inputs, targets


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, {}) for name in FULLEST),
        pytest.param("tagger_bilstm_crf", {"characters": "recurrent"}, marks=pytest.mark.slow),
        ("seq2seq_gru", {}),  # without attention
    ],
)
def test_every_task(name, settings):
    task, *raw = adapted(name, **settings)
    before = [variable.value.numpy() for variable in task.variables]
    flow = gradient_flow(task, *raw, rows=1)
    assert np.isfinite(flow.loss)
    inputs, *rest = task.tensors(*raw)
    sizes = {n for array in keras.tree.flatten((inputs, rest)) for n in array.shape[1:]}
    for layer in flow.layers:
        for norms in layer.gradients.values():
            real = norms.values[~np.isnan(norms.values)]
            assert np.isfinite(real).all()
            assert real.max() > 0
            assert norms.values.shape[1] in sizes
        assert layer.layer in flow.verdict
    for variable, value in zip(task.variables, before, strict=True):
        np.testing.assert_array_equal(variable.value.numpy(), value)
    assert task.predict(raw[0], verbose=0) is not None  # the graph does not meet what was set


def nested():
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.LSTM(3, return_sequences=True)])
    distributed = keras.layers.TimeDistributed(keras.layers.Dense(2))
    model = keras.Sequential(
        [
            keras.Input((4, 2)),
            keras.layers.Dropout(0.5, seed=1),
            inner,
            distributed,
            keras.layers.Bidirectional(layers.RNN(cells.GRUCell(2)), name="both"),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_nothing_is_changed():
    model = nested()
    x, y = np.ones((2, 4, 2)), np.ones((2, 4))
    model.fit(x, y, verbose=0)
    scans = [layer for layer in flatten_layers(model) if isinstance(layer, keras.layers.RNN)]
    things = [*scans, *(scan.cell for scan in scans)]
    attributes = [dict(vars(thing)) for thing in things]
    variables = [*model.variables, *model.optimizer.variables]
    values = [variable.value.numpy() for variable in variables]
    outputs = model.predict(x, verbose=0)
    metrics = model.get_metrics_result()
    gradient_flow(model, x, y)
    for thing, before in zip(things, attributes, strict=True):
        assert set(vars(thing)) == set(before)
        assert all(vars(thing)[name] is value for name, value in before.items())
    assert [*model.variables, *model.optimizer.variables] == variables
    for variable, value in zip(variables, values, strict=True):
        np.testing.assert_array_equal(variable.value.numpy(), value)
    np.testing.assert_array_equal(model.predict(x, verbose=0), outputs)
    assert model.get_metrics_result() == metrics


def test_a_failure_leaves_the_model_as_it_was():
    model = nested()
    (scan,) = [layer for layer in flatten_layers(model) if type(layer) is keras.layers.LSTM]
    with pytest.raises(DataError, match="targets"):
        gradient_flow(model, np.ones((2, 4, 2)), np.ones((2, 3)))
    assert not {"call", "inner_loop"} & {*vars(scan), *vars(scan.cell)}


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("time", [1, 4])
def test_each_step_is_recorded_once(unroll, time):
    layer = keras.layers.GRU(2, return_sequences=True, unroll=unroll)
    model = keras.Sequential([keras.Input((time, 2)), layer])
    x = np.random.default_rng(0).normal(size=(3, time, 2))
    (states,) = hidden_states(model, x).values()
    np.testing.assert_allclose(states["h"].values, model(x), atol=1e-6)


def test_carried_states_are_carried_on():
    task, texts, _ = adapted("char_lm_lstm")
    task.fit(texts, batch_size=2, verbose=0)
    before = [state.numpy() for state in task.stateful.carry.read(2)]
    assert np.abs(before[0]).max() > 0
    gradient_flow(task, texts, None)
    for state, value in zip(task.stateful.carry.read(2), before, strict=True):
        np.testing.assert_array_equal(state, value)


def test_stateful_layers_go_on_from_where_they_were():
    model = keras.Sequential(
        [keras.Input(batch_shape=(2, 3, 2)), keras.layers.GRU(2, stateful=True)]
    )
    model.compile("sgd", "mse")
    x = np.ones((2, 3, 2))
    model.predict(x, verbose=0)
    before = model.layers[0].states[0].value.numpy()
    gradient_flow(model, x, np.ones((2, 2)))
    assert np.abs(before).max() > 0
    np.testing.assert_array_equal(model.layers[0].states[0].value.numpy(), before)


def test_layers_inside_of_layers_are_found_in_the_order_in_which_they_run():
    (first, *both) = hidden_states(nested(), np.ones((2, 4, 2)))
    assert first.startswith("lstm")
    assert [name.split("_")[0] for name in both] == ["forward", "backward"]


def test_a_layer_that_runs_twice_is_two():
    x = keras.Input((4, 2))
    shared = keras.layers.GRU(2, name="shared")
    model = keras.Model(x, shared(x) + shared(x[:, ::-1]))
    assert list(hidden_states(model, np.ones((1, 4, 2)))) == ["shared", "shared (2)"]


def test_frozen_layers_have_a_gradient_too():
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(2)])
    model.trainable = False
    model.compile("sgd", "mse")
    (layer,) = gradient_flow(model, np.ones((1, 3, 2)), np.ones((1, 2))).layers
    assert layer.gradients["h"].values.min() > 0


@keras.saving.register_keras_serializable(package="tests")
class Leaky(keras.layers.Layer):
    """A user's cell without a `training` argument: h = (h + x) / 2."""

    state_size = output_size = 2

    def call(self, x, states):
        h = (states[0] + x) / 2
        return h, [h]


def test_a_cell_of_the_users_own():
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.RNN(Leaky())])
    model.compile("sgd", "mse")
    (layer,) = gradient_flow(model, np.ones((1, 4, 2)), np.ones((1, 2))).layers
    np.testing.assert_allclose(layer.jacobians["h"].values, [[1 / 8, 1 / 4, 1 / 2, 1]])
    assert layer.singular_values == {}


def test_half_precision():
    policy = "mixed_bfloat16"
    model = keras.Sequential(
        [
            keras.Input((4, 2)),
            layers.RNN(cells.LSTMCell(3, dtype=policy), return_sequences=True, dtype=policy),
            keras.layers.GRU(3, dtype=policy),
        ]
    )
    model.compile("sgd", "mse")
    for layer in gradient_flow(model, np.ones((1, 4, 2)), np.ones((1, 3))).layers:
        assert layer.jacobians["h"].values[0, -1] == 1
        assert layer.gradients["h"].values.min() > 0


def built(*inner, **compiled):
    model = keras.Sequential([keras.Input((4, 2)), *inner], name="mine")
    if compiled:
        model.compile(**compiled)
    return model


X, Y = np.ones((3, 4, 2)), np.ones((3, 2))
BAD = {
    "no recurrent layer": (
        lambda: gradient_flow(built(keras.layers.Flatten(), loss="mse"), X, Y),
        UserError,
        "mine has no recurrent layer: diagnostics look at keras.layers.RNN",
    ),
    "uncompiled": (
        lambda: gradient_flow(built(keras.layers.GRU(2)), X, Y),
        UserError,
        "mine has no loss: compile it first",
    ),
    "compiled without a loss": (
        lambda: gradient_flow(built(keras.layers.GRU(2), optimizer="sgd"), X, Y),
        UserError,
        "No loss to compute",
    ),
    "not built": (
        lambda: hidden_states(keras.Sequential([keras.layers.GRU(2)], name="mine"), X),
        UserError,
        "mine has no weights yet: call, build or fit it first",
    ),
    "too few targets": (
        lambda: gradient_flow(built(keras.layers.GRU(2), loss="mse"), X, Y[:2]),
        DataError,
        "row by row: x has 3 rows, y has 2 rows",
    ),
    "too few weights": (
        lambda: gradient_flow(built(keras.layers.GRU(2), loss="mse"), X, Y, np.ones(2)),
        DataError,
        "sample_weight has 2 rows",
    ),
    "targets of too few steps": (
        lambda: gradient_flow(
            built(keras.layers.GRU(2, return_sequences=True), loss="mse"), X, np.ones((3, 3, 2))
        ),
        DataError,
        r"mine: no loss of targets \(3, 3, 2\) and outputs \(3, 4, 2\)",
    ),
    "no targets": (
        lambda: gradient_flow(built(keras.layers.GRU(2), loss="mse"), X, None),
        DataError,
        "needs targets: pass y",
    ),
    "no model": (lambda: hidden_states(keras.layers.GRU(2), X), UserError, "this is a GRU"),
    "task before fit": (
        lambda: gradient_flow(rnn_zoo.get("sentiment_gru"), ["fun"], ["yes"]),
        ValueError,
        "call adapt or fit first",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    wrong, kind, message = BAD[case]
    with pytest.raises(kind, match=message):
        wrong()


def test_labels_that_a_task_does_not_have():
    task, texts, labels = adapted("sentiment_bilstm")
    with pytest.raises(DataError, match="belong together one by one"):
        gradient_flow(task, texts, labels[:2])


def test_a_translator_is_read_with_its_targets():
    task, sources, targets = adapted("seq2seq_gru")
    with pytest.raises(ValueError, match="reads the targets too"):
        hidden_states(task, sources)
    encoder, decoder = hidden_states(task, sources, targets)
    assert encoder.startswith("recurrent")
    assert decoder == "decoder_1"
