"""Our cells against Keras' own, on random weights in float64: outputs, states and gradients."""

import dataclasses
import functools
import inspect

import keras
import numpy as np
import pytest
from autodiff import mixed, op_by_op, value_and_gradients
from keras import ops
from recurrent import SEQUENCES, randomize

from rnn_zoo import cells, layers

PAIRS = {
    "simple_rnn": (cells.SimpleRNNCell, keras.layers.SimpleRNNCell),
    "lstm": (cells.LSTMCell, keras.layers.LSTMCell),
    "gru": (cells.GRUCell, keras.layers.GRUCell),
}
BATCH, TIME, FEATURES, UNITS = 4, 5, 3, 6
MASKS = {
    "right": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 0]],
    "left": [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 1, 1, 1, 1]],
    "holes": [[1, 0, 1, 0, 1], [0, 1, 1, 0, 1], [1, 1, 0, 1, 0], [0, 1, 0, 1, 1]],
    "empty row": [[1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]],
}


@dataclasses.dataclass
class Case:
    """One way to run a cell."""

    cell: dict = dataclasses.field(default_factory=dict)
    rnn: dict = dataclasses.field(default_factory=lambda: SEQUENCES)
    mask: str | None = None
    initial_state: bool = False
    wrapper: str | None = None
    calls: int = 1
    names: tuple[str, ...] = tuple(PAIRS)


GATED = ("lstm", "gru")
BOTH_DROPOUTS = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 7}
CASES = {
    "last output": Case(rnn={}),
    "return_sequences": Case(rnn={"return_sequences": True}),
    "return_state": Case(rnn={"return_state": True}),
    "initial_state": Case(initial_state=True),
    "go_backwards": Case(rnn=SEQUENCES | {"go_backwards": True}, initial_state=True),
    "unroll": Case(rnn=SEQUENCES | {"unroll": True}, initial_state=True),
    "unroll, masked": Case(rnn=SEQUENCES | {"unroll": True}, mask="holes", initial_state=True),
    "stateful": Case(rnn=SEQUENCES | {"stateful": True}, calls=2),
    "stateful, masked": Case(rnn=SEQUENCES | {"stateful": True}, calls=2, mask="holes"),
    "stacked": Case(wrapper="stacked", initial_state=True),
    "stacked, masked": Case(wrapper="stacked", mask="left"),
    "stacked, dropout": Case(wrapper="stacked", cell=BOTH_DROPOUTS, mask="holes"),
    "bidirectional": Case(wrapper="bidirectional", initial_state=True),
    "bidirectional, masked": Case(wrapper="bidirectional", mask="right"),
    "bidirectional, last, masked": Case(wrapper="bidirectional", mask="left", rnn={}),
    "bidirectional, dropout": Case(wrapper="bidirectional", cell=BOTH_DROPOUTS, mask="holes"),
    "no bias": Case(cell={"use_bias": False}, initial_state=True),
    "relu": Case(cell={"activation": "relu"}, initial_state=True),
    "linear": Case(cell={"activation": None}, initial_state=True),
    "across units": Case(cell={"activation": "softmax"}, initial_state=True),
    "hard gates": Case(cell={"recurrent_activation": "hard_sigmoid"}, names=GATED),
    "gates across units": Case(cell={"recurrent_activation": "softmax"}, names=GATED),
    "unit_forget_bias": Case(cell={"unit_forget_bias": False}, names=("lstm",)),
    "reset before": Case(cell={"reset_after": False}, initial_state=True, names=("gru",)),
    "reset before, no bias": Case(
        cell={"reset_after": False, "use_bias": False}, initial_state=True, names=("gru",)
    ),
    "reset before, dropout": Case(
        cell={"reset_after": False} | BOTH_DROPOUTS, initial_state=True, names=("gru",)
    ),
    "no bias, dropout": Case(cell={"use_bias": False} | BOTH_DROPOUTS, initial_state=True),
    "dropout": Case(cell={"dropout": 0.4, "seed": 3}, initial_state=True),
    "recurrent dropout": Case(cell={"recurrent_dropout": 0.4, "seed": 3}, initial_state=True),
    "both dropouts": Case(cell=BOTH_DROPOUTS, initial_state=True),
    "dropout, two batches": Case(cell=BOTH_DROPOUTS, calls=2),
    "dropout, masked": Case(cell=BOTH_DROPOUTS, mask="holes", initial_state=True),
    "dropout, unroll": Case(cell=BOTH_DROPOUTS, rnn=SEQUENCES | {"unroll": True}),
    "dropout, go_backwards": Case(cell=BOTH_DROPOUTS, rnn=SEQUENCES | {"go_backwards": True}),
} | {
    f"{mask} mask, {name}": Case(rnn=rnn, mask=mask, initial_state=mask != "empty row")
    for mask in MASKS
    for name, rnn in {
        "last": {},
        "sequences": SEQUENCES,
        "zeros": SEQUENCES | {"zero_output_for_mask": True},
        "backwards": SEQUENCES | {"go_backwards": True},
    }.items()
}


