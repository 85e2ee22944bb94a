"""The scan: cells of other people, states carried on, degenerate sequences."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from autodiff import mixed, op_by_op, value_and_gradients
from keras import ops
from recurrent import EACH_CELL, EACH_SCAN, SEQUENCES, scanned

from rnn_zoo import cells, layers

BATCH, TIME, FEATURES, UNITS = 3, 6, 3, 4


class LeakyCell(keras.layers.Layer):
    """A user's cell: two states, no `project`, no `step`, and states of two sizes."""

    state_size = (UNITS, 1)
    output_size = UNITS

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], UNITS), name="kernel")
        self.leak = self.add_weight(shape=(UNITS,), name="leak")

    def call(self, inputs, states, training=False):
        h, count = states
        h = ops.tanh(inputs @ self.kernel + (0.5 if training else 1.0) * self.leak * h + count)
        return h * 2, [h, count + 0.1]


class DoublingCell(cells.SimpleRNNCell):
    """One of ours with a `call` of its own."""

    is_divided = False

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training)
        return 2 * output, states


class CountingCell(cells.SimpleRNNCell):
    """One of ours that notes what it is asked to project."""

    projects_each_step = True

    def build(self, input_shape):
        super().build(input_shape)
        self.ranks = []

    def project(self, inputs, training=False):
        self.ranks.append(len(inputs.shape))
        return super().project(inputs, training)


class FeatureCell(keras.layers.Layer):
    """A user's cell whose `project` and `step` have nothing to do with the scan."""

    state_size = UNITS
    step = 3

    def project(self, x):
        return x[:, :UNITS]

    def call(self, inputs, states):
        h = states[0] + self.step * ops.mean(inputs, axis=-1, keepdims=True)
        return h, [h]


@pytest.mark.parametrize(
    "make",
    [
        lambda: LeakyCell(dtype="float64"),
        lambda: DoublingCell(UNITS, dtype="float64"),
        lambda: FeatureCell(dtype="float64"),
    ],
    ids=["own cell", "own call", "own step"],
)
@pytest.mark.parametrize("training", [False, True])
def test_a_cell_of_the_user_means_what_it_means_to_keras(make, training):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    mask = rng.random((BATCH, TIME)) < 0.7
    reference = scanned(keras.layers.RNN, make(), rng, shape=x.shape, **SEQUENCES)
    layer = scanned(layers.RNN, make(), shape=x.shape, **SEQUENCES)
    layer.set_weights(reference.get_weights())
    with op_by_op():
        found = layer(x, mask=mask, training=training)
        expected = reference(x, mask=mask, training=training)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_the_input_product_is_taken_once_for_all_steps():
    cell = CountingCell(UNITS, dtype="float64")
    layer = scanned(layers.RNN, cell)
    cell.ranks.clear()
    with op_by_op():
        layer(np.ones((BATCH, TIME, FEATURES)))
    assert cell.ranks == [3]  # (batch, time, features)


@EACH_SCAN
@EACH_CELL
def test_one_step_is_the_cell_called_once(scan, cell_class):
    rng = np.random.default_rng(0)
    layer = scanned(scan, cell_class(UNITS, dtype="float64"), rng, **SEQUENCES)
    x = rng.normal(size=(BATCH, 1, FEATURES))
    states = [rng.normal(size=(BATCH, size)) for size in layer.state_size]
    with op_by_op():
        outputs, *last = layer(x, initial_state=states)
        output, new_states = layer.cell(x[:, 0], states)
    np.testing.assert_allclose(np.asarray(outputs)[:, 0], output, rtol=0, atol=1e-15)
    for found, expected in zip(last, new_states, strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=1e-15)


@EACH_SCAN
@EACH_CELL
def test_batch_and_time_may_vary_in_a_functional_model(scan, cell_class):
    rng = np.random.default_rng(0)
    layer = scanned(scan, cell_class(UNITS, dtype="float64"), rng, return_sequences=True)
    inputs = keras.Input((None, FEATURES), dtype="float64")
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, None, UNITS)
    longest = rng.normal(size=(5, 7, FEATURES))
    with op_by_op():
        expected = np.asarray(layer(longest))
    for batch, time in ((1, 1), (2, 7), (5, 3)):
        with op_by_op():
            found = np.asarray(model(longest[:batch, :time]))
        np.testing.assert_allclose(found, expected[:batch, :time], rtol=0, atol=1e-12)


