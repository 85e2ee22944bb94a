"""Predictions within the scope of a strategy of several devices."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow_only

PROGRAM = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np
import rnn_zoo

texts, labels = ["good"] * 6 + ["bad"] * 3, ["pos"] * 6 + ["neg"] * 3
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = rnn_zoo.get("sentiment_lstm", units=4, embedding_dim=4)
    model.adapt(texts, labels)
    inside = model.predict(texts, batch_size=4, verbose=0)
np.testing.assert_allclose(inside, model.predict(texts, verbose=0), atol=1e-6)
assert np.abs(inside[0] - inside[-1]).max() > 1e-5
"""


def test_predictions_within_a_scope_keep_their_order():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
