"""A task to a folder and back: what is kept, and how exactly."""

import json
from collections import Counter

import keras
import numpy as np
import pytest
from small_classifier import LABELS, TEXTS, fitted, small_classifier
from task_cases import FULLEST
from variants import fast_first

import rnn_zoo
from rnn_zoo import registry
from rnn_zoo.errors import ConfigError, PresetError
from rnn_zoo.presets import Preset
from rnn_zoo.tasks import SequenceRegressor, Tagger, Task, TextClassifier

NAMES = {"config.json", "vocabularies.json", "model.weights.h5", "SHA256SUMS"}


@pytest.fixture(scope="module")
def task():
    return fitted(
        small_classifier(optimizer=keras.optimizers.SGD(0.3, clipnorm=2.0)), TEXTS, LABELS
    )


@pytest.fixture(scope="module")
def preset(task, tmp_path_factory):
    path = tmp_path_factory.mktemp("presets") / "mine"
    task.save_to_preset(path)
    return path


def predict(task):
    return task.predict(TEXTS, verbose=0)


def test_it_answers_exactly_as_before(task, preset):
    again = TextClassifier.from_preset(preset)
    np.testing.assert_array_equal(predict(again), predict(task))
    assert again.name == task.name
    assert again.preprocessor.get_state() == task.preprocessor.get_state()
    assert (again.network_config, again.preprocessing_config) == (
        task.network_config,
        task.preprocessing_config,
    )
    assert {path.name for path in preset.iterdir()} == NAMES


@pytest.mark.tensorflow_only
def test_it_is_compiled_and_trains_on(preset):
    again = Task.from_preset(preset)
    assert isinstance(again.optimizer, keras.optimizers.SGD)
    assert (float(again.optimizer.learning_rate), again.optimizer.clipnorm) == (
        pytest.approx(0.3),
        2.0,
    )
    before = predict(again)
    fitted(again, TEXTS, LABELS)
    assert np.abs(predict(again) - before).max() > 1e-4


@pytest.mark.tensorflow_only
def test_another_optimizer_is_not_kept(tmp_path):
    other = fitted(small_classifier(optimizer=keras.optimizers.Nadam()), TEXTS, LABELS, epochs=1)
    other.save_to_preset(tmp_path / "mine")
    assert Preset.open(tmp_path / "mine").read_config().optimizer is None
    assert isinstance(Task.from_preset(tmp_path / "mine").optimizer, keras.optimizers.Adam)


def test_half_precision(tmp_path):
    network = {"units": 32, "embedding_dim": 64}
    wide = fitted(small_classifier(network=network), TEXTS, LABELS)
    wide.save_to_preset(tmp_path / "single")
    wide.save_to_preset(tmp_path / "half", dtype="float16")
    again = Task.from_preset(tmp_path / "half")
    assert {weight.dtype for weight in again.network.weights} == {"float32"}
    np.testing.assert_allclose(predict(again), predict(wide), rtol=0, atol=1e-2)
    assert np.abs(predict(again) - predict(wide)).max() > 0  # it was rounded
    sizes = [(tmp_path / name / "model.weights.h5").stat().st_size for name in ("single", "half")]
    assert sizes[1] < 0.8 * sizes[0]
    with pytest.raises(ConfigError, match="dtype should be None"):
        wide.save_to_preset(tmp_path / "int8", dtype="int8")
    assert not (tmp_path / "int8").exists()


@pytest.mark.tensorflow_only
def test_moments_and_large_values_survive_half_precision(tmp_path):
    """The units of the data are weights that are not trained; float16 has nothing above 65,504."""
    task = SequenceRegressor(network={"units": 3})
    task.compile("adam")
    series = [[1e6, 2e6, 4e6], [3e6, 1e6, 2e6]]
    task.fit(series, [5e6, 7e6], verbose=0)
    task.save_to_preset(tmp_path / "mine", dtype="float16")
    again = Task.from_preset(tmp_path / "mine")
    expected = task.predict(series, verbose=0)
    np.testing.assert_allclose(again.predict(series, verbose=0), expected, rtol=1e-2)
    assert expected.min() > 1e6
    kernel = task.network.get_layer("values").kernel
    kernel.assign(np.full(kernel.shape, 1e5))
    task.save_to_preset(tmp_path / "large", dtype="float16")
    found = Task.from_preset(tmp_path / "large").network.get_layer("values").kernel
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), 1e5)


