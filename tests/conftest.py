"""What all tests share."""

import os

# JAX computes in float32, in silence, unless told before it is imported.
os.environ.setdefault("JAX_ENABLE_X64", "1")

import keras
import pytest


def pytest_collection_modifyitems(items):
    if keras.backend.backend() == "tensorflow":
        return
    for item in items:
        if item.get_closest_marker("tensorflow_only"):
            item.add_marker(pytest.mark.skip(reason="needs the TensorFlow backend"))
