"""The report on clipping, on both backends."""

import csv

import keras
import numpy as np
import pytest

from rnn_zoo import layers
from rnn_zoo.diagnostics import GradientNorm

X, Y = np.ones((8, 5, 1), "float32"), 3 * np.ones((8, 2), "float32")


def model_with(optimizer, embedding=None, **options):
    keras.utils.set_random_seed(0)
    before = [keras.Input((5, 1))]
    if embedding:
        before = [keras.Input((5,), dtype="int32"), embedding(4, 1)]
    model = keras.Sequential([*before, keras.layers.SimpleRNN(2)])
    model.compile(optimizer, "mse", **options)
    return model


def gradients(model, x=X, y=Y):
    """What SGD with a rate of 1 and no clipping takes from the weights."""
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    twin.compile(keras.optimizers.SGD(1.0), "mse")
    before = twin.get_weights()
    twin.train_on_batch(x, y)
    return [a - b for a, b in zip(before, twin.get_weights(), strict=True)]


def norm(arrays):
    return np.sqrt(sum(np.square(array).sum() for array in arrays))


@pytest.mark.parametrize("how", ["compiled", "eager", "graph", "two steps at once"])
def test_the_norm_before_clipping(how):
    options = {
        "compiled": {"jit_compile": True},
        "eager": {"run_eagerly": True},
        "graph": {"jit_compile": False},
        "two steps at once": {"steps_per_execution": 2, "jit_compile": True},
    }[how]
    model = model_with(keras.optimizers.SGD(0.0, clipnorm=1e-3), **options)
    expected = norm(gradients(model))
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[GradientNorm()]).history
    assert history["gradient_norm"] == pytest.approx([expected] * 2, rel=1e-5)
    assert history["gradient_norm_max"] == pytest.approx([expected] * 2, rel=1e-5)
    assert history["clipped"] == [1, 1]


def test_mean_and_largest_of_the_steps():
    model = model_with(keras.optimizers.SGD(0.0))
    y = Y * np.arange(8)[:, None]
    norms = [norm(gradients(model, X[i : i + 2], y[i : i + 2])) for i in range(0, 8, 2)]
    history = model.fit(
        X, y, batch_size=2, shuffle=False, verbose=0, callbacks=[GradientNorm()]
    ).history
    assert history["gradient_norm"] == pytest.approx([np.mean(norms)], rel=1e-5)
    assert history["gradient_norm_max"] == pytest.approx([max(norms)], rel=1e-5)
    assert history["clipped"] == [0]


@pytest.mark.parametrize("kind", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_the_share_of_steps_clipped(kind):
    """One of two batches has a gradient twice as large: the limit lies between."""
    y = np.concatenate([Y[:4], -3 * Y[4:]])
    model = model_with("sgd")
    measure = {
        "clipnorm": lambda arrays: max(map(np.linalg.norm, arrays)),
        "global_clipnorm": norm,
        "clipvalue": lambda arrays: max(np.abs(array).max() for array in arrays),
    }[kind]
    sizes = [measure(gradients(model, X[part], y[part])) for part in (slice(4), slice(4, 8))]
    assert max(sizes) > 1.2 * min(sizes)
    for limit, share in (
        (0.9 * min(sizes), 1.0),
        (np.mean(sizes), 0.5),
        (1.1 * max(sizes), 0.0),
    ):
        model.compile(keras.optimizers.SGD(0.0, **{kind: float(limit)}), "mse")
        history = model.fit(
            X, y, batch_size=4, shuffle=False, verbose=0, callbacks=[GradientNorm()]
        ).history
        assert history["clipped"] == [share], (limit, sizes)


@pytest.mark.parametrize(
    ("embedding", "compiled"), [(keras.layers.Embedding, False), (layers.Embedding, True)]
)
def test_rows_that_were_looked_up_several_times_are_summed(embedding, compiled):
    optimizer = keras.optimizers.SGD(0.0, clipnorm=1.0)
    model = model_with(optimizer, embedding, jit_compile=compiled)
    tokens = np.array([[1, 1, 1, 1, 2]] * 8)
    expected = norm(gradients(model, tokens))
    history = model.fit(tokens, Y, verbose=0, callbacks=[GradientNorm()]).history
    assert history["gradient_norm"] == pytest.approx([expected], rel=1e-5)


def test_a_scaled_loss():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.0, clipnorm=1e-3))
    model = model_with(optimizer)
    expected = norm(gradients(model))
    history = model.fit(X, Y, verbose=0, callbacks=[GradientNorm()]).history
    assert history["gradient_norm"] == pytest.approx([expected], rel=1e-4)
    model.compile(keras.optimizers.SGD(0.0, loss_scale_factor=8.0), "mse")
    history = model.fit(X, Y, verbose=0, callbacks=[GradientNorm()]).history
    assert history["gradient_norm"] == pytest.approx([expected], rel=1e-4)


def test_every_reader_of_logs_sees_it(tmp_path):
    model = model_with(keras.optimizers.Adam(0.01, clipnorm=1.0))
    callbacks = [
        GradientNorm(),
        keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.CSVLogger(tmp_path / "history.csv"),
        keras.callbacks.TensorBoard(tmp_path / "board", profile_batch=0),
    ]
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=callbacks).history
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("gradient_norm", "gradient_norm_max", "clipped"):
        assert [float(row[name]) for row in rows] == pytest.approx(history[name])
    assert b"gradient_norm_max" in b"".join(
        path.read_bytes() for path in (tmp_path / "board").rglob("events*")
    )
    # what was saved meanwhile has its optimizer, and goes on
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    assert int(loaded.optimizer.iterations) == 3
    loaded.fit(X, Y, verbose=0)


def test_training_is_what_it_is_without():
    first, second = (model_with(keras.optimizers.Adam(0.01, clipnorm=0.1)) for _ in range(2))
    callback = GradientNorm()
    for _ in range(2):  # traced before, and by the same callback
        first.fit(X, Y, verbose=0, callbacks=[callback])
        second.fit(X, Y, verbose=0)
    history = first.fit(X, Y, verbose=0).history
    second.fit(X, Y, verbose=0)
    assert "gradient_norm" not in history
    assert "apply" not in vars(first.optimizer)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_after_a_fit_that_was_broken_off():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = model_with(keras.optimizers.SGD(0.0))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[GradientNorm(), Stop()])
    expected = norm(gradients(model))
    history = model.fit(X, Y, verbose=0, callbacks=[GradientNorm()]).history
    assert history["gradient_norm"] == pytest.approx([expected], rel=1e-5)
    assert "apply" not in vars(model.optimizer)


def learned(clipping):
    """A linear vanilla network, whose state grows with every step, learns to say its last input."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).choice([-1.0, 1.0], (64, 20, 1)).astype("float32")
    growing = keras.initializers.Orthogonal(1.12)
    model = keras.Sequential(
        [
            keras.Input((20, 1)),
            keras.layers.SimpleRNN(8, None, recurrent_initializer=growing),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, **clipping), "mse")
    return model.fit(
        x, x[:, -1], epochs=8, batch_size=8, verbose=0, callbacks=[GradientNorm()]
    ).history


def test_not_a_number_without_clipping_and_learning_with_it():
    without = learned({})
    assert np.isnan([without["loss"][-1], without["gradient_norm"][-1]]).all()
    clipped = learned({"global_clipnorm": 1.0})
    assert clipped["gradient_norm_max"][0] > 1000
    assert clipped["clipped"][0] == 1
    assert clipped["loss"][-1] < 0.1  # 1 is what a constant reaches
    assert clipped["clipped"][-1] < 0.5
