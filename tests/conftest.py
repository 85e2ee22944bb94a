"""What all tests share."""

import os

# JAX computes in float32, in silence, unless told before it is imported.
os.environ.setdefault("JAX_ENABLE_X64", "1")

import keras
import pytest
from keras.src.backend.common import dtypes

# Keras 3.15 rounds float64 to float32 in many operations on JAX (`keras.ops.tanh` among them), even
# where JAX may use float64: its issue 23223. Mended here, so that numbers compare in float64.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        # What shares a fixture runs in one process: a file, and of the zoo an entry.
        group = item.nodeid.partition("::")[0]
        if "trained" in getattr(item, "fixturenames", ()) and hasattr(item, "callspec"):
            group += str(item.callspec.params.get("trained", ""))
        item.add_marker(pytest.mark.xdist_group(group.replace("/", ".")))
    if keras.backend.backend() == "tensorflow":
        return
    for item in items:
        if item.get_closest_marker("tensorflow_only"):
            item.add_marker(pytest.mark.skip(reason="needs the TensorFlow backend"))
