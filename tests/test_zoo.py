"""Every entry of the zoo builds, learns, is saved, is exported, and is what it was."""

import json

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from golden.make import FOLDER, manifest
from task_cases import CASES, FULLEST, embedded
from variants import fast_first

import rnn_zoo
from rnn_zoo import layers
from rnn_zoo._keras_private import flatten_layers
from rnn_zoo.export.clients.client import Model, fields
from rnn_zoo.layers.choice import scans_fast
from rnn_zoo.registry import find
from rnn_zoo.tasks import TASKS

EXAMPLES = 16
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
# JAX compiles for long: there the fullest entry of each task is visited alone, and of most in make
# test-slow. Cells, layers and networks have tests of their own on both backends.
VISITED = rnn_zoo.list_models() if ON_TENSORFLOW else FULLEST
FAST = FULLEST if ON_TENSORFLOW else [CASES[task].fullest for task in ("tagging", "translation")]
# Entries that differ from one of these by their cell alone wait for make test-slow; so does, of all
# but the fullest, what depends on the task more than on the entry.
TRAINED = (
    [name for name in VISITED if name in FULLEST or find(name).network.cell == "lstm"]
    if ON_TENSORFLOW
    else FAST
)
FULLEST_FIRST = pytest.mark.parametrize("trained", fast_first(VISITED, FAST), indirect=True)


def test_each_task_has_a_case_and_an_entry():
    assert set(CASES) == set(TASKS)
    assert {find(name).task for name in rnn_zoo.list_models()} == set(TASKS)
    assert {case.fullest: task for task, case in CASES.items()} == {
        name: find(name).task for name in FULLEST
    }


@pytest.fixture(scope="module", params=fast_first(VISITED, TRAINED))
def trained(request):
    """A tiny model of the entry after its first fit, that fit's history, and the examples."""
    keras.utils.set_random_seed(0)
    entry = find(request.param)
    part = [
        column and [x if isinstance(x, (list, float)) else x[:60] for x in column[:EXAMPLES]]
        for column in embedded(entry)
    ]
    # A gate that begins with a memory of 100 steps learns slowly.
    chrono = {"chrono": 3} if entry.network.chrono else {}
    task = rnn_zoo.get(request.param, **CASES[entry.task].tiny, **chrono)
    history = task.fit(*part, batch_size=EXAMPLES, epochs=8, verbose=0).history
    return task, history, part


def test_fits_raw_examples(trained):
    task, history, examples = trained
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    left = task.evaluate(*examples, verbose=0, return_dict=True)["loss"]
    assert left < history["loss"][-1]  # what was learned is what the user has afterwards


@pytest.mark.tensorflow_only  # on JAX, operation by operation, tests/models do
def test_every_weight_has_a_gradient(trained):
    task, _, examples = trained
    inputs, targets, *weights = task.tensors(*examples)

    def loss():
        outputs = task.call(inputs, training=True)
        weight = weights[0] if weights else None
        return task.compute_loss(y=targets, y_pred=outputs, sample_weight=weight), []

    variables = task.trainable_variables
    _, _, gradients = value_and_gradients(loss, [], variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path


@FULLEST_FIRST
def test_saves_and_loads(trained, tmp_path):
    task, _, (inputs, _) = trained
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(inputs, verbose=0), task.predict(inputs, verbose=0)
    )


@pytest.mark.slow_on_jax
@FULLEST_FIRST
def test_scores_do_not_depend_on_how_examples_are_batched(trained):
    task, _, (inputs, targets) = trained
    if find(task.name).task == "language_model":
        pytest.skip("the number of streams is another task: states are carried along them")
    found = [
        task.evaluate(inputs, targets, batch_size=size, verbose=0, return_dict=True)
        for size in (EXAMPLES // 2 + 1, EXAMPLES)  # few shapes: each is compiled
    ]
    for scores in found:
        scores.pop("loss")  # Keras' mean of the means of batches
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_answers_are_plain_values_of_json(trained):
    task, _, (inputs, _) = trained
    answers = task.answers(inputs)
    assert len(answers) == EXAMPLES
    assert json.loads(json.dumps(answers)) == answers
    assert all(fields(answer) for answer in answers)


@pytest.mark.tensorflow_only
@FULLEST_FIRST
def test_exports_what_it_predicts(trained, tmp_path):
    import tensorflow as tf

    task, _, (inputs, _) = trained
    case = CASES[find(task.name).task]
    if isinstance(inputs[0], str):
        inputs = [*inputs, ""]
    task.export(tmp_path / "served", **case.export)
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    requests = case.requests(inputs)
    served = case.served(serve(**{name: tf.constant(x) for name, x in requests.items()}))
    expected = case.expected(task, inputs)
    if isinstance(expected, np.ndarray):
        np.testing.assert_allclose(served, expected, rtol=0, atol=1e-5)
    else:
        assert served == expected


@pytest.mark.tensorflow_only
@FULLEST_FIRST
@pytest.mark.parametrize(("format", "file"), [("onnx", "a.onnx"), ("litert", "a.tflite")])
def test_a_file_without_strings_answers_what_it_predicts(trained, tmp_path, format, file):
    task, _, (inputs, _) = trained
    case = CASES[find(task.name).task]
    if isinstance(inputs[0], str):
        inputs = [*inputs, ""]
    task.export(tmp_path / file, format=format, **case.export)
    answers = case.answered(Model(tmp_path / file)(case.asked(inputs)))
    expected = (case.says or case.expected)(task, inputs)
    if isinstance(expected, np.ndarray):
        np.testing.assert_allclose(answers, expected, rtol=0, atol=1e-5)
    else:
        assert answers == expected


@pytest.mark.slow_on_jax
@pytest.mark.parametrize("name", VISITED)
def test_is_what_its_golden_manifest_says(name):
    hint = f"If the change is meant, run: python tests/golden/make.py {name}"
    path = FOLDER / f"{name}.json"
    assert path.is_file(), hint
    golden = json.loads(path.read_text(encoding="utf-8"))
    made = manifest(name)
    outputs = golden.pop("outputs"), made.pop("outputs")
    assert made == golden, hint
    np.testing.assert_allclose(*reversed(outputs), rtol=0, atol=1e-5, err_msg=hint)


@pytest.mark.tensorflow_only  # on JAX whatever combines is scanned
@pytest.mark.parametrize("name", VISITED)
def test_at_its_size_it_takes_the_fast_scan(name):
    import tensorflow as tf

    network = rnn_zoo.get(name, **find(name).recipe.sizes).network
    scans = [part for part in flatten_layers(network) if isinstance(part, keras.layers.RNN)]
    assert scans
    with tf.Graph().as_default():
        assert all(type(scan) is layers.RNN and scans_fast(scan.cell) for scan in scans)


def test_no_manifest_is_left_over():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(rnn_zoo.list_models())
