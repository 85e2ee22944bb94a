"""The fast scan against Keras' loop over the same cell, compiled, forward and gradient."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops
from recurrent import EACH_CELL, SEQUENCES, randomize
from scanning import (
    BATCH,
    FEATURES,
    TIME,
    UNITS,
    assert_same,
    built,
    example,
    in_graph,
    run,
)
from variants import fast_first

from rnn_zoo import cells, layers
from rnn_zoo.export import Serving, export_saved_model
from rnn_zoo.layers import choice, rnn

BOTH = (keras.layers.RNN, layers.RNN)


@pytest.fixture(autouse=True)
def small_networks_too(monkeypatch):
    monkeypatch.setattr(choice, "SMALLEST", 1)


@pytest.mark.tensorflow_only  # on JAX it is what runs wherever a cell is scannable
@EACH_CELL
def test_it_is_what_runs(cell_class, monkeypatch):
    """Else the tests below would compare Keras' loop with itself."""
    layer = built(layers.RNN, cell_class(UNITS, dtype="float64"))
    if not layer.cell.is_scannable:
        pytest.skip("the cell runs in the generic loop")
    called = []
    gates = type(layer.cell).gates
    monkeypatch.setattr(
        type(layer.cell), "gates", lambda *args: called.append(len(args)) or gates(*args)
    )
    monkeypatch.setattr(rnn, "GenericLoop", None)
    run(layer, example()[0], [])
    assert called


