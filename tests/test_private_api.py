"""The private names of Keras and TFDS that the library leans on: which, and whether they hold."""

import ast
import os
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import rnn_zoo
from rnn_zoo import _keras_private, cells, layers

ROOT = Path(rnn_zoo.__file__).parent


def test_one_module_imports_private_modules_of_keras():
    """Attributes such as `keras.src.ops` and names that another module hands on are seen too."""
    project = ROOT.parent
    found = {
        str(path.relative_to(project))
        for folder in (ROOT, project / "tests", project / "benchmarks")
        for path in folder.rglob("*.py")
        if path != Path(__file__) and re.search(r"keras\.src|keras import src", path.read_text())
    }
    # The tests repair a table of dtypes that no module of the package reads.
    assert found == {"rnn_zoo/_keras_private.py", "tests/conftest.py"}


def test_no_module_hands_private_names_on():
    names = {name for name in vars(_keras_private) if not name.startswith("__")}
    names -= {"Any", "Sequence", "keras"}
    assert names == {
        "AutocastScope",
        "ClippingAdam",
        "CACHED_EVALUATION",
        "DropoutRNNCell",
        "draw_dropout_masks",
        "flatten_layers",
        "forget_layer",
        "get_global_attribute",
        "get_keras_mask",
        "keras_home",
        "knows_variables",
        "weight_and_moments",
        "writes_legacy_file",
        "forget_dropout_masks",
        "frozen_graph",
        "in_stateless_scope",
    }
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module != "rnn_zoo._keras_private":
                handed_on = names & {alias.name for alias in node.names}
                assert not handed_on or path.name == "_keras_private.py", (path, handed_on)