@EACH_SCAN
@EACH_CELL
@pytest.mark.parametrize("stateful", [True, False], ids=["stateful", "by hand"])
def test_windows_with_carried_states_are_one_long_pass(scan, cell_class, stateful):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    cell = cell_class(UNITS, dtype="float64")
    whole = scanned(scan, cell, rng, **SEQUENCES)
    window = scanned(scan, cell, shape=x.shape, stateful=stateful, **SEQUENCES)
    with op_by_op():
        expected, *expected_states = whole(x)
        first, *states = window(x[:, :2])
        second, *states = window(x[:, 2:], initial_state=None if stateful else states)
    outputs = np.concatenate([np.asarray(first), np.asarray(second)], axis=1)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    for found, expected in zip(states, expected_states, strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=1e-12)


@EACH_SCAN
@EACH_CELL
def test_a_masked_row_keeps_its_state_and_has_no_gradient(scan, cell_class):
    rng = np.random.default_rng(0)
    layer = scanned(scan, cell_class(UNITS, dtype="float64"), rng, **SEQUENCES)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    # Padding may hold any number; the mLSTM multiplies three, a query, a key and a value.
    huge = 1e100 if cell_class is cells.MLSTMCell else 1e300
    x[0] = [[huge], [-huge], [huge], [0], [1], [-huge]]
    mask = np.ones((BATCH, TIME), bool)
    mask[0] = False
    states = [rng.normal(size=(BATCH, size)) for size in layer.state_size]
    weights = [rng.normal(size=state.shape) for state in states]

    def loss(*states):
        outputs, *last = layer(x, initial_state=list(states), mask=mask)
        total = sum(ops.sum(state * weight) for state, weight in zip(last, weights, strict=True))
        return total + ops.sum(outputs[1:]), [outputs, *last]

    _, (outputs, *last), gradients = value_and_gradients(loss, states)
    assert np.isfinite(outputs).all()
    for found, state, gradient, weight in zip(last, states, gradients, weights, strict=True):
        np.testing.assert_array_equal(found[0], state[0])
        np.testing.assert_array_equal(gradient[0], weight[0])
        assert np.isfinite(found).all()
        assert np.isfinite(gradient).all()


@EACH_SCAN
@EACH_CELL
def test_masked_rows_have_finite_gradients_for_inputs_and_weights(scan, cell_class):
    rng = np.random.default_rng(0)
    layer = scanned(scan, cell_class(UNITS, dtype="float64"), rng, **SEQUENCES)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    mask = np.zeros((BATCH, TIME), bool)

    def loss(x):
        outputs = layer(x, mask=mask)
        return sum(ops.sum(each) for each in outputs), outputs

    _, outputs, gradients = value_and_gradients(loss, [x], layer.trainable_variables)
    for array in (*outputs, *gradients):  # nothing was read
        np.testing.assert_array_equal(array, np.zeros_like(array))


@pytest.mark.parametrize("kind", ["ours", "of others", "Keras' own"])
def test_resets_divide_a_row_into_sequences_of_their_own(kind):
    make = {
        "ours": cells.LSTMCell,
        "of others": lambda units: LeakyCell(),
        "Keras' own": keras.layers.GRUCell,
    }
    layer = layers.RNN(make[kind](UNITS), return_sequences=True, return_state=True)
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    resets = np.zeros((BATCH, TIME), bool)
    resets[0, 2] = resets[0, 5] = resets[1, 0] = True
    outputs, *states = layer(x, resets=resets)
    outputs = ops.convert_to_numpy(outputs)
    for row, pieces in enumerate([(0, 2, 5, TIME), (0, TIME), (0, TIME)]):
        for start, end in itertools.pairwise(pieces):
            alone, *last = layer(x[row : row + 1, start:end])
            np.testing.assert_allclose(outputs[row, start:end], alone[0], atol=1e-6)
        for state, expected in zip(states, last, strict=True):
            np.testing.assert_allclose(state[row], expected[0], atol=1e-6)


