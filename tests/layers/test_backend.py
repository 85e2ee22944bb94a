"""The backends of Keras that the library runs on."""

import runpy

import keras
import pytest

from rnn_zoo.errors import BackendError
from rnn_zoo.layers import _backend


def test_another_backend_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(BackendError, match=r"TensorFlow and on JAX, and Keras runs on torch: set"):
        runpy.run_path(_backend.__file__)
