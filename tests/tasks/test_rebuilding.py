"""A task that Keras builds anew from its config, or whose layers change, answers as it should."""

import copy
import functools
import pickle

import keras
import numpy as np
import pytest
from small_classifier import LABELS, TEXTS, fitted, small_classifier

from rnn_zoo._keras_private import flatten_layers
from rnn_zoo.errors import ConfigError
from rnn_zoo.tasks import Tagger, TextClassifier, Translator

pytestmark = pytest.mark.tensorflow_only  # configs are Keras' own on either backend


@pytest.fixture(scope="module")
def task():
    return fitted(small_classifier(), TEXTS, LABELS)


REBUILT = {
    "clone_model": keras.models.clone_model,
    "from_config": lambda task: TextClassifier.from_config(task.get_config()),
    "JSON": lambda task: keras.models.model_from_json(task.to_json()),
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", REBUILT)
def test_a_rebuilt_task_has_vocabulary_and_labels(task, way):
    built = REBUILT[way](task)
    assert built.labels == task.labels
    built.set_weights(task.get_weights())
    np.testing.assert_allclose(
        built.predict(TEXTS, verbose=0), task.predict(TEXTS, verbose=0), atol=1e-6
    )
    built.compile("sgd")
    built.fit(TEXTS, LABELS, verbose=0)


def test_a_vocabulary_that_does_not_fit_is_refused(task):
    config = task.get_config()
    config["vocabularies"]["vocabulary"] = config["vocabularies"]["vocabulary"][:-1]
    with pytest.raises(ConfigError, match=r"vocabulary_size=\d+, but the vocabulary has \d+ tok"):
        TextClassifier.from_config(config)


@pytest.mark.parametrize("name", ["model.h5", "model", "model.hdf5"])
def test_other_files_are_refused(task, name, tmp_path):
    with pytest.raises(ValueError, match=r"saved as a \.keras file"):
        task.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    if name != "model":  # Keras' own function refuses it
        with pytest.raises(ValueError, match=r"saved as a \.keras file"):
            keras.saving.save_model(task, tmp_path / name)


def answers(task):
    """What `predict` gives, and what the task called on tensors does."""
    logits = np.asarray(task(task.tensors(TEXTS)[0]))
    return task.predict(TEXTS, verbose=0), np.asarray(keras.ops.softmax(logits))


def adapter(task):
    head = task.network.get_layer("logits")
    head.enable_lora(1)
    head.lora_kernel_b.assign([[1.0, -1.0]])


CHANGES = {
    "enable_lora": adapter,
    "quantize": lambda task: task.quantize("int8"),
    "replaced weights": lambda task: task.set_weights([2 * w for w in task.get_weights()]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_layer_answers_at_once(change):
    task = fitted(small_classifier(), TEXTS, LABELS)
    before, _ = answers(task)
    CHANGES[change](task)
    after, expected = answers(task)
    np.testing.assert_allclose(after, expected, atol=1e-6)
    assert np.abs(after - before).max() > 1e-6
    task.compile("sgd")
    np.testing.assert_allclose(task.predict(TEXTS, verbose=0), expected, atol=1e-6)


def small_tagger():
    task = Tagger(network={"units": 4, "embedding_dim": 4}, preprocessing={"min_count": 1})
    words = [["EU", "calls"], ["no", "calls"]]
    return task, (words, [["B-ORG", "O"], ["O", "O"]]), lambda: task.tag(words)


def small_translator():
    task = Translator(network={"units": 4, "embedding_dim": 4})
    return task, (["a man", "a dog"], ["ein mann", "ein hund"]), lambda: task.generate(["a man"])


def small_classifier_that(answer):
    task = small_classifier()
    return task, (TEXTS, LABELS), lambda: answer(task)


TASKS = {
    "tag": small_tagger,
    "generate": small_translator,
    "classify": lambda: small_classifier_that(lambda task: task.classify(TEXTS)),
    "evaluate": lambda: small_classifier_that(lambda task: task.evaluate(TEXTS, LABELS, verbose=0)),
    "test_on_batch": lambda: small_classifier_that(lambda task: task.test_on_batch(TEXTS, LABELS)),
}


def redecide(head):
    """Large weights, with which a layer decides at random."""
    rng = np.random.default_rng(0)
    head.set_weights([rng.normal(0, 9, weight.shape) for weight in head.get_weights()])


def head_of(network):
    return next(layer for layer in flatten_layers(network) if layer.name == "logits")


def with_adapter(task):
    head_of(task.network).enable_lora(1)
    redecide(head_of(task.network))


def with_another_network(task):
    network = task.build_network(task.sizes)
    network.set_weights(task.network.get_weights())
    redecide(head_of(network))
    task.network = network


@pytest.mark.parametrize("change", [with_adapter, with_another_network])
@pytest.mark.parametrize("way", TASKS)
def test_whatever_computes_follows_a_change(way, change):
    keras.utils.set_random_seed(0)
    task, examples, answer = TASKS[way]()
    task.compile("sgd")
    task.fit(*examples, verbose=0)
    before = answer()
    change(task)
    found = answer()
    task.compile("sgd")  # everything is compiled anew
    assert found == answer() != before


def test_an_adapter_is_trained_and_what_it_adapts_is_not():
    task = fitted(small_classifier(), TEXTS, LABELS)
    rate = float(task.optimizer.learning_rate)
    adapter(task)
    before = task.network.get_weights()
    task.fit(TEXTS, LABELS, verbose=0)
    assert float(task.optimizer.learning_rate) == rate
    for weight, old in zip(task.network.weights, before, strict=True):
        assert weight.trainable == (weight.numpy() != old).any(), weight.path


def test_a_network_that_replaces_another_is_trained_and_saved_alone(tmp_path):
    task = fitted(small_classifier(), TEXTS, LABELS)
    replaced = task.network
    with_another_network(task)
    before = replaced.get_weights(), task.network.get_weights()
    task.fit(TEXTS, LABELS, verbose=0)
    assert len(task.weights) == len(task.network.weights)
    for network, weights, changes in zip((replaced, task.network), before, (0, 1), strict=True):
        pairs = zip(network.get_weights(), weights, strict=True)
        assert any((new != old).any() for new, old in pairs) == changes
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.fit(TEXTS, LABELS, verbose=0)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_a_quantized_task_is_not_saved(mode, tmp_path):
    task = fitted(small_classifier(), TEXTS, LABELS)
    task.quantize(mode)
    path = tmp_path / "model.keras"
    for save in (
        task.save,
        functools.partial(keras.saving.save_model, task),
        lambda path: path.write_bytes(pickle.dumps(task)),
        lambda path: path.write_text(task.to_json()),
    ):
        with pytest.raises(ValueError, match=r"quantized.* cannot be loaded again: save it before"):
            save(path)


@pytest.mark.tensorflow_only
def test_what_is_advised_instead_of_quantize_works(tmp_path):
    task = fitted(small_classifier(), TEXTS, LABELS)
    task.export(tmp_path / "int8.tflite", format="litert", quantize="int8")
    task.quantize("int8")
    with pytest.raises(ConfigError, match=r"LiteRT cannot hold.*litert', quantize='int8'\)\.$"):
        task.export(tmp_path / "again.tflite", format="litert")
    assert not (tmp_path / "again.tflite").exists()


def test_an_adapted_layer_is_saved_as_it_answers(tmp_path):
    task = fitted(small_classifier(), TEXTS, LABELS)
    adapter(task)
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = loaded.predict(TEXTS, verbose=0)
    np.testing.assert_allclose(found, task.predict(TEXTS, verbose=0), atol=1e-6)


def test_xla_is_turned_off_and_says_so():
    task = small_classifier()
    with pytest.warns(UserWarning, match="jit_compile=True: a task is not compiled by XLA"):
        task.compile("sgd", jit_compile=True)
    fitted(task, TEXTS, LABELS, epochs=1)
    assert task.jit_compile is False


def test_where_there_is_a_gpu_keras_does_not_turn_to_xla(monkeypatch):
    import tensorflow as tf

    devices = tf.config.list_physical_devices
    gpu = type(devices()[0])("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kind: [*devices(), gpu])
    task = small_classifier()
    monkeypatch.undo()
    fitted(task, TEXTS, LABELS, epochs=1)
    assert np.isfinite(task.predict(TEXTS, verbose=0)).all()
