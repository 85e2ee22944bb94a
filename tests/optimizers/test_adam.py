"""Adam in one pass is Keras' Adam."""

import gc

import keras
import numpy as np
import pytest
from keras import ops

from rnn_zoo.optimizers import Adam, adam

# In single precision, in which Keras holds them, the numbers that they are here.
RATES = {"learning_rate": 0.125, "beta_1": 0.875, "beta_2": 1 - 2**-10}
SHAPES = [(7, 3), (4,), (2, 5)]
CLIPPINGS = [
    {},
    {"clipnorm": 1.5},
    {"clipnorm": -1.5},
    {"global_clipnorm": 1.5},
    {"clipvalue": 0.5},
]
OTHERS = [{"amsgrad": True}, {"weight_decay": 0.1}, {"use_ema": True}, {"epsilon": 0.01}]


@pytest.fixture(autouse=True)
def small_weights_too(monkeypatch):
    monkeypatch.setattr(adam, "LARGE", 7)


def trained(optimizer, compiled=True, dtype="float64"):
    """Weights and the optimizer's state after three steps, and the function that took them."""
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.normal(size=shape), dtype=dtype) for shape in SHAPES]
    optimizer.build(weights)

    def step(gradients):
        optimizer.apply(gradients, weights)

    if compiled and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        step = tf.function(step, autograph=False)
    for _ in range(3):
        step([ops.convert_to_tensor(rng.normal(size=shape), dtype) for shape in SHAPES])
    return [ops.convert_to_numpy(v) for v in (*weights, *optimizer.variables)], step


@pytest.mark.parametrize("settings", CLIPPINGS + OTHERS, ids=str)
def test_it_is_the_adam_of_keras(settings):
    found, _ = trained(Adam(**RATES, **settings))
    expected, _ = trained(keras.optimizers.Adam(**RATES, **settings))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("compiled", [True, False])
def test_in_single_precision_and_eagerly(compiled):
    found, _ = trained(Adam(0.125, clipnorm=1.0), compiled, "float32")
    expected, _ = trained(keras.optimizers.Adam(0.125, clipnorm=1.0), compiled, "float32")
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(("settings", "passes"), [({}, 2), ({"amsgrad": True}, 0)])
def test_one_pass_for_each_large_weight(settings, passes):
    import tensorflow as tf

    _, step = trained(Adam(0.125, **settings))
    graph = step.get_concrete_function([tf.zeros(shape, "float64") for shape in SHAPES]).graph
    compiled = [
        operation
        for operation in graph.get_operations()
        if "_XlaMustCompile" in operation.node_def.attr
    ]
    assert len(compiled) == passes


@pytest.mark.tensorflow_only
def test_that_pass_clips_as_it_reads():
    """`_clip_gradients` of Keras: no array of a clipped gradient is made."""
    import tensorflow as tf

    _, step = trained(Adam(0.125, clipnorm=1.5))
    given = [tf.TensorSpec(shape, "float64") for shape in SHAPES]
    operations = step.get_concrete_function(given).graph.get_operations()
    compiled = [o for o in operations if "_XlaMustCompile" in o.node_def.attr]
    for operation in compiled:
        gathered = operation.inputs[0]  # from all replicas, however few
        assert gathered.op.inputs[gathered.value_index].op.type == "Placeholder"
    assert len(compiled) == 2


@pytest.mark.tensorflow_only
def test_slices_are_clipped_as_keras_does_it():
    import tensorflow as tf

    def after(optimizer):
        table = keras.Variable(np.ones((4, 3)), dtype="float32")
        optimizer.build([table])

        @tf.function
        def step():
            values = tf.reshape(tf.range(9.0), (3, 3))
            optimizer.apply([tf.IndexedSlices(values, tf.constant([1, 2, 1]), tf.constant([4, 3]))])

        step()
        return ops.convert_to_numpy(table)

    settings = {**RATES, "clipnorm": 1.5, "epsilon": 0.25}
    np.testing.assert_allclose(
        after(Adam(**settings)), after(keras.optimizers.Adam(**settings)), rtol=1e-6
    )


@pytest.mark.tensorflow_only
def test_gradients_of_unknown_shape_and_plain_variables():
    import tensorflow as tf

    def after(optimizer):
        weight = tf.Variable(np.ones((4, 3)))
        optimizer.build([weight])

        @tf.function(input_signature=[tf.TensorSpec(None, "float64")])
        def unknown(gradient):
            optimizer.apply([gradient])

        @tf.function
        def known(gradient):
            optimizer.apply([gradient])

        for step in (unknown, known):
            step(tf.reshape(tf.range(12, dtype="float64"), (4, 3)))
        return weight.numpy()

    settings = {**RATES, "clipnorm": 1.5}
    np.testing.assert_allclose(
        after(Adam(**settings)), after(keras.optimizers.Adam(**settings)), rtol=1e-12
    )


@pytest.mark.tensorflow_only
def test_an_update_of_a_subclass_is_given_clipped_gradients():
    import tensorflow as tf

    norms = []

    class Watching(Adam):
        clips_late = False

        def update_step(self, gradient, variable, learning_rate):
            norms.append(tf.norm(gradient))
            super().update_step(gradient, variable, learning_rate)

    optimizer = Watching(clipnorm=1.5)
    weight = keras.Variable(np.ones((4, 3)), dtype="float32")
    optimizer.build([weight])

    @tf.function
    def step():
        optimizer.apply([tf.fill((4, 3), 5.0)])
        return norms[-1]

    assert float(step()) == pytest.approx(1.5)


def test_a_subclass_says_whether_it_is_given_clipped_gradients():
    class Mixin:
        def update_step(self, gradient, variable, learning_rate):
            raise NotImplementedError

    with pytest.raises(TypeError, match=r"replaces `update_step`: declare `clips_late`"):
        type("Own", (Mixin, Adam), {})
    type("Own", (Mixin, Adam), {"clips_late": False})


def test_several_models_are_trained_one_after_another():
    """What is compiled for a weight must not outlive it."""
    for _ in range(2):
        model = keras.Sequential([keras.layers.Dense(4)])
        model.compile(Adam(0.125), "mse")
        model.fit(np.ones((4, 3)), np.ones((4, 4)), verbose=0)
        del model
        gc.collect()


def test_it_is_saved_and_loaded():
    optimizer = Adam(0.125, beta_1=0.5, clipnorm=2.0)
    loaded = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(loaded) is Adam
    assert loaded.get_config() == optimizer.get_config()
