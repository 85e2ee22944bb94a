"""Slices in which every row stands once."""

import numpy as np
import pytest

from rnn_zoo.layers import Embedding
from rnn_zoo.optimizers.rows import summed_rows

pytestmark = pytest.mark.tensorflow_only

VALUES = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
PLACES = [4, 1, 4]


def test_slices_are_summed_by_row():
    import tensorflow as tf

    found = summed_rows(tf.IndexedSlices(VALUES, tf.constant(PLACES), (5, 2)))
    np.testing.assert_array_equal(found.indices, [4, 1])
    np.testing.assert_array_equal(found.values, [[101.0, 202.0], [10.0, 20.0]])


def test_an_embedding_of_ours_says_what_its_gradient_is_the_sum_of():
    """Once this fails, training with `LazyAdam` is still right, and no longer cheap."""
    import tensorflow as tf

    layer = Embedding(5, 2, dtype="float64")
    layer.build((None, None))

    @tf.function
    def gradient(tokens):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(tokens) * VALUES)
        whole = tape.gradient(loss, layer.embeddings.value)
        return whole, summed_rows(whole)

    whole, rows = gradient(tf.constant([PLACES]))
    np.testing.assert_array_equal(rows.indices, [4, 1])
    np.testing.assert_array_equal(tf.convert_to_tensor(rows), whole)
    assert isinstance(whole, tf.Tensor)


def test_other_gradients_have_no_rows():
    import tensorflow as tf

    assert summed_rows(tf.ones((5, 2))) is None

    @tf.function
    def summed(values, places):
        total = tf.math.unsorted_segment_sum(values, places, 5)
        by_number = tf.math.unsorted_segment_sum(values, [[0, 1], [2, 3], [0, 1]], 5)
        for no_table in (2 * total, tf.reshape(total, (2, 5)), by_number):
            assert summed_rows(no_table) is None
        return total

    summed(VALUES, PLACES)
