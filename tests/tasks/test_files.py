"""What a `.keras` file keeps, and what happens where it was damaged."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
from small_classifier import LABELS, TEXTS, small_classifier

pytestmark = pytest.mark.tensorflow_only  # files are Keras' own on either backend

STRANGE = [
    '"',
    "'",
    "\\",
    "😀",
    "\u2028x",
    "x\u2029y",
    "a\u0085b",
    "\ufffd",
    "日本",
    "e\u0301",
    "{",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "model.keras"
    small_classifier().adapt(TEXTS, LABELS).save(path)
    return path


def test_strange_words_and_labels(tmp_path):
    texts = [f"{word} film {word}" for word in STRANGE]
    labels = ['it\'s "so"', "a\nb", "😀", "\u2028", "a\u0085b", "ä", "{}", "日本", " ", "\\", "0"]
    task = small_classifier(network={"units": 8}).adapt(texts, labels)
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.labels == task.labels == sorted(labels)
    tokens = task.preprocessor.tokenizer.vocabulary.tokens
    assert {"😀", '"', "\\", "日本", "\ufffd", "e\u0301"} <= set(tokens)
    assert loaded.preprocessor.tokenizer.vocabulary.tokens == tokens
    np.testing.assert_array_equal(loaded.predict(texts, verbose=0), task.predict(texts, verbose=0))


def test_integer_labels_stay_integers(tmp_path):
    task = small_classifier().adapt(TEXTS, [label == "pos" for label in LABELS])
    task.save(tmp_path / "model.keras")
    labels = keras.saving.load_model(tmp_path / "model.keras").labels
    assert labels == [0, 1]
    assert {type(label) for label in labels} == {int}


def test_mixed_precision(tmp_path):
    task = small_classifier(dtype="mixed_bfloat16").adapt(TEXTS, LABELS)
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for model in (task, loaded):
        assert model.dtype_policy.name == "mixed_bfloat16"
        layers = {layer.name: layer for layer in model.network.layers}
        assert layers["embedding"].compute_dtype == "bfloat16"
        assert layers["recurrent_1"].cell.compute_dtype == "bfloat16"
        assert {weight.dtype for weight in model.weights} == {"float32"}
    probabilities = task.predict(TEXTS, verbose=0)
    assert probabilities.dtype == "float32"
    np.testing.assert_array_equal(loaded.predict(TEXTS, verbose=0), probabilities)


def rewritten(path, target, change):
    """A copy of a `.keras` file whose members `change` may alter (bytes) or leave out (None)."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_a_missing_weight_is_an_error(path, tmp_path):
    weights = tmp_path / "model.weights.h5"
    with zipfile.ZipFile(path) as archive:
        weights.write_bytes(archive.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        found = []
        file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
        of_network = [name for name in found if not name.startswith("optimizer")]
        assert len(of_network) == 6
        for number, name in enumerate(of_network):
            with h5py.File(tmp_path / f"{number}.h5", "w") as damaged:
                for key in file:
                    file.copy(key, damaged)
                damaged.pop(name)
    for number, name in enumerate(of_network):
        content = (tmp_path / f"{number}.h5").read_bytes()
        broken = rewritten(
            path,
            tmp_path / f"{number}.keras",
            lambda member, old, new=content: new if member.endswith(".h5") else old,
        )
        with pytest.raises((ValueError, KeyError)):
            pytest.fail(f"loaded without {name}: {keras.saving.load_model(broken)}")


@pytest.mark.parametrize("member", ["model.weights.h5", "config.json"])
def test_a_missing_member_is_an_error(path, tmp_path, member):
    broken = rewritten(
        path, tmp_path / "m.keras", lambda name, old: None if name.endswith(member) else old
    )
    with pytest.raises((ValueError, KeyError, OSError)):
        keras.saving.load_model(broken)


def test_damaged_files_are_errors(path, tmp_path):
    whole = path.read_bytes()
    empty = tmp_path / "empty.zip"
    zipfile.ZipFile(empty, "w").close()
    middle = len(whole) // 2
    for content in (whole[:middle], whole[:-30], b"", b"garbage" * 99, empty.read_bytes()):
        broken = tmp_path / "broken.keras"
        broken.write_bytes(content)
        with pytest.raises((ValueError, KeyError, OSError, zipfile.BadZipFile)):
            keras.saving.load_model(broken)