@pytest.mark.parametrize(
    ("cell_class", "options"),
    [
        *((cell, SEQUENCES) for cell in (cells.SimpleRNNCell, cells.LSTMCell, cells.GRUCell)),
        (cells.GRUCell, {"go_backwards": True, "return_state": True}),
        (
            cells.LSTMCell,
            {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
        ),
    ],
    ids=["simple_rnn", "lstm", "gru", "backwards", "backwards, zero output"],
)
def test_it_equals_the_loop_of_keras_with_masks_and_given_states(cell_class, options):
    x, mask, states = example(2 if cell_class is cells.LSTMCell else 1)
    found, expected = [
        run(
            built(scan, cell_class(UNITS, dtype="float64"), **options),
            x,
            states,
            mask=ops.convert_to_tensor(mask),
            training=options is SEQUENCES,
        )
        for scan in BOTH
    ]
    assert_same(found, expected)


def test_within_bidirectional_which_does_not_say_whether_it_trains():
    layer = keras.layers.Bidirectional(
        layers.RNN(cells.LSTMCell(UNITS, dtype="float64"), dtype="float64"), dtype="float64"
    )
    x = ops.convert_to_tensor(example()[0])
    expected = layer(x, training=False)
    np.testing.assert_allclose(in_graph(layer)(x), expected, rtol=1e-12)


@pytest.mark.tensorflow_only  # where XLA is another compiler than that of the reference
@EACH_CELL
@pytest.mark.parametrize("masked", [True, False])
def test_in_float32(cell_class, masked):
    x, mask, _ = example()
    mask = ops.convert_to_tensor(mask) if masked else None
    found, expected = [
        run(
            built(scan, cell_class(UNITS, dtype="float32"), **SEQUENCES),
            x.astype("float32"),
            [],
            mask=mask,
            training=True,
        )
        for scan in BOTH
    ]
    assert_same(found, expected, outputs=1e-6, gradients=1e-5)


@pytest.mark.tensorflow_only  # on JAX test_rnn.py has it: there the scan always runs
def test_a_stateful_layer_goes_on_where_it_ended():
    def outputs(scan):
        layer = scan(cells.LSTMCell(UNITS, dtype="float64"), stateful=True, dtype="float64")
        layer.build((BATCH, None, FEATURES))
        randomize(layer, np.random.default_rng(1))
        layer.reset_states()
        step = in_graph(lambda x, mask: layer(x, mask=mask))
        return [step(*map(ops.convert_to_tensor, example(seed=seed)[:2])) for seed in (2, 3, 4)]

    expected, found = map(outputs, BOTH)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.tensorflow_only  # on JAX a loop has the length that it has
def test_steps_that_only_pad_a_group_of_like_rows_are_not_run():
    """There a run would make the kernel's gradient NaN: zero times NaN."""
    lengths = np.array([[7], [2], [6], [1]])
    mask = np.arange(TIME) < lengths
    x = example()[0]
    x[[1, 3], 2:] = np.nan  # the short rows run together
    layer = built(layers.RNN, cells.SimpleRNNCell(UNITS, dtype="float64"))
    _, (_, _, of_kernel, _) = run(layer, x, [], mask=ops.convert_to_tensor(mask), training=True)
    assert np.isfinite(of_kernel).all()
    assert np.abs(of_kernel).min() > 0


@pytest.mark.tensorflow_only  # JAX runs all rows in one group, and knows their number
@pytest.mark.parametrize("recompute_every", [None, 3])
def test_any_number_of_rows_and_of_real_steps(recompute_every):
    """Groups of unequal size, an empty one, and rows that have no real step at all."""
    import tensorflow as tf

    x, mask, _ = example()
    signature = [
        tf.TensorSpec([None, None, FEATURES], "float64"),
        tf.TensorSpec([None, None], bool),
    ]
    found, expected = [], []
    for scan, results in zip(BOTH, (expected, found), strict=True):
        layer = built(scan, cells.LSTMCell(UNITS, dtype="float64"), **SEQUENCES)

        @tf.function(input_signature=signature, autograph=False)
        def outputs_and_gradients(x, mask, layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, mask=mask, training=True)
                # One that tells the steps and the units of both states apart.
                value = sum(ops.sum(ops.sin(ops.cumsum(part + 1, axis=1))) for part in outputs)
            weights = [w.value for w in layer.trainable_variables]
            return outputs, tape.gradient(value, [x, *weights])

        if scan is layers.RNN:
            layer.recompute_every = recompute_every
        for rows, real in ((1, mask), (3, mask), (3, mask & False)):
            results.append(outputs_and_gradients(x[:rows], real[:rows]))
    for a, b in zip(found, expected, strict=True):
        assert_same(a, b)


@pytest.mark.parametrize("cell_class", [cells.SimpleRNNCell, cells.GRUCell])  # one mask, or many
def test_dropout_of_inputs_and_states_is_that_of_the_loop(cell_class):
    """From one seed both draw the same masks."""
    x, mask, _ = example()
    found, expected = [
        run(
            built(
                scan,
                cell_class(UNITS, dropout=0.3, recurrent_dropout=0.4, seed=3, dtype="float64"),
                return_sequences=True,
            ),
            x,
            [],
            mask=ops.convert_to_tensor(mask),
            training=True,
        )
        for scan in BOTH
    ]
    assert_same(found, expected)


@pytest.mark.parametrize("backwards", [False, True])
def test_resets_cuts_and_a_learned_beginning_are_those_of_the_generic_loop(backwards, monkeypatch):
    x, mask, _ = example()
    resets = np.random.default_rng(4).random((BATCH, TIME)) < 0.3

    def result():
        layer = built(
            layers.RNN,
            cells.LSTMCell(UNITS, dtype="float64"),
            truncate_gradient=2,
            learn_initial_state=True,
            go_backwards=backwards,
            **SEQUENCES,
        )
        return run(
            layer,
            x,
            [],
            mask=ops.convert_to_tensor(mask),
            resets=ops.convert_to_tensor(resets),
            training=True,
        )

    found = result()
    monkeypatch.setattr(choice, "scans_fast", lambda *_: False)
    assert_same(found, result())


@pytest.mark.parametrize(("backwards", "every"), [(False, 3), (True, 3)])
def test_recomputing_changes_no_output_and_no_gradient(backwards, every):
    """With all that a scan can be given; 3 does not divide the number of steps."""
    x, mask, _ = example()
    mask[:, 2:4] = False  # where a segment ends and another begins: it has to give states on
    mask[2:, 0] = False
    resets = np.random.default_rng(4).random((BATCH, TIME)) < 0.3
    found, expected = [
        run(
            built(
                layers.RNN,
                cells.LSTMCell(UNITS, recurrent_dropout=0.4, seed=3, dtype="float64"),
                truncate_gradient=2,
                learn_initial_state=True,
                go_backwards=backwards,
                return_sequences=True,
                return_state=True,
                recompute_every=recompute_every,
            ),
            x,
            [],
            mask=ops.convert_to_tensor(mask),
            resets=ops.convert_to_tensor(resets),
            training=True,
        )
        for recompute_every in (every, None)
    ]
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("precision", "options"),
    [("bfloat16", {}), ("bfloat16", {"recompute_every": 3}), ("float16", {})],
    ids=["bfloat16", "recomputing", "float16"],
)
def test_mixed_precision(precision, options):
    policy = keras.DTypePolicy(f"mixed_{precision}")
    x, mask, _ = example()
    found, expected = [
        run(
            WithFloats(built(scan, cells.LSTMCell(UNITS, dtype=policy), **SEQUENCES, **more)),
            x.astype("float32"),
            [],
            mask=ops.convert_to_tensor(mask),
            training=True,
        )
        for scan, more in zip(BOTH, ({}, options), strict=True)
    ]
    assert_same(found, expected, outputs=0.03, gradients=0.1)


