"""What there is where TensorFlow is not installed, and Keras runs on JAX."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest

import rnn_zoo

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="starts JAX in a process of its own"
)

ROOT = Path(rnn_zoo.__file__).parents[1]
# Found before any other finder is asked, and refused as if it were not installed.
HIDE = """
import sys


class Hidden:
    names = {"tensorflow", "tensorflow_datasets", "tensorboard", "tf2onnx", "ai_edge_litert"}

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


sys.meta_path.insert(0, Hidden())
"""
TRAIN = """
import keras
import numpy as np

import rnn_zoo
from rnn_zoo import decoding, diagnostics, losses, models, optimizers

rng = np.random.default_rng(0)
tokens = rng.integers(4, 9, (64, 6))
labels = tokens[:, -1] % 2
classifier = models.classifier(models.ClassifierConfig(units=8, cell="mingru"), 9, 2)
classifier.compile(optimizers.Adam(0.05, clipnorm=1.0), losses.CrossEntropy())
logs = classifier.fit(
    tokens, labels, 16, epochs=8, verbose=0, callbacks=[diagnostics.GradientNorm()]
).history
assert logs["loss"][-1] < 0.5 * logs["loss"][0], logs
assert 0 < logs["gradient_norm"][-1] < np.inf
classifier.save("classifier.keras")

writer = models.NextToken(models.LanguageModelConfig(units=8), 9)
writer.save("writer.keras")
encoded = writer.encoder(tokens[:2])
state = writer.initial_state(encoded)
decoded = decoding.decode(writer.step, state, encoded["start"], decoding.Beam(2), max_length=3)
assert decoded.tokens.shape == (2, 1, 3)
np.savez(
    "expected.npz",
    tokens=tokens,
    logits=classifier.predict(tokens, verbose=0),
    states=encoded["states"],
)
"""
LOAD = """
import keras
import numpy as np

import rnn_zoo

expected = np.load("expected.npz")
loaded = keras.saving.load_model("classifier.keras")
np.testing.assert_allclose(loaded.predict(expected["tokens"], verbose=0), expected["logits"])
assert isinstance(loaded.optimizer, rnn_zoo.optimizers.Adam)
writer = keras.saving.load_model("writer.keras")
states = writer.encoder(expected["tokens"][:2])["states"]
np.testing.assert_array_equal(states, expected["states"])
"""
REFUSE = """
import importlib

import rnn_zoo

SENTENCE = "need TensorFlow, whichever backend Keras runs on: pip install tensorflow."


def refuses(ask, name):
    try:
        ask(name)
    except rnn_zoo.MissingPackageError as error:
        assert str(error).endswith(SENTENCE), error
    else:
        raise AssertionError(f"{name} is there")


for name in ("get", "list_models", "register", "describe", "tasks", "preprocessing", "inspection"):
    refuses(lambda name: getattr(rnn_zoo, name), name)
for name in ("tasks.tagger", "pipeline", "presets", "export", "streams", "registry", "training"):
    refuses(importlib.import_module, f"rnn_zoo.{name}")
assert not hasattr(rnn_zoo, "no_such_name")
"""
COMMAND = """
import sys

import rnn_zoo_command

sys.argv = ["rnn-zoo", "list"]
rnn_zoo_command.main()
"""
EXAMPLES = """
import sys

import pytest

import rnn_zoo  # else pytest imports some of its modules twice

packages = ["cells", "layers", "models", "decoding", "losses.py", "metrics", "optimizers"]
# The modules that are TensorFlow's among them.
apart = ["layers/_tensorflow.py", "layers/_row_groups.py", "layers/recurrence.py"]
arguments = [f"rnn_zoo/{package}" for package in packages]
arguments += [f"--ignore=rnn_zoo/{module}" for module in apart]
sys.exit(pytest.main(["-q", *arguments]))
"""


def run(script, folder):
    """A script in a process in which TensorFlow seems not to be installed."""
    return subprocess.run(
        [sys.executable, "-c", HIDE + script], cwd=folder, capture_output=True, text=True
    )


def succeed(script, folder):
    process = run(script, folder)
    assert process.returncode == 0, process.stdout + process.stderr


def test_networks_train_decode_and_load(tmp_path):
    succeed(TRAIN, tmp_path)
    succeed(LOAD + REFUSE, tmp_path)  # a new process, in which nothing but rnn_zoo is imported


@pytest.mark.slow
def test_the_command_says_what_it_needs(tmp_path):
    process = run(COMMAND, tmp_path)
    assert process.returncode == 2
    assert process.stderr == "Error: rnn-zoo needs TensorFlow: pip install tensorflow.\n"


@pytest.mark.slow
def test_the_examples_of_docstrings_run():
    succeed(EXAMPLES, ROOT)