def build(cell_class, scan, case):
    """The layer of a case, in float64."""
    options = {"dtype": "float64", **case.cell}
    if case.wrapper == "stacked":
        two = [cell_class(UNITS, **options), cell_class(UNITS - 1, **options)]
        cell = keras.layers.StackedRNNCells(two, dtype="float64")
    else:
        cell = cell_class(UNITS, **options)
    layer = scan(cell, dtype="float64", **case.rnn)
    if case.wrapper == "bidirectional":
        layer = keras.layers.Bidirectional(layer, dtype="float64")
    layer.build((BATCH, TIME, FEATURES))
    return layer


def initial_states(layer, case, rng):
    """Random arrays in the shapes of the layer's states."""
    if not case.initial_state:
        return []
    inner = [layer.forward_layer] * 2 if case.wrapper == "bidirectional" else [layer]
    sizes = keras.tree.flatten([each.state_size for each in inner])
    return [rng.normal(size=(BATCH, size)) for size in sizes]


def forward(layer, case, tensors):
    """All tensors that the layer returns over the case's batches, flat."""
    if case.rnn.get("stateful"):
        layer.reset_state()
    mask = None if case.mask is None else ops.array(MASKS[case.mask], dtype="bool")
    batches, states = tensors[: case.calls], list(tensors[case.calls :])
    if case.wrapper == "stacked" and states:
        sizes = [cell.state_size for cell in layer.cell.cells]
        states = keras.tree.pack_sequence_as(sizes, states)
        states = [list(each) if isinstance(each, list) else [each] for each in states]
    outputs = [layer(x, initial_state=states or None, mask=mask, training=True) for x in batches]
    return keras.tree.flatten(outputs)


def run(layer, case, arrays):
    """Outputs and gradients of a layer in a case."""

    def forward_and_mix(*tensors):
        outputs = forward(layer, case, tensors)
        return mixed(outputs), outputs

    _, outputs, gradients = value_and_gradients(forward_and_mix, arrays, layer.trainable_variables)
    return outputs, gradients


@functools.cache
def run_keras(name, title, rolled):
    """Random weights, random arrays, and what Keras' own cell makes of them.

    Args:
        name: the cell.
        title: the case.
        rolled: whether Keras runs its rolled loop, whatever the case says: its unrolled one gives
            other outputs at padding.
    """
    case = CASES[title]
    if rolled:
        case = dataclasses.replace(case, rnn=case.rnn | {"unroll": False})
    rng = np.random.default_rng(5)
    reference = build(PAIRS[name][1], keras.layers.RNN, case)
    randomize(reference, rng)
    arrays = [rng.normal(size=(BATCH, TIME, FEATURES)) for _ in range(case.calls)]
    arrays += initial_states(reference, case, rng)
    return reference.get_weights(), arrays, *run(reference, case, arrays)


def on_jax(mark, condition=True):
    """The mark, where JAX runs the tests."""
    return [mark] if condition and keras.backend.backend() == "jax" else []