def test_gradients_of_many_segments_are_not_summed_in_half_precision():
    """In bfloat16 a sum of ones ends at 256."""
    policy = keras.DTypePolicy("mixed_bfloat16")
    layer = layers.RNN(
        cells.SimpleRNNCell(
            UNITS, kernel_initializer="zeros", recurrent_initializer="identity", dtype=policy
        ),
        return_sequences=True,
        recompute_every=1,
        learn_initial_state=True,
        dtype=policy,
    )
    layer.build((None, None, FEATURES))
    resets = ops.ones((1, 600), "bool")  # so that every step begins with what is learned, zero

    def value(x):
        return ops.sum(ops.cast(layer(x, resets=resets, training=True), "float32")), []

    x = np.ones((1, 600, FEATURES), "float32")
    weights = layer.trainable_variables
    _, _, (_, *found) = value_and_gradients(in_graph(value), [x], weights)
    gradients = {weight.name: gradient for weight, gradient in zip(weights, found, strict=True)}
    for name in ("kernel", "bias", "initial_state_0"):
        np.testing.assert_allclose(gradients[name], 600, rtol=0.01, err_msg=name)


class WithFloats:
    """A layer whose outputs NumPy can hold."""

    def __init__(self, layer):
        self.layer = layer
        self.trainable_variables = layer.trainable_variables

    def __call__(self, *args, **kwargs):
        outputs = self.layer(*args, **kwargs)
        (dtype,) = {keras.backend.standardize_dtype(output.dtype) for output in outputs}
        assert dtype == self.layer.compute_dtype != self.layer.variable_dtype
        return [ops.cast(output, "float32") for output in outputs]


class MinimalGatedCell(cells.RecurrentCell):
    """Zhou et al. 2016 with one matrix product: two blocks, f and the candidate."""

    blocks = ("f", "h")
    gate_names = ("f",)
    preactivation = "separate"

    def gates(self, z, states):
        (x_f, x_h), (u_f, u_h) = map(self.split, z)
        f = ops.sigmoid(x_f + u_f)
        return {"f": f, "h": ops.tanh(x_h + f * u_h)}

    def update(self, gates, states):
        return [(1 - gates["f"]) * states[0] + gates["f"] * gates["h"]]


class LeakyCell(cells.SimpleRNNCell):
    """Sees the sum of both products alone."""

    def update(self, gates, states):
        return [0.75 * states[0] + 0.25 * gates["h"]]


class DoubledCell(cells.SimpleRNNCell):
    """Of a cell that takes the sum, but does not any more."""

    preactivation = "separate"

    def gates(self, z, states):
        projected, recurrent = z
        return super().gates(2 * projected + recurrent, states)


