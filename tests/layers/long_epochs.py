"""For test_scan.py: epochs over batches of two shapes, whose rows have ever other lengths.

The argument names the cell. Prints how many traces all epochs but the first took; what XLA compiles
it writes to the folder that XLA_FLAGS names.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from rnn_zoo import cells, layers

traces = []


class Counting(keras.layers.Layer):
    def call(self, x):
        traces.append(1)
        return x


def batches():
    rng = np.random.default_rng(0)
    for time in (6, 9, 6, 9):
        lengths = rng.integers(1, time + 1, size=(4, 1))
        yield np.where(np.arange(time) < lengths, 1, 0).astype("int32"), np.zeros((4, 1))


def main():
    tokens = keras.Input((None,), dtype="int32")
    x = Counting()(keras.layers.Embedding(2, 3)(tokens))
    x = layers.RNN(cells.get(sys.argv[1])(32))(x, mask=ops.not_equal(tokens, 0))
    model = keras.Model(tokens, keras.layers.Dense(1)(x))
    model.compile("adam", "mse")
    signature = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, 1]))
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    model.fit(data, verbose=0)
    traces.clear()
    model.fit(data, epochs=2, verbose=0)
    print(len(traces))


if __name__ == "__main__":
    main()
