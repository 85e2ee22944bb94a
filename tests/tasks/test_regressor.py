"""Sequence regression on series of one length and of many."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnn_zoo
from rnn_zoo.errors import DataError


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(length, 2)).astype("float32") for length in (3, 6, 4, 6) * 4]
    return series, [float(row[:, 0].mean()) for row in series]


@pytest.fixture(scope="module")
def task(examples):
    keras.utils.set_random_seed(0)
    made = rnn_zoo.get("adding_gru", units=8, learning_rate=0.05)
    # Batches of one shape, in one epoch: JAX compiles once.
    made.fit(*(column * 20 for column in examples), batch_size=8, shuffle=False, verbose=0)
    return made


def test_it_learns(task, examples):
    scores = task.evaluate(*examples, verbose=0, return_dict=True)
    assert set(scores) == {"loss", "mse", "mae", "mse_of_mean"}
    np.testing.assert_allclose(scores["mse_of_mean"], np.var(examples[1]), rtol=1e-5)
    assert scores["mse"] < 0.2 * scores["mse_of_mean"]
    errors = task.predict(examples[0], verbose=0)[:, 0] - examples[1]
    np.testing.assert_allclose(scores["mse"], np.mean(errors**2), rtol=1e-4)
    np.testing.assert_allclose(scores["mae"], np.mean(np.abs(errors)), rtol=1e-4)


def test_padding_changes_nothing(task, examples):
    together = task.predict(examples[0], verbose=0)
    for row, alone in zip(together[:3], examples[0][:3], strict=True):
        np.testing.assert_allclose(task.predict([alone], verbose=0)[0], row, atol=1e-6)
        np.testing.assert_allclose(task([alone])[0], row, atol=1e-6)


@pytest.mark.tensorflow_only  # the forms are read by TensorFlow on either backend
@pytest.mark.parametrize("form", ["array", "lists", "dataset", "tensors", "one feature"])
def test_forms_of_input(examples, form):
    series = np.stack([row for row in examples[0] if len(row) == 6])
    targets = np.arange(len(series), dtype="float32")
    made = rnn_zoo.get("adding_rnn", units=4)
    if form == "one feature":
        series = series[..., 0]
    given = {
        "array": (series, targets),
        "lists": (series.tolist(), targets.tolist()),
        "dataset": (tf.data.Dataset.from_tensor_slices((series, targets)),),
        "tensors": (tf.constant(series), targets),
        "one feature": (series, np.stack([targets, targets], axis=1)),
    }[form]
    history = made.fit(*given, batch_size=4, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert made.sizes == {
        "features": 1 if form == "one feature" else 2,
        "outputs": 2 if form == "one feature" else 1,
    }


@pytest.mark.tensorflow_only
def test_files_are_series_too(task, examples, tmp_path):
    np.save(tmp_path / "a.npy", examples[0][0])
    ((answer,),) = task.format_predictions([str(tmp_path / "a.npy")])
    assert answer == f"{task.predict(examples[0][:1], verbose=0)[0, 0]:.6g}"


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[[1.0, 2.0]], [[1.0]]], [1, 2], "Example 1 has 1 features a step; 2 are needed"),
        ([[1.0], []], [1, 2], "Example 1: a series has the shape"),
        ([[1.0], ["a"]], [1, 2], "Example 1 is no series of numbers"),
        ([[1.0], [float("nan")]], [1, 2], "Example 1 has a number that is not finite"),
        ([[1.0], [2.0]], [1, float("inf")], "Example 1 has a target that is no finite number"),
        ([[1.0], [2.0]], ["a", "b"], "Targets are numbers"),
        ([[1.0], [2.0]], [1], "2 inputs, 1 targets"),
        (["no.npy"], [1], r"Example 0: no\.npy is no \.npy file"),
        ([], [], "not one example"),
    ],
)
def test_bad_examples(x, y, message):
    with pytest.raises(DataError, match=message):
        rnn_zoo.get("adding_rnn").fit(x, y, verbose=0)


def test_targets_of_another_width(task, examples):
    with pytest.raises(DataError, match="gives 1 numbers for each series; the targets have 2"):
        task.evaluate(examples[0], [[1.0, 2.0]] * len(examples[0]))
    with pytest.raises(DataError, match="have no classes"):
        task.fit(*examples, class_weight={0: 1.0})
