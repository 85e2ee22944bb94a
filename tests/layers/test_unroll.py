"""Unrolled loops under padding: those of Keras 3.15 are wrong, its loops that are not are right."""

import keras
import numpy as np
import pytest
from autodiff import mixed, op_by_op, value_and_gradients
from keras import ops
from recurrent import SEQUENCES, randomize

from rnn_zoo import cells, layers

FEATURES, UNITS = 3, 4
MASK = np.array(
    [[0, 0, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 1, 0, 1], [0, 1, 0, 1, 0], [0] * 5, [1] * 5], bool
)  # padded left, right, holes, at either end, nothing, everything


class TwiceCell(keras.layers.Layer):
    """A user's cell, whose output is not its state."""

    state_size = output_size = UNITS

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], UNITS), name="kernel")

    def call(self, inputs, states):
        h = ops.tanh(inputs @ self.kernel + 0.5 * states[0])
        return 2 * h, [h]


def run(make, x, **options):
    """Outputs and gradients, in a graph: outside of one TensorFlow never has a loop."""
    layer = make(**options)
    layer.build(x.shape)
    randomize(layer, np.random.default_rng(1))
    mask = ops.convert_to_tensor(MASK)

    def value(x):
        outputs = keras.tree.flatten(layer(x, mask=mask))
        return mixed(outputs), outputs

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        value = tf.function(value, autograph=False)
    with op_by_op():
        _, outputs, gradients = value_and_gradients(value, [x], layer.trainable_variables)
    return [*outputs, *gradients]


def assert_unrolled_is_rolled(make):
    x = np.random.default_rng(0).normal(size=(*MASK.shape, FEATURES))
    found = run(lambda: make(layers.RNN, unroll=True), x)
    for which, expected in (
        ("ours", run(lambda: make(layers.RNN), x)),
        ("of Keras", run(lambda: make(keras.layers.RNN), x)),
    ):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12, err_msg=which)


@pytest.mark.parametrize("zeros", [False, True], ids=["output before", "zero output"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("cell", [cells.LSTMCell, TwiceCell])
def test_an_unrolled_loop_masks_as_one_that_is_not(cell, backwards, zeros):
    def make(scan, **options):
        own = cell(dtype="float64") if cell is TwiceCell else cell(UNITS, dtype="float64")
        options |= {"go_backwards": backwards, "zero_output_for_mask": zeros}
        return scan(own, dtype="float64", **SEQUENCES, **options)

    assert_unrolled_is_rolled(make)


@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional(sequences):
    def make(scan, **options):
        one = scan(
            cells.GRUCell(UNITS, dtype="float64"),
            return_sequences=sequences,
            dtype="float64",
            **options,
        )
        return keras.layers.Bidirectional(one, dtype="float64")

    assert_unrolled_is_rolled(make)


def test_the_last_output_is_that_of_the_last_real_step():
    def make(scan, **options):
        return scan(cells.LSTMCell(UNITS, dtype="float64"), dtype="float64", **options)

    assert_unrolled_is_rolled(make)


@pytest.mark.tensorflow_only  # JAX knows all shapes
def test_an_unknown_number_of_steps_cannot_be_unrolled():
    import tensorflow as tf

    layer = layers.RNN(cells.LSTMCell(UNITS), unroll=True)
    with pytest.raises(ValueError, match=r"`unroll` needs a number of steps that is known"):
        tf.function(layer).get_concrete_function(tf.TensorSpec([2, None, FEATURES]))