@pytest.mark.parametrize(
    "labels", [[0, 1], ["0", "1"], ["a\nb", "\N{GREEK SMALL LETTER ALPHA}"]], ids=str
)
def test_labels_and_tokens_are_kept_as_they_are(tmp_path, labels):
    task = small_classifier()
    task.preprocessor.tokenizer.fix(Counter(["a\nb", "\u2028", '"']), 100, 1)
    tokens = task.preprocessor.tokenizer.vocabulary.tokens
    state = {"vocabularies": {"vocabulary": tokens}, "labels": labels}
    task = TextClassifier(task.network_config, vocabulary_size=len(tokens), num_classes=2, **state)
    task.save_to_preset(tmp_path / "mine")
    assert Task.from_preset(tmp_path / "mine").preprocessor.get_state() == state


@pytest.mark.tensorflow_only
def test_a_task_for_token_ids_has_no_vocabulary(tmp_path):
    task = registry.build(registry.find("sentiment_rnn"), vocabulary_size=9, num_classes=3)
    task.save_to_preset(tmp_path / "mine")
    again = Task.from_preset(tmp_path / "mine")
    x = np.array([[2, 3, 4], [5, 6, 0]])
    np.testing.assert_array_equal(again.predict(x, verbose=0), task.predict(x, verbose=0))


@pytest.mark.parametrize("name", fast_first(rnn_zoo.list_models(), FULLEST))
def test_every_entry(tmp_path, name):
    entry = registry.override(registry.find(name), {"units": 4})
    task = registry.build(entry, **entry.recipe.sizes)
    task.save_to_preset(tmp_path / "mine")
    again = Task.from_preset(tmp_path / "mine")
    assert type(again) is type(task)
    assert again.network_config == task.network_config
    for a, b in zip(again.network.weights, task.network.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (a, b)))
    assert again.optimizer.get_config() | {"name": ""} == task.optimizer.get_config() | {"name": ""}


def test_another_task(preset):
    with pytest.raises(
        PresetError, match=r"holds a TextClassifier, not a Tagger: TextClassifier\."
    ):
        Tagger.from_preset(preset)


def test_without_weights_there_is_nothing_to_save(tmp_path):
    with pytest.raises(ValueError, match="call adapt or fit first"):
        rnn_zoo.get("sentiment_lstm").save_to_preset(tmp_path / "mine")


@pytest.mark.tensorflow_only
def test_overwriting(task, tmp_path):
    path = tmp_path / "mine"
    path.mkdir()  # an empty folder will do
    task.save_to_preset(path, card={"license": "CC0-1.0"})
    with pytest.raises(PresetError, match="exists: choose another folder, or overwrite=True"):
        task.save_to_preset(path)
    task.save_to_preset(path, overwrite=True)
    assert {file.name for file in path.iterdir()} == NAMES  # the card was that of the other
    (path / "thesis.txt").write_text("mine")
    with pytest.raises(PresetError, match=r"holds thesis\.txt: it is left alone"):
        task.save_to_preset(path, overwrite=True)
    assert (path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_preset_is_left_alone(task, tmp_path, overwrite):
    other = tmp_path / "other"
    other.mkdir()
    (other / "README.md").write_text("mine")
    file = tmp_path / "file"
    file.write_text("mine")
    for path in (other, file):
        with pytest.raises(PresetError, match="is no preset: it is left alone"):
            task.save_to_preset(path, overwrite=overwrite)
    assert (file.read_text(), (other / "README.md").read_text()) == ("mine", "mine")


@pytest.mark.tensorflow_only
def test_a_failure_leaves_nothing(task, tmp_path, monkeypatch):
    def fail(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(task.network, "save_weights", fail)
    with pytest.raises(rnn_zoo.RunError, match="No space left on device"):
        task.save_to_preset(tmp_path / "mine")
    assert not list(tmp_path.iterdir())


@pytest.mark.tensorflow_only
def test_the_sums_are_those_of_sha256sum(preset):
    import shutil
    import subprocess

    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    checked = subprocess.run(command, cwd=preset, capture_output=True, text=True, check=True)
    assert checked.stdout.count(": OK") == len(NAMES) - 1


def test_the_config_says_what_made_it(preset):
    config = json.loads((preset / "config.json").read_text())
    assert (config["format"], config["task"]) == (1, "rnn_zoo>TextClassifier")
    assert config["entry"] == "text_classifier" or config["entry"].startswith("text_classifier_")
    assert config["rnn_zoo"]