def test_no_gradient_crosses_a_reset():
    layer = layers.RNN(cells.LSTMCell(UNITS))
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    resets = np.zeros((BATCH, TIME), bool)
    resets[:, 3] = True
    layer(x)
    _, _, (gradient,) = value_and_gradients(lambda x: (ops.sum(layer(x, resets=resets)), []), [x])
    assert (gradient[:, :3] == 0).all()
    assert (np.abs(gradient[:, 3:]).max(axis=(0, 2)) > 0).all()


def test_without_training_no_dropout_mask_is_drawn():
    """So that an exported model has no state."""
    cell = cells.LSTMCell(UNITS, dropout=0.5, recurrent_dropout=0.5, seed=1)
    layer = layers.RNN(cell)
    x = np.ones((BATCH, TIME, FEATURES), "float32")
    seeds = []
    for training in (False, True):
        layer(x, training=training)
        seeds.append(ops.convert_to_numpy(cell.seed_generator.state.value).tolist())
    assert seeds[0] == [1, 0] != seeds[1]


def padding(padded, rng):
    """A mask of rows of unequal length."""
    mask = np.ones((BATCH, TIME), bool)
    if padded == "left":
        mask[1, :2] = mask[2, :3] = False
    elif padded == "holes":
        mask = rng.random((BATCH, TIME)) < 0.7
    return mask


def unrolled(cell, x, mask, initial, k, backwards):
    """Truncated backpropagation by hand, row by row: the states become constants at every cut."""
    outputs, last = [], []
    for row in range(len(x)):
        states = [state[row : row + 1] for state in initial]
        order = range(TIME)[:: -1 if backwards else 1]
        seen, output, of_row = 0, ops.zeros((1, UNITS), x.dtype), []
        for t in order:
            if mask[row, t]:
                if seen and seen % k == 0:
                    states = [ops.stop_gradient(state) for state in states]
                output, states = cell(x[row : row + 1, t], states)
                seen += 1
            of_row.append(output)
        outputs.append(ops.stack(of_row, axis=1))
        last.append(states)
    return [ops.concatenate(outputs)] + [
        ops.concatenate(parts) for parts in zip(*last, strict=True)
    ]


@EACH_CELL
@pytest.mark.parametrize("padded", [None, "left", "holes"])
@pytest.mark.parametrize(("k", "backwards"), [(1, False), (2, True), (4, False)])
def test_truncated_gradients_are_those_of_a_network_unrolled_by_hand(
    cell_class, padded, k, backwards
):
    rng = np.random.default_rng(k)
    cell = cell_class(UNITS, dtype="float64")
    layer = scanned(layers.RNN, cell, rng, truncate_gradient=k, go_backwards=backwards, **SEQUENCES)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    initial = [rng.normal(size=(BATCH, size)) for size in layer.state_size]
    mask = padding(padded, rng)

    def by_layer(x, *initial):
        given = None if padded is None else mask
        return real(layer(x, initial_state=list(initial), mask=given))

    def by_hand(x, *initial):
        return real(unrolled(cell, x, mask, initial, k, backwards))

    def real(outputs):  # at padding Keras' two backends give different things
        sequence, *last = outputs  # in the order in which they were computed
        outputs = [sequence * mask[:, :: -1 if backwards else 1, None], *last]
        return mixed(outputs), outputs

    found = value_and_gradients(by_layer, [x, *initial], layer.trainable_variables)
    expected = value_and_gradients(by_hand, [x, *initial], layer.trainable_variables)
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", ["ours", "of others", "stacked"])
def test_the_gradient_across_a_cut_is_exactly_zero(kind):
    make = {
        "ours": lambda: cells.LSTMCell(UNITS),
        "of others": lambda: keras.layers.LSTMCell(UNITS),
        "stacked": lambda: [cells.GRUCell(UNITS), keras.layers.GRUCell(UNITS)],
    }
    layer = layers.RNN(make[kind](), truncate_gradient=4)
    whole = layers.RNN(layer.cell)
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    np.testing.assert_array_equal(layer(x), whole(x))  # the forward pass is whole
    _, _, (gradient,) = value_and_gradients(lambda x: (ops.sum(layer(x)), []), [x])
    assert (gradient[:, :4] == 0).all()
    assert (np.abs(gradient[:, 4:]).max(axis=(0, 2)) > 0).all()


