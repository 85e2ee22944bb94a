import keras
import numpy as np
import pytest

from rnn_zoo.diagnostics import GradientNorm
from rnn_zoo.training.average_epochs import AverageEpochs

STEPS = 20


class Record(keras.callbacks.Callback):
    """Keeps the weights after every step and at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.raw, self.averaged = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.raw.append(self.model.get_weights()[0])

    def on_epoch_end(self, epoch, logs=None):
        self.averaged.append(self.model.get_weights()[0])


def fit(epochs=5, memory=1.0, more=()):
    """Training that moves the weights from 100 to 1 within its first steps."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((3, 1), 100.0)])
    model.compile(keras.optimizers.SGD(0.2, use_ema=True), "mse")
    x = np.random.default_rng(0).normal(size=(STEPS * 8, 3))
    y = x.sum(axis=1, keepdims=True)
    record = Record()
    callbacks = [AverageEpochs(memory), *more, record]
    history = model.fit(x, y, batch_size=8, epochs=epochs, callbacks=callbacks, verbose=0)
    return model, record, history.history


@pytest.mark.on_jax
@pytest.mark.parametrize("memory", [1.0, 0.5])
def test_the_average_begins_after_the_first_epoch(memory):
    model, record, _ = fit(memory=memory)
    momentum = 1 - 1 / (memory * STEPS)
    expected, average = [], None
    for step, weights in enumerate(record.raw):
        average = weights if step < STEPS else momentum * average + (1 - momentum) * weights
        if (step + 1) % STEPS == 0:
            expected.append(average)
    np.testing.assert_array_equal(record.averaged[0], record.raw[STEPS - 1])
    np.testing.assert_allclose(record.averaged, expected, rtol=1e-4)
    assert model.optimizer.ema_momentum == pytest.approx(momentum)
    assert "apply" not in vars(model.optimizer)
    assert model.optimizer.get_config()["ema_momentum"] == pytest.approx(momentum)


@pytest.mark.tensorflow_only
def test_gradients_are_measured_beside():
    *_, history = fit(epochs=1, more=[GradientNorm()])
    assert history["gradient_norm"][0] > 0
