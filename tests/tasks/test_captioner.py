"""Captioning, from images in any form to captions, a saved model and a served one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_classifier import assert_same_weights

from rnn_zoo import layers
from rnn_zoo.decoding import Beam
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.figures import attention_figure
from rnn_zoo.pipeline import EpochOrder, read_examples
from rnn_zoo.tasks import ImageCaptioner

READ_BY_TENSORFLOW = pytest.mark.tensorflow_only  # on either backend
SHAPE = [6, 6, 1]
BRIGHT = np.array([0, 90, 170, 255], "uint8")
IMAGES = [np.full((6, 6), value, "uint8") for value in BRIGHT]
CAPTIONS = ["a black night", "dark", "a light gray wall", "snow"]
SEVERAL = [
    ["a black night", "night", "a black night"],
    ["dark"],
    ["a light gray wall", "a wall", "gray"],
    ["snow"],
]
NETWORK = {"units": 16, "embedding_dim": 8, "dropout": 0.0, "filters": [16]}


def small_captioner(shape=SHAPE, **network):
    keras.utils.set_random_seed(0)
    task = ImageCaptioner(NETWORK | network, {"shape": shape, "max_length": 8})
    task.compile(keras.optimizers.Adam(0.01, clipnorm=1.0))
    return task


def fitted(task, *data, **kwargs):
    task.fit(*data, **{"epochs": 1, "shuffle": False, "verbose": 0, "batch_size": 4} | kwargs)
    return task


def png(image):
    return tf.io.encode_png(image[:, :, None]).numpy()


@pytest.fixture(scope="module")
def trained():
    task = small_captioner(attention="additive", pooling="flatten")
    return fitted(task, IMAGES * 50, CAPTIONS * 50, epochs=8, shuffle=True)


def test_it_learns_and_an_image_alone_is_captioned_alike(trained):
    assert trained.generate(IMAGES) == CAPTIONS
    assert trained.generate(IMAGES[2:3]) == CAPTIONS[2:3]
    assert trained.generate(IMAGES, Beam(2)) == CAPTIONS
    assert trained.predict(IMAGES, verbose=0).shape == (4, 8)


def test_adapting_measures_the_features_of_the_training_images():
    task = ImageCaptioner(
        NETWORK | {"encoder": "histograms", "grid": 2}, {"shape": [8, 8, 1], "max_length": 8}
    )
    images = [np.full((8, 8), value, "uint8") for value in BRIGHT]
    task.adapt(images, CAPTIONS)
    features = layers.LocalHistograms(2)(np.stack(images)[..., None].astype("float32"))
    statistics = task.network.get_layer("standardization")
    np.testing.assert_allclose(statistics.moving_mean, np.mean(features, (0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(statistics.moving_variance, np.var(features, (0, 1, 2)), atol=1e-6)


@READ_BY_TENSORFLOW
def test_images_in_every_form(trained, tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(4)]
    for path, image in zip(paths, IMAGES, strict=True):
        path.write_bytes(png(image))
    encoded = [png(image) for image in IMAGES]
    large = np.stack(IMAGES).repeat(2, axis=1).repeat(2, axis=2)
    colors = np.stack([IMAGES] * 3, axis=-1).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(encoded)
    for form in (paths, list(map(str, paths)), encoded, large, colors, data, data.batch(3)):
        assert trained.generate(form) == CAPTIONS
    for one in (paths[2], str(paths[2]), encoded[2]):
        assert trained.generate(one) == CAPTIONS[2]
    assert trained.answers([str(path) for path in paths]) == CAPTIONS


def test_scores_take_all_captions_of_an_image(trained):
    scores = trained.evaluate(IMAGES, SEVERAL, verbose=0, return_dict=True)
    assert scores["exact"] == 1.0
    assert scores["bleu1"] == pytest.approx(100)
    wrong = trained.evaluate(IMAGES, CAPTIONS[::-1], verbose=0, return_dict=True)
    assert wrong["exact"] == wrong["bleu4"] == 0.0


def test_each_caption_makes_a_pair_with_the_weight_of_its_image(trained):
    def evaluate(images, captions, weights):
        scores = trained.evaluate(
            images, captions, sample_weight=weights, batch_size=8, verbose=0, return_dict=True
        )
        return [scores[name] for name in ("loss", "perplexity", "accuracy")]

    rows = [0, 0, 0, 1, 2, 2, 2, 3]
    one_each = [text for captions in SEVERAL for text in captions]
    weights = np.array([1.0, 2.0, 0.5, 3.0])
    together = evaluate(IMAGES, SEVERAL, weights)
    each = evaluate([IMAGES[i] for i in rows], one_each, weights[rows])
    np.testing.assert_allclose(together, each, rtol=1e-5)
    plain = evaluate(IMAGES, SEVERAL, None)
    assert not np.allclose(plain[0], together[0], rtol=1e-3)


@READ_BY_TENSORFLOW
def test_batches_hold_pairs_of_few_shapes(trained):
    raw = read_examples(trained.preprocessor, IMAGES * 50, SEVERAL * 50)
    batches = trained._batches(raw, 8, EpochOrder())
    assert len(batches) == -(-7 * 50 // 8)
    pairs = set()
    shapes = set()
    for (images, before), after, _ in batches:
        shapes.add((images.shape, before.shape))
        texts = trained.target_tokenizer.text(after).numpy()
        pairs |= {(image.numpy().mean(), text) for image, text in zip(images, texts, strict=True)}
    assert len(shapes) <= 2
    assert pairs == {
        (value, text.encode())
        for value, texts in zip(BRIGHT, SEVERAL, strict=True)
        for text in texts
    }


@pytest.mark.slow
@READ_BY_TENSORFLOW
def test_a_dataset_of_encoded_images_and_captions():
    captions = tf.ragged.constant(SEVERAL)
    data = tf.data.Dataset.from_tensor_slices(([png(image) for image in IMAGES], captions))
    task = fitted(small_captioner(), data)
    again = fitted(small_captioner(), IMAGES, SEVERAL)
    assert_same_weights(task, again, atol=1e-6)
    endless = task.evaluate(data.repeat(), steps=2, batch_size=2, verbose=0, return_dict=True)
    assert np.isfinite(endless["loss"])


def test_a_saved_model_captions_alike_and_trains_on(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded, trained, atol=0)
    assert loaded.generate(IMAGES) == CAPTIONS
    assert np.isfinite(fitted(loaded, IMAGES, SEVERAL).history.history["loss"]).all()


@pytest.mark.tensorflow_only
def test_served_beams_and_a_server_that_streams(trained, tmp_path):
    trained.export(tmp_path / "served", decoding=Beam(3))
    served = tf.saved_model.load(tmp_path / "served").signatures
    images = tf.constant([png(image) for image in IMAGES])
    found = served["serving_default"](image=images)["text"].numpy()
    assert [text.decode() for text in found] == trained.generate(IMAGES, Beam(3))
    state = served["encode"](image=images)
    tokens = []
    for _ in range(8):
        state = served["step"](**state)
        state["token"] = tf.argmax(state.pop("logits"), axis=-1, output_type=tf.int32)
        tokens.append(state["token"])
    texts = trained.target_tokenizer.text(tf.stack(tokens, axis=1)).numpy()
    assert [text.decode() for text in texts] == CAPTIONS


def test_attention_over_the_image(trained):
    image, words, weights = trained.attention(IMAGES[2], CAPTIONS[2])
    np.testing.assert_array_equal(image[..., 0], IMAGES[2])
    assert words == ["a", "light", "gray", "wall", "[END]"]
    assert weights.shape == (5, 3, 3)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1.0, atol=1e-5)
    titles = [axes.get_title() for axes in attention_figure(image, words, weights).axes]
    assert titles == ["", *words]


@pytest.mark.tensorflow_only
def test_features_instead_of_images(tmp_path):
    task = small_captioner([2])
    features = np.eye(2) * 3
    fitted(task, features[[0, 1] * 50], [["one"], ["the other", "two"]] * 50, epochs=4)
    assert task.generate(features)[0] == "one"
    task.export(tmp_path / "served")
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    found = serve(features=tf.constant(features, tf.float32))["text"].numpy()
    assert [text.decode() for text in found] == task.generate(features)
    with pytest.raises(ConfigError, match="has no attention"):
        task.attention(features[0], "one")


def test_calling_needs_the_caption(trained):
    images = np.stack(IMAGES)[..., None]
    assert trained([images, np.array([[2, 4]] * 4)]).shape[:2] == (4, 2)
    for wrong in (images, [images]):
        with pytest.raises(ValueError, match=r"takes \[images, target\], as model.tensors\(x, y\)"):
            trained(wrong)


def test_token_ids():
    task = ImageCaptioner(NETWORK, {"shape": SHAPE}, vocabulary_size=9)
    task.compile(keras.optimizers.SGD(0.1))
    ids = np.array([[4, 5, 0], [6, 7, 8], [4, 0, 0], [5, 5, 5]])
    scores = fitted(task, IMAGES, ids).evaluate(IMAGES, ids, verbose=0, return_dict=True)
    assert sorted(scores) == ["accuracy", "loss", "perplexity"]


@pytest.mark.tensorflow_only
def test_pretrained_weights_are_fetched_once(monkeypatch, tmp_path):
    """What is asked for when a network is built, when it is saved, and when it cannot be had."""
    asked = []

    def no_network(*arguments, **options):
        asked.append(options["weights"])
        if options["weights"] is not None:
            raise Exception("URL fetch failure on https://storage")
        return make(*arguments, **options)

    module = keras.applications.mobilenet_v2
    make = module.MobileNetV2
    monkeypatch.setattr(module, "MobileNetV2", no_network)
    settings = {"encoder": "MobileNetV2", "encoder_weights": "imagenet", "units": 8}
    with pytest.raises(ConfigError, match="weights='imagenet': URL fetch failure"):
        ImageCaptioner(settings, {"shape": [32, 32, 3]}, vocabulary_size=9)
    task = ImageCaptioner(settings, {"shape": [32, 32, 3]})
    assert task.get_config()["network"]["encoder_weights"] == "imagenet"
    assert asked == ["imagenet"]


@pytest.mark.tensorflow_only
def test_a_saved_model_fetches_no_pretrained_weights(monkeypatch, tmp_path):
    """Its file names them, and holds those that training has made of them."""
    asked = []

    def small(*, weights, input_shape, include_top):
        asked.append((weights, include_top))
        return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(4, 3, strides=8)])

    monkeypatch.setattr(keras.applications.mobilenet_v2, "MobileNetV2", small)
    settings = {"encoder": "MobileNetV2", "encoder_weights": "imagenet", "units": 8}
    task = ImageCaptioner(settings, {"shape": [32, 32, 3]}, vocabulary_size=9)
    task.compile("adam")
    task.save(tmp_path / "task.keras")
    assert asked == [("imagenet", False)]
    assert task.get_config()["network"]["encoder_weights"] == "imagenet"
    loaded = keras.saving.load_model(tmp_path / "task.keras")
    assert asked == [("imagenet", False), (None, False)]
    for found, expected in zip(loaded.get_weights(), task.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


BAD_PAIRS = {
    "no caption": (IMAGES, [*CAPTIONS[:3], []], "Example 3 has an image, but no caption"),
    "fewer captions": (IMAGES, SEVERAL[:2], "got 4 inputs, 2 targets"),
    "no image": ([*IMAGES[:3], "a.png"], CAPTIONS, "Example 3, a.png: cannot be read"),
    "no word": (IMAGES, [["a"], [" "]] * 2, "Example 1 has a caption without a word"),
    "nothing": ([], [], "The data are empty"),
}


@READ_BY_TENSORFLOW
@pytest.mark.parametrize("case", BAD_PAIRS)
def test_bad_pairs(case):
    x, y, message = BAD_PAIRS[case]
    with pytest.raises(DataError, match=message):
        small_captioner().fit(x, y, verbose=0)


@READ_BY_TENSORFLOW
def test_decoded_images_of_a_dataset_have_the_right_shape():
    data = tf.data.Dataset.from_tensor_slices((np.zeros((4, 5, 5, 1), "uint8"), CAPTIONS))
    with pytest.raises(DataError, match=r"should have the shape \(6, 6, 1\).* have \(5, 5, 1\)"):
        small_captioner().fit(data, verbose=0)


@READ_BY_TENSORFLOW
@pytest.mark.parametrize("batch", [None, 2])
def test_pixel_values_of_a_dataset_are_checked_where_they_are_adapted_to(batch):
    data = tf.data.Dataset.from_tensor_slices((np.full((4, *SHAPE), np.nan, "float32"), CAPTIONS))
    with pytest.raises(DataError, match=r"Pixel values lie in .* found nan"):
        small_captioner().fit(data.batch(batch) if batch else data, verbose=0)


@READ_BY_TENSORFLOW
def test_padded_captions_of_a_dataset_are_those_of_a_list(trained):
    padded = tf.ragged.constant(SEVERAL).to_tensor()
    data = tf.data.Dataset.from_tensor_slices((np.stack(IMAGES)[..., None], padded))
    expected = trained.evaluate(IMAGES, SEVERAL, batch_size=8, verbose=0)
    for form in (data, data.batch(4)):
        assert trained.evaluate(form, batch_size=8, verbose=0) == pytest.approx(expected)


def test_a_shape_is_needed():
    with pytest.raises(ConfigError, match="shape"):
        ImageCaptioner()
