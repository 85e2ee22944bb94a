"""Prints how many bytes training over 20,000 steps takes, for test_scan.py."""

import resource

import keras
import numpy as np
import tensorflow  # noqa: F401 - what it takes by itself is not to be counted

from rnn_zoo import cells, layers


def peak():
    """The most bytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    before = peak()
    tokens = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(1000, 128)(tokens)
    scan = layers.RNN(cells.LSTMCell(128), recompute_every=140)
    model = keras.Model(tokens, keras.layers.Dense(1)(scan(embedded)))
    model.compile("adam", "mse")
    words = np.random.default_rng(0).integers(0, 1000, size=(16, 20_000))
    for _ in range(3):
        model.train_on_batch(words, np.zeros((16, 1)))
    print(peak() - before)


if __name__ == "__main__":
    main()