# JAX takes ten times as long. What it adds to TensorFlow is another loop and other gradients, not
# another cell; the vanilla cell goes the LSTM's way through that loop.
@pytest.mark.parametrize(
    "scan",
    [
        pytest.param(keras.layers.RNN, id="keras.RNN", marks=on_jax(pytest.mark.slow)),
        pytest.param(layers.RNN, id="rnn_zoo.RNN"),
    ],
)
@pytest.mark.parametrize(
    ("name", "title"),
    [
        pytest.param(
            name,
            title,
            id=f"{name}-{title}",
            marks=on_jax(
                pytest.mark.slow,
                title.startswith(("right mask", "left mask"))
                or (name == "simple_rnn" and not title.endswith("sequences")),
            ),
        )
        for title, case in CASES.items()
        for name in case.names
    ],
)
def test_outputs_states_and_gradients(name, title, scan):
    case = CASES[title]
    rolled = scan is layers.RNN and title == "unroll, masked"
    weights, arrays, expected_outputs, expected_gradients = run_keras(name, title, rolled)
    layer = build(PAIRS[name][0], scan, case)
    layer.set_weights(weights)
    outputs, gradients = run(layer, case, arrays)
    for found, expected in zip(outputs, expected_outputs, strict=True):
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    for found, expected in zip(gradients, expected_gradients, strict=True):
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert any(gradient.any() for gradient in gradients)


def options_of(name, **options):
    """Constructor arguments for every role, from a pattern such as `{role}_initializer`."""
    return {
        f"{role}_{kind}": make(index)
        for kind, make in options.items()
        for index, role in enumerate(("kernel", "recurrent", "bias"))
    }


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("biases", [{}, {"unit_forget_bias": False}, {"reset_after": False}])
def test_initial_weights(name, biases):
    if not biases.keys() <= inspect.signature(PAIRS[name][1]).parameters.keys():
        pytest.skip("not an argument of this cell")
    ours, theirs = (
        cell_class(
            UNITS,
            **options_of(name, initializer=lambda i: keras.initializers.RandomNormal(seed=i)),
            **biases,
        )
        for cell_class in PAIRS[name]
    )
    ours.build((None, FEATURES))
    theirs.build((None, FEATURES))
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for found, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", PAIRS)
def test_default_weights(name):
    cells_ = [cell_class(UNITS) for cell_class in PAIRS[name]]
    for cell in cells_:
        cell.build((None, FEATURES))
    ours, theirs = (cell.get_weights() for cell in cells_)
    np.testing.assert_array_equal(ours[2], theirs[2])  # forget bias one, the others zero
    blocks = np.split(ours[1], ours[1].shape[1] // UNITS, axis=1)
    recurrent = np.concatenate(blocks, axis=1)
    np.testing.assert_allclose(
        recurrent @ recurrent.T, np.eye(UNITS), atol=1e-5
    )  # orthogonal rows, over all gates
    assert [w.shape for w in ours] == [w.shape for w in theirs]


@pytest.mark.parametrize("name", PAIRS)
def test_regularizers(name):
    regularizers = options_of(name, regularizer=lambda i: keras.regularizers.L2(0.1 + i))
    layers_ = [
        scan(cell_class(UNITS, dtype="float64", **regularizers), dtype="float64")
        for cell_class, scan in zip(PAIRS[name], (layers.RNN, keras.layers.RNN), strict=True)
    ]
    for layer in layers_:
        layer.build((BATCH, TIME, FEATURES))
    randomize(layers_[1], np.random.default_rng(0))
    layers_[0].set_weights(layers_[1].get_weights())
    found, expected = ([float(loss) for loss in layer.losses] for layer in layers_)
    assert len(found) == 3
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_constraints_in_a_training_step(name):
    constraints = options_of(name, constraint=lambda i: keras.constraints.MaxNorm(0.3 + 0.1 * i))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(BATCH, TIME, FEATURES)), rng.normal(size=(BATCH, UNITS))
    models = []
    for cell_class, scan in zip(PAIRS[name], (layers.RNN, keras.layers.RNN), strict=True):
        layer = scan(cell_class(UNITS, dtype="float64", **constraints), dtype="float64")
        model = keras.Sequential([keras.Input((TIME, FEATURES), dtype="float64"), layer])
        randomize(model, np.random.default_rng(1))
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        model.train_on_batch(x, y)
        models.append(model)
    for index, (found, expected) in enumerate(
        zip(*(model.get_weights() for model in models), strict=True)
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)  # SGD's rate is float32
        assert np.linalg.norm(found, axis=0).max() < 0.3 + 0.1 * index + 1e-6


