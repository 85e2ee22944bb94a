"""The scan of linear recurrences against a loop, and against the generic loop."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from recurrent import SEQUENCES
from scanning import BATCH, TIME, UNITS, assert_same, built, example, in_graph, run

from rnn_zoo import cells, layers
from rnn_zoo.layers import choice, fast_loop
from rnn_zoo.layers.linear_scan import recurrence

ON_JAX = keras.backend.backend() == "jax"


def by_hand(a, b, h, backwards=False):
    states = np.empty_like(b)
    for t in range(len(a))[:: -1 if backwards else 1]:
        states[t] = h = a[t] * h + b[t]
    return h, states


@settings(max_examples=20, deadline=None)
@given(
    time=st.integers(1, 9),
    seed=st.integers(0, 1000),
    backwards=st.booleans(),
    in_parallel=st.booleans(),
)
def test_any_recurrence(time, seed, backwards, in_parallel):
    """Also where nothing is kept, or everything."""
    rng = np.random.default_rng(seed)
    a = rng.choice([0.0, 0.3, 0.99, 1.0], size=(time, 2, 3))
    b, h = rng.normal(size=a.shape), rng.normal(size=(2, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "scans_in_parallel", lambda: in_parallel)
        last, (states,) = recurrence(*map(ops.convert_to_tensor, (a, b, h)), backwards)
    for found, expected in zip((last, states), by_hand(a, b, h, backwards), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.fixture
def scans_small_layers(monkeypatch):
    monkeypatch.setattr(choice, "SMALLEST", 1)
    monkeypatch.setattr(fast_loop, "Scan", None)  # it is this one that runs


@pytest.mark.usefixtures("scans_small_layers")
@pytest.mark.parametrize(
    "in_parallel",
    [False, True] if ON_JAX else [False],  # XLA does not compile the other
)
@pytest.mark.parametrize(
    ("cell_class", "backwards"),
    [
        (cells.RGLRUCell, False),
        (cells.MinGRUCell, True),
        pytest.param(cells.RGLRUCell, True, marks=pytest.mark.slow),
        pytest.param(cells.MinGRUCell, False, marks=pytest.mark.slow),
    ],
)
def test_masks_resets_cuts_and_zoneout_are_those_of_the_generic_loop(
    cell_class, backwards, in_parallel, monkeypatch
):
    x, mask, _ = example()
    resets = np.random.default_rng(4).random((BATCH, TIME)) < 0.4
    options = {"truncate_gradient": 2, "learn_initial_state": True, "go_backwards": backwards}

    def result(**more):
        cell = cell_class(UNITS, zoneout=0.3, seed=3, dtype="float64")
        layer = built(layers.RNN, cell, **options, **SEQUENCES, **more)
        flags = {"mask": ops.convert_to_tensor(mask), "resets": ops.convert_to_tensor(resets)}
        return run(layer, x, [], training=True, **flags)

    monkeypatch.setattr(choice, "scans_in_parallel", lambda: in_parallel)
    found = [result(), result(recompute_every=3)]
    monkeypatch.setattr(choice, "scans_fast", lambda *_: False)
    expected = result()
    for each in found:
        assert_same(each, expected)


@pytest.mark.usefixtures("scans_small_layers")
@pytest.mark.parametrize("training", [False, True])
def test_the_last_state_alone(training, monkeypatch):
    x, mask, states = example(1)

    def result():
        layer = built(layers.RNN, cells.MinLSTMCell(UNITS, zoneout=0.3, seed=3, dtype="float64"))
        return run(layer, x, states, mask=ops.convert_to_tensor(mask), training=training)

    found = result()
    monkeypatch.setattr(choice, "scans_fast", lambda *_: False)
    assert_same(found, result())


@pytest.mark.usefixtures("scans_small_layers")
def test_twenty_thousand_steps():
    """The product of all a is zero in any precision."""
    layer = built(layers.RNN, cells.MinGRUCell(UNITS, dtype="float32"), return_sequences=True)
    x = np.random.default_rng(0).normal(size=(2, 20_000, 3)).astype("float32")
    cell = layer.cell
    projected = ops.swapaxes(cell.project(ops.convert_to_tensor(x)), 0, 1)
    a, b = cell.coefficients(cell.gates(projected, ()))
    a, b = (ops.convert_to_numpy(part).astype("float64") for part in (a, b))
    _, states = by_hand(a, b, np.zeros((2, UNITS)))
    outputs, gradients = run(layer, x, [], training=True)
    np.testing.assert_allclose(outputs[0], states.swapaxes(0, 1), rtol=1e-4, atol=1e-5)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.usefixtures("scans_small_layers")
def test_half_precision_forgets():
    """The share 0.999 is 1 in bfloat16."""
    policy = keras.DTypePolicy("mixed_bfloat16")
    layer = layers.RNN(cells.MinGRUCell(1, dtype=policy), dtype=policy)
    layer.build((None, None, 1))
    layer.cell.bias.assign([-np.log(999.0), -100.0])
    x, ones = ops.zeros((1, 1000, 1), "float32"), ops.ones((1, 1), "float32")
    last = in_graph(lambda x: layer(x, initial_state=[ones]))(x)
    np.testing.assert_allclose(ops.cast(last, "float32"), [[0.999**1000]], rtol=0.02)
