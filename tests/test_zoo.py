"""Every entry of the zoo builds, learns, is saved, is exported, and is what it was."""

import json

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from golden.make import FOLDER, manifest
from keras import ops

import rnn_zoo
from rnn_zoo.datasets import load
from rnn_zoo.registry import find

SENTENCES = 16
NO_CHANCE = {"dropout": 0.0, "recurrent_dropout": 0.0}
TINY = {
    # Sentences are cut to one length, so that JAX compiles once.
    "sentiment": NO_CHANCE
    | {"units": 8, "embedding_dim": 8, "min_count": 1, "max_length": 8, "learning_rate": 0.01},
}


@pytest.fixture(scope="module")
def examples():
    part = load("synthetic_reviews").parts["train"]
    return list(part.texts[:SENTENCES]), list(part.labels[:SENTENCES])


@pytest.fixture(scope="module", params=rnn_zoo.list_models())
def trained(request, examples):
    """A tiny model of the entry after its first fit, and that fit's history."""
    keras.utils.set_random_seed(0)
    task = rnn_zoo.get(request.param, **TINY[find(request.param).task])
    history = task.fit(*examples, batch_size=SENTENCES, epochs=8, verbose=0).history
    return task, history


def test_fits_raw_examples(trained, examples):
    task, history = trained
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    left = task.evaluate(*examples, verbose=0, return_dict=True)["loss"]
    assert left < history["loss"][-1]  # what was learned is what the user has afterwards


def test_every_weight_has_a_gradient(trained, examples):
    task, _ = trained
    texts, labels = examples
    raw = task.preprocessor
    tokens = raw.encode_inputs(raw.read_inputs(texts)).to_tensor().numpy()
    targets = raw.encode_targets(raw.read_targets(labels)).numpy()

    def loss():
        logits = task.network(tokens, training=True)
        return ops.mean(ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)), []

    weights = task.trainable_variables
    _, _, gradients = value_and_gradients(loss, [], weights)
    for weight, gradient in zip(weights, gradients, strict=True):
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, weight.path


def test_saves_and_loads(trained, examples, tmp_path):
    task, _ = trained
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(examples[0], verbose=0), task.predict(examples[0], verbose=0)
    )


@pytest.mark.tensorflow_only
def test_exports_what_it_predicts(trained, examples, tmp_path):
    import tensorflow as tf

    task, _ = trained
    task.export(tmp_path / "served")
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    served = serve(text=tf.constant([*examples[0], ""]))["probabilities"].numpy()
    expected = task.predict([*examples[0], ""], verbose=0)
    np.testing.assert_allclose(served, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", rnn_zoo.list_models())
def test_is_what_its_golden_manifest_says(name):
    hint = f"If the change is meant, run: python tests/golden/make.py {name}"
    path = FOLDER / f"{name}.json"
    assert path.is_file(), hint
    golden = json.loads(path.read_text(encoding="utf-8"))
    made = manifest(name)
    outputs = golden.pop("outputs"), made.pop("outputs")
    assert made == golden, hint
    np.testing.assert_allclose(*reversed(outputs), rtol=0, atol=1e-5, err_msg=hint)


def test_no_manifest_is_left_over():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(rnn_zoo.list_models())
