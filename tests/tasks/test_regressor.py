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
        np.testing.assert_allclose(task(task.tensors([alone])[0])[0], row, atol=1e-6)


@pytest.mark.tensorflow_only  # the forms are read by TensorFlow on either backend
@pytest.mark.parametrize(
    "form", ["array", "lists", "dataset", "tensors", "one feature", "dataset of one feature"]
)
def test_forms_of_input(examples, form):
    series = np.stack([row for row in examples[0] if len(row) == 6])
    targets = np.arange(len(series), dtype="float32")
    made = rnn_zoo.get("adding_rnn", units=4)
    one_feature = form.endswith("one feature")
    if one_feature:
        series = series[..., 0]
    given = {
        "array": (series, targets),
        "lists": (series.tolist(), targets.tolist()),
        "dataset": (tf.data.Dataset.from_tensor_slices((series, targets)),),
        "tensors": (tf.constant(series), targets),
        "one feature": (series, np.stack([targets, targets], axis=1)),
        "dataset of one feature": (tf.data.Dataset.from_tensor_slices((series, targets)),),
    }[form]
    outputs = 2 if form == "one feature" else 1
    history = made.fit(*given, batch_size=4, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert made.sizes == {"features": 1 if one_feature else 2, "outputs": outputs}


@pytest.mark.tensorflow_only
def test_files_are_series_too(task, examples, tmp_path):
    np.save(tmp_path / "a.npy", examples[0][0])
    answers = task.answers([str(tmp_path / "a.npy")])
    assert answers == task.predict(examples[0][:1], verbose=0).tolist()


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
    with pytest.raises(DataError, match="predicts 1 values for each series; the targets have 2"):
        task.evaluate(examples[0], [[1.0, 2.0]] * len(examples[0]))
    with pytest.raises(DataError, match="have no classes"):
        task.fit(*examples, class_weight={0: 1.0})


def in_units(examples):
    """The same in units of their own: features of unlike sizes, targets far from 0."""
    series = [row * [1000.0, 0.01] + [5000.0, 3.0] for row in examples[0]]
    return series, [400.0 * target - 9000.0 for target in examples[1]]


def fitted(examples, **options):
    keras.utils.set_random_seed(0)
    made = rnn_zoo.get("adding_gru", units=4, learning_rate=0.02)
    made.fit(*examples, batch_size=16, shuffle=False, verbose=0, **options)
    return made


def test_units_make_no_difference(examples):
    """Also the loss, the number of steps and the clipping are those of standardized values."""
    examples = [column * 4 for column in examples]
    plain, other = fitted(examples, epochs=3), fitted(in_units(examples), epochs=3)
    expected = 400.0 * plain.predict(examples[0], verbose=0) - 9000.0
    np.testing.assert_allclose(other.predict(in_units(examples)[0], verbose=0), expected, atol=0.3)
    losses = [made.history.history["loss"] for made in (plain, other)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    scores = other.evaluate(*in_units(examples), verbose=0, return_dict=True)
    errors = expected[:, 0] - in_units(examples)[1]
    np.testing.assert_allclose(scores["mse"], np.mean(errors**2), rtol=1e-2)
    variance = np.var(in_units(examples)[1])
    np.testing.assert_allclose(scores["loss"], scores["mse"] / variance, rtol=1e-3)


def test_units_are_those_of_the_training_part(examples):
    series, targets = in_units(examples)
    made = fitted((series, targets), validation_split=0.5, epochs=1)
    steps = np.concatenate(series[: len(series) // 2])
    inside = made.network.get_layer("standardize")
    np.testing.assert_allclose(inside.mean, steps.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(inside.std, steps.std(axis=0), rtol=1e-4)
    outside = made.network.get_layer("unstandardize")
    half = targets[: len(targets) // 2]
    np.testing.assert_allclose(
        [outside.mean[0], outside.std[0]], [np.mean(half), np.std(half)], 1e-4
    )
    assert not {"mean", "std"} & {weight.name for weight in made.trainable_weights}


@pytest.mark.tensorflow_only
def test_units_are_saved_and_exported(examples, tmp_path):
    series, targets = in_units(examples)
    made = fitted((series, targets), epochs=1)
    expected = made.predict(series[:1], verbose=0)
    assert -12000 < expected[0, 0] < -6000
    made.save(tmp_path / "made.keras")
    loaded = keras.saving.load_model(tmp_path / "made.keras")
    np.testing.assert_array_equal(loaded.predict(series[:1], verbose=0), expected)
    made.export(tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served")).signatures["serving_default"]

    def serve(rows, lengths):
        return served(series=tf.constant(rows, tf.float32), lengths=tf.constant(lengths, tf.int32))[
            "values"
        ].numpy()

    padded = np.pad(series[0], [(0, 2), (0, 0)], constant_values=np.nan)[None]
    np.testing.assert_allclose(serve(padded, [3]), expected, rtol=1e-5)
    assert serve(np.zeros((0, 0, 2)), []).shape == (0, 1)
    ones = np.ones((2, 3, 2))
    for rows, lengths, message in (
        (ones, [3], "There are 1 lengths of 2 series: each has one"),
        (ones, [3, 3, 3], "There are 3 lengths of 2 series"),
        (ones, [3, 4], "A length is 4, but series of 3 steps have from 1 to as many"),
        (ones, [-1, 3], "A length is -1, but series of 3 steps"),
        (ones, [0, 3], "A length is 0, but"),
        (np.ones((1, 0, 2)), [0], "A length is 0, but series of 0 steps"),
        (padded, [5], "Series: found nan, but every value has to be finite"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            serve(rows, lengths)


def test_a_model_built_anew_has_the_same_units(examples):
    made = fitted(in_units(examples), epochs=1)
    again = type(made).from_config(made.get_config())
    for name in ("standardize", "unstandardize"):
        for old, new in zip(
            made.network.get_layer(name).get_weights(),
            again.network.get_layer(name).get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(old, new)


def test_a_constant_feature_or_target_is_no_division_by_zero():
    x = np.random.default_rng(0).normal(size=(8, 4, 2)).astype("float32")
    x[..., 1] = 0.1
    made = fitted((x, np.full(8, 7.0)), epochs=1)
    assert np.isfinite(made.predict(x, verbose=0)).all()
    x[..., 1] = 0.2  # not a million standard deviations away
    np.testing.assert_allclose(made.predict(x, verbose=0), 7, atol=2)


def test_built_from_sizes_it_changes_no_units():
    made = rnn_zoo.get("adding_gru", units=4, features=2, outputs=3)
    for name in ("standardize", "unstandardize"):
        mean, std = made.network.get_layer(name).get_weights()
        assert not mean.any()
        assert (std == 1).all()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("sized", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (np.where(x == x[2, 3], np.nan, x), y), "Series: found nan"),
        (lambda x, y: (x, np.where(y == y[1], np.inf, y)), "Targets: found inf"),
        (lambda x, y: (x, x), "as many for each series.*float32 of shape"),
        (lambda x, y: (y[:, 0], y), "A series is an array of numbers"),
        (lambda x, y: (x[:, :0], y), "A series has no step"),
        (lambda x, y: (x.astype(str), y), r"the dataset has string of shape"),
        (lambda x, y: (x, y.astype("complex64")), "the dataset has complex64"),
    ],
)
def test_a_dataset_is_checked_as_a_list_is(change, message, sized):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 8, 5, 1)).astype("float32")
    columns = change(x, y[:, 0])
    sizes = {"features": 1, "outputs": 1} if sized else {}
    made = rnn_zoo.get("adding_rnn", units=4, **sizes)
    with pytest.raises(DataError, match=message):
        made.fit(tf.data.Dataset.from_tensor_slices(columns), verbose=0)
    with pytest.raises(DataError):
        made.fit(*columns, verbose=0)


@pytest.mark.tensorflow_only
def test_sizes_of_a_dataset_are_checked():
    x, y = np.ones((4, 5, 2), "float32"), np.ones((4, 3), "float32")
    made = rnn_zoo.get("adding_rnn", units=4, features=2, outputs=3)
    for columns, message in (
        ((x[..., :1], y), "Series have 1 features a step; 2 are needed"),
        ((x, y[:, :1]), "predicts 3 values for each series; the targets have 1"),  # no broadcast
        ((x, y[:, 0]), "predicts 3 values for each series; the targets have 1"),
    ):
        with pytest.raises(DataError, match=message):
            made.fit(tf.data.Dataset.from_tensor_slices(columns), verbose=0)


@pytest.mark.tensorflow_only
def test_a_failed_fit_leaves_nothing_behind():
    x, y = np.ones((4, 5, 2), "float32"), np.arange(4.0)
    made = rnn_zoo.get("adding_rnn", units=4)
    with pytest.raises(DataError, match="Targets: found inf"):
        made.fit(tf.data.Dataset.from_tensor_slices((x, y + np.inf)), verbose=0)
    made.fit(x[..., :1], y, verbose=0)
    np.testing.assert_allclose(made.network.get_layer("unstandardize").mean, [1.5])


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    "values", [[["1", "2"]], np.ones((1, 3), complex), np.zeros((1, 3), "datetime64[s]")]
)
def test_what_is_no_number(values):
    with pytest.raises(DataError, match="no series of numbers"):
        rnn_zoo.get("adding_rnn").fit(values, [1.0], verbose=0)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("ragged", [False, True])
def test_the_last_value_is_a_baseline_of_a_forecast(ragged):
    """Of a random walk nothing is better, and the mean is far behind."""
    walks = np.random.default_rng(0).normal(size=(8, 11, 1)).astype("float32").cumsum(axis=1)
    series, targets = list(walks[:, :10]), walks[:, 10]
    if ragged:
        series = [row[i % 3 :] for i, row in enumerate(series)]
    made = rnn_zoo.get("adding_rnn", units=4, features=1, outputs=1)
    scores = made.evaluate(series, targets, verbose=0, return_dict=True)
    steps = np.diff(walks[:, 9:], axis=1)
    np.testing.assert_allclose(scores["mse_of_last_value"], np.mean(steps**2), rtol=1e-5)
    np.testing.assert_allclose(scores["mse_of_mean"], np.var(targets), rtol=1e-5)