class OwnGatesCell(cells.LSTMCell):
    """Its gates see the state too."""

    def gates(self, z, states):
        gates = super().gates(z, states)
        return gates | {"o": gates["o"] * ops.tanh(states[1])}


class WithoutRecurrentKernel(cells.RecurrentCell):
    """A gate and a candidate of the input alone."""

    blocks = ("z", "h")
    gate_names = ("z",)
    has_recurrent_kernel = False

    def gates(self, z, states):
        z, h = self.split(z)
        return {"z": ops.sigmoid(z), "h": h}

    def update(self, gates, states):
        return [(1 - gates["z"]) * states[0] + gates["z"] * gates["h"]]


class SeparateWithoutRecurrentKernel(WithoutRecurrentKernel):
    """The same, told so."""

    preactivation = "separate"

    def gates(self, z, states):
        projected, recurrent = z
        assert recurrent is None
        return super().gates(projected, states)


class PeepholeCell(cells.LSTMCell):
    """Gers and Schmidhuber 2000: gates see the cell state, the output gate the new one."""

    def build(self, input_shape):
        super().build(input_shape)
        self.peepholes = self.add_weight(shape=(3, self.units), name="peepholes")

    @property
    def step_weights(self):
        return [self.peepholes]

    def gates(self, z, states):
        z_i, z_f, z_g, z_o = self.split(z)
        p_i, p_f, p_o = ops.unstack(ops.convert_to_tensor(self.peepholes))
        c = states[1]
        i, f, g = ops.sigmoid(z_i + p_i * c), ops.sigmoid(z_f + p_f * c), ops.tanh(z_g)
        return {"i": i, "f": f, "g": g, "o": ops.sigmoid(z_o + p_o * (f * c + i * g))}


class NormalizedCell(cells.LSTMCell):
    """Ba et al. 2016: layer normalization of both products and of the cell state."""

    preactivation = "separate"

    def build(self, input_shape):
        super().build(input_shape)
        self.gains = [
            self.add_weight(shape=(width * self.units,), initializer="ones", name=f"gain_{i}")
            for i, width in enumerate((4, 4, 1))
        ]

    @property
    def step_weights(self):
        return self.gains

    def normalized(self, x, which):
        mean, variance = ops.moments(x, axes=[-1], keepdims=True)
        return (x - mean) / ops.sqrt(variance + 1e-3) * self.gains[which]

    def gates(self, z, states):
        projected, recurrent = z
        return super().gates(self.normalized(projected, 0) + self.normalized(recurrent, 1), states)

    def update(self, gates, states):
        c = gates["f"] * states[1] + gates["i"] * gates["g"]
        return [gates["o"] * ops.tanh(self.normalized(c, 2)), c]


class OwnInputCell(cells.LSTMCell):
    """Its input product knows its place in time, and in the batch."""

    projects_each_step = False

    def project(self, inputs, training=False):
        return ops.cumsum(super().project(inputs, training), axis=1)


@pytest.mark.parametrize(
    "cell_class",
    [
        MinimalGatedCell,
        LeakyCell,
        DoubledCell,
        OwnGatesCell,
        WithoutRecurrentKernel,
        SeparateWithoutRecurrentKernel,
    ],
)
def test_a_cell_of_the_user_is_scanned_too(cell_class):
    x, mask, states = example(len(cell_class.state_names))
    for recompute_every in (None, 3):  # not op by op: there diagnostics have to see every step
        on_jax = keras.backend.backend() == "jax"
        assert choice.scans_fast(cell_class(UNITS), recompute_every) == on_jax
    found, expected = [
        run(
            built(scan, cell_class(UNITS, dtype="float64"), **SEQUENCES),
            x,
            states,
            mask=ops.convert_to_tensor(mask),
            training=True,
        )
        for scan in BOTH
    ]
    assert_same(found, expected)