@EACH_CELL
def test_from_the_whole_length_on_nothing_is_cut(cell_class):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    layer = scanned(layers.RNN, cell_class(UNITS, dtype="float64"), rng, **SEQUENCES)
    full = value_and_gradients(lambda x: (mixed(layer(x)), []), [x], layer.trainable_variables)
    layer.truncate_gradient = TIME
    cut = value_and_gradients(lambda x: (mixed(layer(x)), []), [x], layer.trainable_variables)
    for one, other in zip(keras.tree.flatten(cut), keras.tree.flatten(full), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


@pytest.mark.parametrize("k", [0, -1, 1.5, "2"])
def test_a_truncation_that_is_no_number_of_steps(k):
    with pytest.raises(ValueError, match=r"`truncate_gradient` must be a positive number of steps"):
        layers.RNN(cells.LSTMCell(UNITS), truncate_gradient=k)


@EACH_CELL
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_learned_initial_state_is_where_every_row_begins(cell_class, bidirectional):
    rng = np.random.default_rng(0)
    layer = layers.RNN(
        cell_class(UNITS, activation="tanh", dtype="float64"),  # whose gradient is never zero
        learn_initial_state=True,
        dtype="float64",
        **SEQUENCES,
    )
    if bidirectional:
        layer = keras.layers.Bidirectional(layer, dtype="float64")
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    layer.build(x.shape)
    plain = layer(x)
    learned = [weight for weight in layer.trainable_weights if "initial_state" in weight.name]
    count = len(cell_class.state_names)
    assert len(learned) == count * (2 if bidirectional else 1)
    with op_by_op():
        zeros = [np.zeros((BATCH, *weight.shape)) for weight in learned]
        for found, expected in zip(plain, layer(x, initial_state=zeros), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        for weight in learned:
            weight.assign(rng.normal(size=weight.shape))
        rows = [np.repeat(np.asarray(weight)[None], BATCH, axis=0) for weight in learned]
        for found, expected in zip(layer(x), layer(x, initial_state=rows), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    gradients = value_and_gradients(lambda x: (mixed(layer(x)), []), [x], learned)[2][1:]
    if cell_class is cells.MLSTMCell:  # its h is an output that no step reads
        learned, gradients = (
            [each for i, each in enumerate(both) if i % count] for both in (learned, gradients)
        )
    assert all(np.abs(gradient).min() > 0 for gradient in gradients)


def test_a_reset_goes_back_to_the_learned_initial_state():
    rng = np.random.default_rng(0)
    layer = scanned(
        layers.RNN, cells.LSTMCell(UNITS, dtype="float64"), rng, learn_initial_state=True
    )
    x = rng.normal(size=(BATCH, TIME, FEATURES))
    resets = np.zeros((BATCH, TIME), bool)
    resets[:, 2] = True
    np.testing.assert_allclose(layer(x, resets=resets), layer(x[:, 2:]), rtol=0, atol=1e-12)


def test_the_options_of_a_scan_are_in_its_config():
    layer = layers.RNN(cells.LSTMCell(UNITS), truncate_gradient=3, learn_initial_state=True)
    layer.build((None, None, FEATURES))
    again = layers.RNN.from_config(layer.get_config())
    assert (again.truncate_gradient, again.learn_initial_state) == (3, True)
    again.build((None, None, FEATURES))
    assert [w.path.split("/")[-1] for w in again.weights] == [
        w.path.split("/")[-1] for w in layer.weights
    ]


@pytest.mark.parametrize("rows", [2, 6], ids=["fewer", "more"])
def test_a_stateful_scan_says_how_many_rows_it_keeps(rows):
    scan = layers.RNN(cells.LSTMCell(UNITS), stateful=True)
    model = keras.Sequential([keras.Input((5, 3), batch_size=4), scan])
    assert model.predict(np.zeros((4, 5, 3)), verbose=0).shape == (4, UNITS)
    with pytest.raises(ValueError, match="states of 4 rows: every batch"):
        scan(np.zeros((rows, 5, 3)))
    if keras.backend.backend() == "tensorflow":  # whose graph does not know the number before
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"states of 4 rows: every batch"):
            model.predict(np.zeros((rows, 5, 3)), verbose=0)


def test_a_stateful_scan_cannot_learn_where_it_begins():
    with pytest.raises(ValueError, match=r"`stateful` layer begins with the states of the batch"):
        layers.RNN(cells.LSTMCell(UNITS), stateful=True, learn_initial_state=True)
