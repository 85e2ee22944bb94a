"""How rnn_zoo starts: what it loads, and how it leaves the garbage collector."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow_only  # one backend is enough

SCRIPT = """
import gc
import sys

import keras

before = set(sys.modules)  # Keras loads what it finds installed, Matplotlib for one
import rnn_zoo

assert gc.isenabled()
print(*sys.modules.keys() - before)
"""
HEAVY = {
    "babel",
    "click",
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


def test_what_is_heavy_is_loaded_where_it_is_needed():
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    loaded = {name.split(".")[0] for name in process.stdout.split()}
    assert "rnn_zoo" in loaded
    assert not loaded & HEAVY