@pytest.mark.parametrize("cell_class", [PeepholeCell, NormalizedCell])
@pytest.mark.parametrize(("units", "options"), [(8, {}), (64, {}), (8, {"recompute_every": 3})])
def test_weights_within_a_step_have_their_gradient(cell_class, units, options, monkeypatch):
    """With the sizes at which layers choose the generic loop, and the fast scan."""
    monkeypatch.undo()
    x, mask, _ = example()
    assert choice.SMALLEST == 32
    found, expected = [
        run(
            built(scan, cell_class(units, dtype="float64"), **SEQUENCES, **more),
            x,
            [],
            mask=ops.convert_to_tensor(mask),
            training=True,
        )
        for scan, more in zip(BOTH, ({}, options), strict=True)
    ]
    assert_same(found, expected)
    assert all(np.abs(gradient).max() > 0 for gradient in found[1])


def test_gradients_of_weights_within_a_step_are_not_summed_in_half_precision():
    class GainCell(cells.SimpleRNNCell):
        def build(self, input_shape):
            super().build(input_shape)
            self.gain = self.add_weight(shape=(), initializer="zeros", name="gain")

        @property
        def step_weights(self):
            return [self.gain]

        def update(self, gates, states):
            return [gates["h"] + self.gain]

    layer = layers.RNN(
        GainCell(UNITS, kernel_initializer="zeros", recurrent_initializer="zeros"),
        return_sequences=True,
        dtype="mixed_bfloat16",
    )
    layer.cell.dtype_policy = layer.dtype_policy
    layer.build((None, None, FEATURES))

    def value(x):
        return ops.sum(ops.cast(layer(x, training=True)[..., 0], "float32")), []

    x = np.ones((1, 600, FEATURES), "float32")
    _, _, (_, gradient) = value_and_gradients(in_graph(value), [x], [layer.cell.gain])
    np.testing.assert_allclose(gradient, 600)  # in bfloat16 a sum of ones ends at 256


def test_a_weight_that_is_read_and_not_declared_is_named():
    class Careless(PeepholeCell):
        @property
        def step_weights(self):
            return []

    layer = built(layers.RNN, Careless(UNITS, dtype="float64"))
    with pytest.raises(ValueError, match=r"Careless: .*peepholes', which `step_weights` does not"):
        run(layer, example()[0], [])


def test_a_cell_without_a_recurrent_kernel_has_no_dropout_of_the_state():
    assert len(built(layers.RNN, WithoutRecurrentKernel(UNITS, dtype="float64")).weights) == 2
    with pytest.raises(ValueError, match=r"Kernel: `recurrent_dropout` must be 0"):
        WithoutRecurrentKernel(UNITS, recurrent_dropout=0.1)


@pytest.mark.parametrize(
    ("method", "declaration"),
    [
        ("call", "is_divided"),
        ("step", "is_scannable"),
        ("recur", "is_scannable"),
        ("preactivate", "is_scannable"),
        ("project", "projects_each_step"),
    ],
)
def test_what_replaces_a_part_of_a_step_says_so(method, declaration):
    replaced, declared = {method: lambda self: None}, {declaration: False}
    mixin = type("Mixin", (), replaced)
    for name, parents, body in (("Own", (), replaced), ("Mixin", (mixin,), {})):
        with pytest.raises(
            TypeError, match=rf"{name} replaces `{method}`: declare `{declaration}`"
        ):
            type("Own", (*parents, cells.GRUCell), body)
        type("Own", (*parents, cells.GRUCell), body | declared)
    type("Own", (type("Declared", (mixin,), declared), cells.GRUCell), {})
    with pytest.raises(TypeError, match=r'`preactivation` must be "sum" or "separate"'):
        type("Own", (cells.LSTMCell,), {"preactivation": "both"})