def test_these_are_all():
    pattern = re.compile(
        r"keras\.src[\w.]* import \w+|tensorflow\.python[\w.]* import \w+"
        r"|tensorflow_datasets\.core[\w.]* import \w+"
        r"|_flatten_layers|_tracker|_maybe_\w+_dropout_masks|_clip_gradients|_get_variable_index"
        r"|(?<!non)_(?:trainable_variables|momentums|velocities|velocity_hats)\b"
    )
    found = {
        (str(path.relative_to(ROOT)), match)
        for path in ROOT.rglob("*.py")
        for match in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert found == {
        ("_keras_private.py", "keras.src.backend import AutocastScope"),
        ("_keras_private.py", "keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell"),
        (
            "_keras_private.py",
            "keras.src.backend.common.stateless_scope import in_stateless_scope",
        ),
        ("_keras_private.py", "keras.src.backend.common.global_state import get_global_attribute"),
        ("_keras_private.py", "keras.src.backend.common.masking import get_keras_mask"),
        ("_keras_private.py", "keras.src.backend.config import keras_home"),
        ("_keras_private.py", "tensorflow.python.framework import convert_to_constants"),
        ("_keras_private.py", "_flatten_layers"),
        ("_keras_private.py", "_tracker"),
        ("_keras_private.py", "_trainable_variables"),
        ("_keras_private.py", "_maybe_config_dropout_masks"),
        ("_keras_private.py", "_maybe_reset_dropout_masks"),
        ("_keras_private.py", "_clip_gradients"),
        ("_keras_private.py", "_get_variable_index"),
        ("_keras_private.py", "_momentums"),
        ("_keras_private.py", "_velocities"),
        ("datasets/tfds.py", "tensorflow_datasets.core.download import resource"),
        ("datasets/tfds.py", "tensorflow_datasets.core.download import downloader"),
    }
    tests = {path for path in Path(__file__).parent.rglob("*.py") if path != Path(__file__)}
    assert not [path for path in tests if "._flatten_layers" in path.read_text(encoding="utf-8")]


def test_weights_are_read_in_the_precision_of_the_scope():
    """`AutocastScope` under `layers.RNN`."""
    weight = keras.Variable(np.zeros(2), dtype="float32")
    with _keras_private.AutocastScope("bfloat16"):
        assert keras.backend.standardize_dtype(weight.value.dtype) == "bfloat16"


def test_keras_has_a_home():
    """`keras_home` under the cache of word vectors."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    assert Path(_keras_private.keras_home()) == home


@pytest.mark.tensorflow_only
def test_functions_that_ask_not_to_be_inlined_stay():
    """`frozen_graph` under the export to ONNX."""
    import tensorflow as tf

    weight = tf.Variable([2.0, 3.0])
    options = {"autograph": False, "experimental_attributes": {"_noinline": True}}
    inner = tf.function(lambda x, w: x * w, **options)
    outer = tf.function(lambda x: {"y": inner(x, tf.identity(weight))})
    concrete = outer.get_concrete_function(tf.TensorSpec([2], tf.float32))
    graph, (x,), (y,) = _keras_private.frozen_graph(concrete)
    assert "StatefulPartitionedCall" in {node.op for node in graph.node} or "PartitionedCall" in {
        node.op for node in graph.node
    }
    with tf.Graph().as_default() as made, tf.compat.v1.Session() as session:
        tf.import_graph_def(graph, name="")
        assert session.run(made.get_tensor_by_name(y), {x: [1.0, 1.0]}).tolist() == [2.0, 3.0]


def test_a_stateless_scope_is_seen():
    """`in_stateless_scope` under the loops of JAX."""
    assert not _keras_private.in_stateless_scope()
    with keras.StatelessScope():
        assert _keras_private.in_stateless_scope()


def test_masks_are_drawn_for_stacked_cells_too_and_forgotten():
    """`draw_dropout_masks` and `forget_dropout_masks` under `layers.RNN`."""
    stacked = [keras.layers.GRUCell(2, dropout=0.5), cells.LSTMCell(2, recurrent_dropout=0.5)]
    layer = layers.RNN(stacked)
    layer.build((1, 3, 2))
    _keras_private.draw_dropout_masks(layer, np.ones((1, 2)), layer.get_initial_state(1))
    assert stacked[0]._dropout_mask is not None
    assert stacked[1]._recurrent_dropout_mask is not None
    _keras_private.forget_dropout_masks(layer)
    assert stacked[0]._dropout_mask is None
    assert stacked[1]._recurrent_dropout_mask is None


def test_keras_draws_the_masks_of_our_cells_before_the_loop():
    """`DropoutRNNCell`: with one mask for the sequence, a linear sum of ones is t or 0."""
    cell = cells.SimpleRNNCell(
        64, activation=None, kernel_initializer="identity", recurrent_initializer="identity",
        dropout=0.5,
    )  # fmt: skip
    outputs = keras.layers.RNN(cell, return_sequences=True)(np.ones((1, 3, 64)), training=True)
    steps = np.asarray(outputs)[0] / np.array([[2.0], [4.0], [6.0]])
    assert set(np.unique(steps)) == {0.0, 1.0}
    assert (steps == steps[0]).all()


def test_fit_marks_the_evaluation_it_runs():
    """`_use_cached_eval_dataset`: how `Task.evaluate` knows batches of `fit` from raw examples."""
    seen = []

    class Watched(keras.Sequential):
        def evaluate(self, *args, **kwargs):
            seen.append(set(kwargs))
            return super().evaluate(*args, **kwargs)

    model = Watched([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = y = np.ones((2, 1))
    model.fit(x, y, validation_data=(x, y), verbose=0)
    model.evaluate(x, y, verbose=0)
    assert _keras_private.CACHED_EVALUATION in seen[0]
    assert _keras_private.CACHED_EVALUATION not in seen[1]


def test_keras_knows_layers_inside_of_layers():
    """`Layer._flatten_layers`, by which `diagnostics` finds cells wherever they are."""

    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.scans = [layers.RNN(cells.GRUCell(2))]
            self.named = {"lstm": keras.layers.Bidirectional(keras.layers.LSTM(2))}

        def call(self, x):
            return self.scans[0](x) + self.named["lstm"](x)[:, :2]

    holder = Holder()
    inner = keras.Sequential([keras.Input((3, 2)), holder])
    model = keras.Sequential([keras.Input((3, 2)), inner])
    found = {id(layer) for layer in _keras_private.flatten_layers(model)}
    both = holder.named["lstm"]
    expected = [inner, holder, *holder.scans, holder.scans[0].cell, both, both.forward_layer]
    assert {id(layer) for layer in [*expected, both.backward_layer.cell]} <= found
    assert model in _keras_private.flatten_layers(model, include_self=True)


def test_a_config_for_an_old_file_is_told_from_others(tmp_path):
    """`writes_legacy_file` under `BaseTask.get_config`."""
    seen = []

    class Watched(keras.Sequential):
        def get_config(self):
            seen.append(_keras_private.writes_legacy_file())
            return super().get_config()

    model = Watched([keras.Input((2,)), keras.layers.Dense(1)])
    for name in ("model.h5", "model.keras"):
        keras.saving.save_model(model, tmp_path / name)
        assert seen[-1] == name.endswith(".h5")


def test_a_mask_is_read_off_a_tensor():
    """`get_keras_mask` under `layers.Attention` and `models.Decoder`."""
    masked = keras.layers.Masking()(np.array([[[1.0], [0.0]]]))
    np.testing.assert_array_equal(_keras_private.get_keras_mask(masked), [[True, False]])
    assert _keras_private.get_keras_mask(ops.ones((1, 2))) is None


def test_a_layer_that_is_set_again_is_forgotten():
    """`forget_layer` under `BaseTask`: Keras itself holds both."""
    holder, first, second = keras.layers.Layer(), keras.layers.Dense(1), keras.layers.Dense(1)
    holder.held = first
    _keras_private.forget_layer(holder, first)
    holder.held = second
    assert _keras_private.flatten_layers(holder) == [second]


@pytest.mark.parametrize("scaled", [False, True])
def test_an_optimizer_says_what_it_was_built_for(scaled):
    """`knows_variables` under `BaseTask`."""
    known, other = (keras.Variable(np.ones(2)) for _ in range(2))
    optimizer = keras.optimizers.Adam()
    optimizer = keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer
    optimizer.build([known])
    assert _keras_private.knows_variables(optimizer, [known])
    assert not _keras_private.knows_variables(optimizer, [known, other])


def test_keras_runs_what_a_layer_and_its_cell_are_given():
    """`call` and `inner_loop` as attributes of an instance, by which `diagnostics` records."""
    layer = keras.layers.LSTM(2)
    x = np.ones((1, 3, 2), "float32")
    layer(x)
    seen = []

    def watched(name, method):
        return lambda *args, **kwargs: seen.append(name) or method(*args, **kwargs)

    for thing, name in ((layer, "call"), (layer, "inner_loop"), (layer.cell, "call")):
        vars(thing)[name] = watched(f"{type(thing).__name__}.{name}", getattr(thing, name))
    vars(layer)["use_cudnn"] = False
    layer(x)
    assert seen[:2] == ["LSTM.call", "LSTM.inner_loop"]
    assert set(seen[2:]) == {"LSTMCell.call"}


def test_adam_keeps_moments_by_the_number_of_a_weight():
    """`weight_and_moments`, which our `Adam` reads and writes."""
    weights = [keras.Variable(np.ones(width), name=f"w{width}") for width in (2, 3)]
    optimizer = keras.optimizers.Adam()
    optimizer.build(weights)
    optimizer.apply([np.full(width, 2.0, "float32") for width in (2, 3)], weights)
    for width, weight in zip((2, 3), weights, strict=True):
        found, *moments = _keras_private.weight_and_moments(optimizer, weight)
        assert found is weight
        for moment, expected in zip(moments, (0.2, 0.004), strict=True):
            np.testing.assert_allclose(moment, np.full(width, expected), rtol=1e-4)


@pytest.mark.parametrize("accumulate", [None, 2])
def test_keras_clips_all_gradients_by_one_method(accumulate):
    """`ClippingAdam`, whose `clip_gradients` our `Adam` replaces."""
    seen = []

    class Watched(_keras_private.ClippingAdam):
        def clip_gradients(self, gradients):
            seen.append(
                [float(ops.max(gradient)) for gradient in super().clip_gradients(gradients)]
            )
            return [0 * gradient for gradient in gradients]

    weights = [keras.Variable(np.ones(2), dtype="float32") for _ in range(2)]
    optimizer = Watched(1.0, clipvalue=0.5, gradient_accumulation_steps=accumulate)
    for _ in range(accumulate or 1):
        optimizer.apply([np.ones(2, "float32")] * 2, weights)
    assert seen[-1] == [0.5, 0.5]
    np.testing.assert_array_equal(weights[1], np.ones(2))


@pytest.mark.tensorflow_only
def test_tfds_names_downloads_and_counts_retries():
    from tensorflow_datasets.core.download import downloader, resource

    assert isinstance(downloader.MAX_RETRIES, int)
    name = resource.get_dl_fname("http://example.org/reviews.tar.gz", "0" * 64)
    assert name.endswith(".tar.gz")
    assert "example.org" in name
