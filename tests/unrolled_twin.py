"""Recurrent layers written out step by step, with a place to push at every state."""

import numpy as np
import tensorflow as tf


def step(kind, x, states, weights, pushed):
    """One step of a cell by its equations; `weights` are kernel, recurrent kernel and bias."""
    kernel, recurrent, bias = weights
    h = states[0]
    if kind == "simple_rnn":
        return [tf.tanh(x @ kernel + h @ recurrent + bias) + pushed[0]]
    if kind == "lstm":
        i, f, g, o = tf.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
        c = tf.sigmoid(f) * states[1] + tf.sigmoid(i) * tf.tanh(g) + pushed[1]
        return [tf.sigmoid(o) * tf.tanh(c) + pushed[0], c + pushed[2]]
    x_z, x_r, x_h = tf.split(x @ kernel + bias[0], 3, axis=1)
    h_z, h_r, h_h = tf.split(h @ recurrent + bias[1], 3, axis=1)
    z = tf.sigmoid(x_z + h_z)
    return [z * h + (1 - z) * tf.tanh(x_h + tf.sigmoid(x_r + h_r) * h_h) + pushed[0]]


def pushes(kind, batch, time, units):
    """Zeros to be added at each step, `[step][place] (batch, units)`.

    Places are the hidden state; of an LSTM then the cell state, once so that the hidden state of
    the same step feels it, once after that.
    """
    count = 3 if kind == "lstm" else 1
    return [[tf.zeros((batch, units), tf.float64) for _ in range(count)] for _ in range(time)]


def run(kind, sequence, real, weights, pushed, backwards=False):
    """States after each step, `[step][state]`, in order of time, of inputs `[step] (batch, n)`."""
    time = len(sequence)
    states = [tf.zeros_like(push) for push in pushed[0][:2]]
    after = [None] * time
    for t in range(time - 1, -1, -1) if backwards else range(time):
        new = step(kind, sequence[t], states, weights, pushed[t])
        states = [
            tf.where(real[:, t : t + 1], state, old) for state, old in zip(new, states, strict=True)
        ]
        after[t] = states
    return after


def norms(gradients, real):
    """`(batch, time)` from `[step] (batch, units)`, NaN at padding."""
    stacked = np.stack([np.linalg.norm(gradient, axis=1) for gradient in gradients], axis=1)
    return np.where(real, stacked, np.nan)