def test_an_input_product_of_the_users_own_is_given_the_whole_batch():
    x, mask, _ = example()
    own = built(layers.RNN, OwnInputCell(UNITS, dtype="float64"), **SEQUENCES)
    projected = ops.convert_to_numpy(own.cell.project(x))
    mask = ops.convert_to_tensor(mask)
    found = in_graph(lambda x: own(x, mask=mask))(x)
    loop = keras.layers.RNN(cells.LSTMCell(UNITS, dtype="float64"), dtype="float64", **SEQUENCES)
    loop.build((None, None, 4 * UNITS))
    loop.set_weights([np.eye(4 * UNITS), own.get_weights()[1], np.zeros(4 * UNITS)])
    for a, b in zip(found, loop(projected, mask=mask), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("rows", fast_first([BATCH, 1], {BATCH}))
@pytest.mark.parametrize(
    "options",
    [{"return_sequences": True}, {}, {"recompute_every": 3}],
    ids=["all states", "the last", "recomputing"],
)
def test_shapes_not_known_in_time_and_gradients_that_are_slices(masked, rows, options):
    import tensorflow as tf

    x, mask = (part[:rows] for part in example()[:2])
    cell = cells.LSTMCell(UNITS, dtype="float64")
    layer = built(layers.RNN, cell, **options)

    def value(x, mask):
        with tf.GradientTape() as tape:
            tape.watch(x)
            hidden = layer(x, mask=mask if masked else None)
            loss = tf.reduce_sum(tf.gather(hidden, [0, rows - 1, 0]) ** 2)  # its gradient is slices
        return tape.gradient(loss, x)

    unknown = [tf.TensorSpec([None, None, None], "float64"), tf.TensorSpec([None, None], "bool")]
    expected = value(tf.constant(x), tf.constant(mask))
    for signature in (unknown, None):
        found = tf.function(value, input_signature=signature)(tf.constant(x), tf.constant(mask))
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.tensorflow_only
def test_without_a_gradient_nothing_of_a_step_is_kept():
    import tensorflow as tf

    layer = built(layers.RNN, cells.LSTMCell(UNITS, dtype="float64"))
    x = example()[0]

    def kept(training):
        graph = tf.function(lambda x: layer(x, training=training)).get_concrete_function(x).graph
        compiled = [o for o in graph.get_operations() if "_XlaMustCompile" in o.node_def.attr]
        assert len(compiled) == 2  # groups
        return {tuple(out.shape[2:]) for o in compiled for out in o.outputs if out.shape.rank == 3}

    assert kept(training=False) == set()
    assert kept(training=True) == {(UNITS,), (4 * UNITS,)}  # h and c, and the sum


def test_the_constructor_of_a_parent_does_not_undo_a_declaration():
    class Doubling(cells.GRUCell):
        is_scannable = False

        def step(self, projected, states, training=False):
            return super().step(2 * projected, states, training)

    assert not choice.is_scannable(Doubling(UNITS))


@pytest.mark.parametrize("name", ["call", "step", "preactivate"])
def test_a_method_of_the_instance_is_run(name):
    x = ops.convert_to_tensor(example()[0])
    plain, changed = [
        built(layers.RNN, cells.SimpleRNNCell(UNITS, dtype="float64", use_bias=False))
        for _ in range(2)
    ]
    method = getattr(changed.cell, name)
    vars(changed.cell)[name] = lambda first, *args, **options: method(2 * first, *args, **options)
    np.testing.assert_allclose(in_graph(changed)(x), in_graph(plain)(2 * x), rtol=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        cells.GRUCell(UNITS, reset_after=False),
        keras.layers.LSTMCell(UNITS),
        type("Own", (cells.LSTMCell,), {"step": lambda self: None, "is_scannable": False})(4),
        type("Own", (cells.LSTMCell,), {"call": lambda self: None, "is_divided": False})(4),
    ],
    ids=["reset before", "of Keras", "own step", "own call"],
)
def test_cells_that_are_not_scannable_are_not_scanned(cell):
    assert not choice.scans_fast(cell)


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        (cells.GRUCell(UNITS, reset_after=False), {"recompute_every": 3}),
        (keras.layers.LSTMCell(UNITS), {"recompute_every": 3}),
        (cells.LSTMCell(UNITS), {"recompute_every": 3, "unroll": True}),
        (cells.LSTMCell(UNITS, dropout=0.1), {"recompute_every": 3}),
        (OwnInputCell(UNITS), {"recompute_every": 3}),
        (cells.LSTMCell(UNITS), {"recompute_every": 0}),
    ],
    ids=["two products", "of Keras", "unrolled", "dropout of the input", "own input", "no steps"],
)
def test_where_nothing_can_be_recomputed_it_says_so(cell, options):
    with pytest.raises(ValueError, match=r"RNN: `recompute_every` (needs a loop|must be)"):
        layers.RNN(cell, **options)


