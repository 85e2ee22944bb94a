"""What all tests share."""

import os

# JAX computes in float32, in silence, unless told before it is imported.
os.environ.setdefault("JAX_ENABLE_X64", "1")
# Tests compile much and run it a few times: to optimize it takes longer than it runs.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import keras
import pytest
from keras.src.backend.common import dtypes

# Keras 3.15 rounds float64 to float32 in many operations on JAX (`keras.ops.tanh` among them), even
# where JAX may use float64: its issue 23223. Mended here, so that numbers compare in float64.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What shares a fixture runs in one process: a file, and of the zoo an entry."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFixture(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            return file + test.partition("[")[2] if file.endswith("test_zoo.py") else file

    return ByFixture(config, log)


def pytest_configure(config):
    if keras.backend.backend() == "tensorflow" and config.option.markexpr == "not slow":
        import tensorflow as tf

        # Tests trace many graphs and run each a few times: to rewrite a graph, so that it runs
        # faster, takes longer than it runs. Slow tests, and what tests start in a process of its
        # own, rewrite theirs.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


# On JAX every shape of every function compiles. What a task and a training run add to a network is
# tried there by tests/test_zoo.py, an entry a task, and by tests/cli/test_train.py; by all of their
# own tests when make test-slow runs.
SLOW_ON_JAX = {"tasks", "training"}

# What runs in TensorFlow's graph or in plain Python, the same on every backend, by its folder.
FREE_OF_THE_BACKEND = {
    "datasets",
    "inspection",
    "preprocessing",
    "pipeline",
    "cli",
    "export",
    "serve",
}


def pytest_collection_modifyitems(items):
    if keras.backend.backend() == "tensorflow":
        return
    for item in items:
        parts = set(item.path.relative_to(item.config.rootpath).parts)
        on_jax = item.get_closest_marker("on_jax")
        if FREE_OF_THE_BACKEND & parts and not on_jax:
            item.add_marker(pytest.mark.skip(reason="is the same on every backend"))
        elif item.get_closest_marker("slow_on_jax") or (SLOW_ON_JAX & parts and not on_jax):
            item.add_marker(pytest.mark.slow)
        # Of the examples in docstrings, which have no markers, those that run a model.
        example = (
            item.nodeid.startswith("rnn_zoo/diagnostics/") and "gradient_norm" not in item.name
        )
        if example or item.get_closest_marker("tensorflow_only"):
            item.add_marker(pytest.mark.skip(reason="needs the TensorFlow backend"))