@pytest.mark.parametrize("name", PAIRS)
def test_same_constructor(name):
    """Names and defaults; those that a cell does not name it hands to its base class."""
    (own, base), (theirs, _) = (
        [
            {key: p.default for key, p in inspect.signature(kind.__init__).parameters.items()}
            for kind in (cell_class, cells.RecurrentCell)
        ]
        for cell_class in PAIRS[name]
    )
    assert list(own)[:2] == list(theirs)[:2] == ["self", "units"]
    more = {"zoneout": 0.0} | ({"projection": None} if name == "lstm" else {})
    assert base | own == theirs | more


@pytest.mark.parametrize("name", PAIRS)
def test_configs_move_both_ways(name):
    ours, theirs = PAIRS[name]
    arguments = {
        "activation": "relu",
        "use_bias": False,
        **options_of(name, initializer=lambda i: keras.initializers.RandomUniform(seed=i)),
        **options_of(name, regularizer=lambda i: keras.regularizers.L1(0.1 * (i + 1))),
        **options_of(name, constraint=lambda i: keras.constraints.MaxNorm(i + 1)),
        "dropout": 0.1,
        "recurrent_dropout": 0.2,
        "seed": 4,
        "name": "cell",
        "dtype": "float64",
    }
    arguments |= {
        "lstm": {"recurrent_activation": "hard_sigmoid", "unit_forget_bias": False},
        "gru": {"recurrent_activation": "hard_sigmoid", "reset_after": False},
    }.get(name, {})
    config = theirs(UNITS, **arguments).get_config()
    assert ours(UNITS, **arguments).get_config() == config
    assert ours.from_config(config).get_config() == config
    assert theirs.from_config(ours(UNITS, **arguments).get_config()).get_config() == config
    defaults = ours(UNITS, name="cell").get_config(), theirs(UNITS, name="cell").get_config()
    for each in defaults:  # initializers without a seed draw one
        for role in ("kernel", "recurrent"):
            each[f"{role}_initializer"]["config"].pop("seed")
    assert defaults[0] == defaults[1]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(("policy", "close"), [("mixed_bfloat16", 4e-2), ("mixed_float16", 4e-3)])
@pytest.mark.parametrize("rates", [{}, BOTH_DROPOUTS], ids=["plain", "dropout"])
def test_mixed_precision(name, policy, close, rates):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    full = layers.RNN(PAIRS[name][0](UNITS, dtype="float32", **rates), dtype="float32", **SEQUENCES)
    half = layers.RNN(PAIRS[name][0](UNITS, dtype=policy, **rates), dtype=policy, **SEQUENCES)
    full.build(x.shape)
    half.build(x.shape)
    randomize(full, rng)
    half.set_weights(full.get_weights())
    assert {w.dtype for w in half.weights} == {"float32"}
    mask = ops.array(MASKS["holes"], dtype="bool")
    with op_by_op():
        pairs = zip(half(x, mask=mask), full(x, mask=mask), strict=True)
    for found, expected in pairs:
        assert keras.backend.standardize_dtype(found.dtype) == policy.removeprefix("mixed_")
        np.testing.assert_allclose(ops.cast(found, "float32"), expected, rtol=0, atol=close)

    def loss(x):
        outputs = forward(half, Case(), [x])
        return mixed([ops.cast(each, "float32") for each in outputs]), outputs

    _, _, gradients = value_and_gradients(loss, [x], half.trainable_variables)
    for gradient in gradients:
        assert gradient.dtype == np.float32
        assert np.isfinite(gradient).all()
        assert gradient.any()
