"""How rnn_zoo starts: what it loads, and that importing it has no side effect."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow_only  # one backend is enough

SCRIPT = """
import gc
import os
import sys

import keras

before = set(sys.modules)  # Keras loads what it finds installed, Matplotlib for one


def refuse(*arguments):
    raise AssertionError("import rnn_zoo has a side effect")


gc.disable = gc.enable = gc.freeze = gc.collect = os.dup = os.dup2 = refuse
environment = dict(os.environ)
print("imported keras", file=sys.stderr, flush=True)
import rnn_zoo

assert gc.isenabled() and not gc.get_freeze_count()
assert dict(os.environ) == environment
print(*sys.modules.keys() - before)
"""
HEAVY = {
    "babel",
    "click",
    "h5py",
    "huggingface_hub",
    "matplotlib",
    "pydoc_data",
    "requests",
    "ruamel",
    "sacrebleu",
    "sentencepiece",
    "sklearn",
    "tensorboard",
    "tensorflow_datasets",
}


def test_importing_loads_what_is_needed_and_does_nothing_else():
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    # What TensorFlow prints belongs to `import keras`; rnn_zoo adds nothing.
    assert process.stderr.endswith("imported keras\n")
    loaded = {name.split(".")[0] for name in process.stdout.split()}
    assert "rnn_zoo" in loaded
    assert not loaded & HEAVY
