"""The captioner's first state, and stepping against teacher forcing."""

import keras
import numpy as np
import pytest
from autodiff import value_and_gradients
from keras import ops

from rnn_zoo.config import validate
from rnn_zoo.errors import ConfigError
from rnn_zoo.models.captioner import Captioner, CaptionerConfig
from rnn_zoo.models.image_encoder import measure_features

VOCABULARY = 7
IMAGES = (8, 12, 3)
SMALL = {"units": 6, "embedding_dim": 4, "filters": [3, 5], "dropout": 0.0}
NETWORKS = {
    "vanilla": ({"cell": "simple_rnn", "pooling": "flatten"}, IMAGES),
    "lstm, two layers": ({"depth": 2}, IMAGES),
    "attention": ({"attention": "additive", "depth": 2}, IMAGES),
    "gru with attention": ({"attention": "multiplicative", "cell": "gru"}, IMAGES),
    "a vector": ({"cell": "gru"}, (5,)),
    "a grid": ({"attention": "additive"}, (4, 5)),
}
EACH_NETWORK = pytest.mark.parametrize(("settings", "shape"), NETWORKS.values(), ids=NETWORKS)


def network(settings, shape, dtype="float64"):
    made = Captioner(CaptionerConfig(**SMALL | settings), shape, VOCABULARY, dtype=dtype)
    rng = np.random.default_rng(5)
    for weight in made.trainable_weights:
        weight.assign(rng.normal(scale=0.5, size=weight.shape))
    return made


def data(shape):
    rng = np.random.default_rng(6)
    most = 255 if shape == IMAGES else 1
    images = rng.uniform(0, most, (3, *shape)).astype("float32")  # as inputs are declared
    return images, rng.integers(1, VOCABULARY, (3, 4))


@EACH_NETWORK
def test_stepping_is_teacher_forcing(settings, shape):
    images, target = data(shape)
    made = network(settings, shape)
    expected = np.asarray(made([images, target]))
    state = made.initial_state(made.encoder(images))
    for t in range(target.shape[1]):
        logits, state = made.step(ops.convert_to_tensor(target[:, t]), state)
        np.testing.assert_allclose(np.asarray(logits), expected[:, t], rtol=0, atol=1e-10)
    if "attention" in settings:
        weights = np.asarray(made.alignment([images, target]))
        assert weights.shape == (3, 4, 6 if shape == IMAGES else 4)
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-10)


@pytest.mark.parametrize(
    "name", ["gru with attention", "a grid"]
)  # the entries' own: tests/test_zoo.py
def test_every_weight_has_a_gradient(name):
    settings, shape = NETWORKS[name]
    images, target = data(shape)
    made = network(settings | {"dropout": 0.2}, shape, dtype="float32")

    def value():
        return ops.sum(ops.square(made([images, target], training=True))), []

    _, _, gradients = value_and_gradients(value, [], made.trainable_variables)
    for weight, gradient in zip(made.trainable_variables, gradients, strict=True):
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0, weight.path


def test_the_first_hidden_state_is_affine_in_the_features_and_the_cell_state_is_zero():
    made = network({"depth": 2}, (5,))
    features = 4 * data((5,))[0]  # so large that a squashing function would show
    states = [np.asarray(state) for state in made.encoder(features)["states"]]
    for level in (1, 2):
        kernel, bias = made.get_layer(f"initial_hidden_{level}").get_weights()
        hidden, cell = states[2 * level - 2 : 2 * level]
        np.testing.assert_allclose(hidden, features @ kernel + bias, rtol=0, atol=1e-10)
        assert np.abs(hidden).max() > 1
        assert not cell.any()


def test_attention_finds_a_place_by_its_coordinates():
    made = network({"attention": "additive"}, IMAGES)
    memory = np.asarray(made.encoder(np.zeros((1, *IMAGES)))["memory"])
    assert memory.shape == (1, 6, 5 + 2)
    np.testing.assert_allclose(memory[0, :, 5], [-1, -1, -1, 1, 1, 1])
    np.testing.assert_allclose(memory[0, :, 6], [-1, 0, 1, -1, 0, 1])


@pytest.mark.slow_on_jax
def test_histograms_are_attended_to_with_their_places_and_have_no_weights():
    made = network({"attention": "additive", "encoder": "histograms", "grid": 2}, (8, 16, 1))
    assert made.grid == (2, 2)
    memory = made.encoder(np.zeros((1, 8, 16, 1)))["memory"]
    assert memory.shape == (1, 4, 4 + 3 * 16 + 2)
    trained = {weight.path.split("/")[0] for weight in made.trainable_weights}
    assert trained == {"decoder", "initial_hidden_1"}


@pytest.mark.slow_on_jax
def test_histograms_are_standardized_by_the_images_that_were_measured():
    made = network({"attention": "additive", "encoder": "histograms", "grid": 2}, (8, 16, 1))
    images = np.random.default_rng(0).uniform(0, 255, (9, 8, 16, 1))
    measure_features(made, [images[:4], images[4:]])
    features = np.asarray(made.encoder(images)["memory"])[..., :-2].reshape(36, -1)
    varied = np.asarray(made.get_layer("standardization").moving_variance) > 1e-4
    assert varied.sum() > 20
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(features.std(axis=0)[varied], 0.5, rtol=1e-2)
    alone = np.asarray(made.encoder(images[:1], training=True)["memory"])[0, :, :-2]
    np.testing.assert_allclose(alone, features[:4], atol=1e-6)  # in training as alone


@pytest.mark.tensorflow_only  # which network it is makes no difference to the backend, but to time
def test_a_network_of_keras_applications_that_is_not_trained():
    config = CaptionerConfig(encoder="MobileNetV2", train_encoder=False, **SMALL)
    made = Captioner(config, (32, 32, 3), VOCABULARY)
    assert made.grid == (1, 1)
    trained = {weight.path.split("/")[0] for weight in made.trainable_weights}
    assert trained == {"decoder", "initial_hidden_1"}
    seen = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    grid = keras.Model(made.inputs[0], made.get_layer("coordinates").output)
    alone = made.get_layer("mobilenetv2_1.00_32")
    expected = alone(keras.applications.mobilenet_v2.preprocess_input(seen.copy()))
    np.testing.assert_allclose(np.asarray(grid(seen))[..., :-2], np.asarray(expected), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "mobilenet"}, "a network of keras.applications such as 'MobileNetV2'"),
        ({"filters": []}, "filters"),
        ({"grid": 0}, "grid"),
        ({"orientations": "all"}, "should be 'mirrored' or 'any', got 'all'"),
    ],
)
def test_settings_that_do_not_fit(settings, message):
    with pytest.raises(ConfigError, match=message):
        validate(CaptionerConfig, settings, "network")


@pytest.mark.parametrize(
    ("settings", "shape", "message"),
    [
        ({"attention": "additive"}, (5,), "Attention needs positions"),
        ({"orientations": "mirrored"}, (4, 5), "Features have no orientation"),
        ({"orientations": "any"}, (8, 9, 1), r"must be square; `shape` is \[8, 9, 1\]"),
        ({"encoder": "MobileNetV2"}, (16, 16, 3), "MobileNetV2 for images .* at least 32x32"),
        ({"encoder": "histograms"}, (16, 20, 3), "grid: .* must be multiples of 16"),
    ],
)
def test_settings_that_do_not_fit_the_shape(settings, shape, message):
    with pytest.raises(ConfigError, match=message):
        Captioner(CaptionerConfig(**SMALL | settings), shape, VOCABULARY)