@pytest.mark.slow
@pytest.mark.tensorflow_only
@pytest.mark.parametrize("cell", ["lstm", "gru", "layer_norm_lstm", "slstm"])
def test_epochs_trace_once_and_compile_once_a_shape(tmp_path, cell):
    """Whatever the lengths of the rows are: XLA must not take them for constants."""
    program = Path(__file__).with_name("long_epochs.py")
    environment = {**os.environ, "XLA_FLAGS": f"--xla_dump_to={tmp_path}"}
    result = subprocess.run(
        [sys.executable, program, cell],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert int(result.stdout) == 0
    for loop in ("forward", "backward"):
        assert len(list(tmp_path.glob(f"*_{loop}_*.before_optimizations.txt"))) == 2


@pytest.mark.slow
@pytest.mark.tensorflow_only
def test_twenty_thousand_steps_train_within_a_gibibyte():
    """In a process of its own, above what it holds after the imports."""
    program = Path(__file__).with_name("long_series.py")
    result = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 2**30


@pytest.mark.parametrize("cell_class", [cells.SimpleRNNCell, cells.MinGRUCell])
def test_a_second_derivative_is_refused_in_words(cell_class):
    def twice(layer):
        if keras.backend.backend() == "jax":
            import jax

            once = jax.grad(lambda x: ops.sum(layer(x)))
            return jax.grad(lambda x: ops.sum(once(x)))(x)
        import tensorflow as tf

        @tf.function(autograph=False)
        def gradient(x):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = tf.reduce_sum(layer(x))
                first = inner.gradient(y, x)
            return outer.gradient(first, x)

        return gradient(x)

    x = ops.convert_to_tensor(example()[0], "float32")
    with pytest.raises(NotImplementedError, match="unroll=True"):
        twice(built(layers.RNN, cell_class(UNITS)))
    assert twice(built(layers.RNN, cell_class(UNITS), unroll=True)).shape == x.shape


@pytest.mark.tensorflow_only
def test_batch_and_time_may_vary_without_a_new_trace():
    import tensorflow as tf

    inputs = keras.Input((None, FEATURES))
    model = keras.Model(inputs, built(layers.RNN, cells.LSTMCell(UNITS))(inputs))
    traces = []

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, None, FEATURES])])
    def predict(x):
        traces.append(1)
        return model(x)

    rng = np.random.default_rng(0)
    for shape in ((2, 3), (4, 3), (4, 6), (2, 3)):
        x = rng.normal(size=(*shape, FEATURES)).astype("float32")
        np.testing.assert_allclose(predict(x), model(x), atol=1e-6)
    assert len(traces) == 1


@pytest.mark.tensorflow_only
def test_what_is_portable_holds_no_operation_of_xla(tmp_path):
    import tensorflow as tf

    layer = built(layers.RNN, cells.GRUCell(UNITS))
    model = keras.Sequential([keras.Input((None, FEATURES)), layer])

    def compiled(path):
        return b"_XlaMustCompile" in (path / "saved_model.pb").read_bytes()

    model.export(tmp_path / "as it is", verbose=False)
    assert compiled(tmp_path / "as it is")  # so that the rest can fail
    with layers.portable():
        model.export(tmp_path / "portable", verbose=False)
    signature = [tf.TensorSpec([None, None, FEATURES])]
    export_saved_model(Serving({"serve": (model, signature)}, model, []), tmp_path / "of a task")
    x = example()[0].astype("float32")
    for name in ("portable", "of a task"):
        assert not compiled(tmp_path / name)
        served = tf.saved_model.load(tmp_path / name)
        np.testing.assert_allclose(served.serve(x), model.predict(x, verbose=0), atol=1e-6)
