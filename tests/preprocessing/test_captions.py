"""Images in every form, captions of every number, and what is wrong with others."""

import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.config import validate
from rnn_zoo.errors import ConfigError, DataError
from rnn_zoo.pipeline.batches import plain
from rnn_zoo.preprocessing.captions import CaptionsConfig, CaptionsPreprocessor
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.images import encode_images, read_images

pytestmark = pytest.mark.tensorflow_only

Dataset = tf.data.Dataset
SHAPE = (4, 6, 3)
RNG = np.random.default_rng(0)
COLORS = RNG.integers(0, 256, SHAPE, dtype=np.uint8)
GRAY = RNG.integers(0, 256, (4, 6), dtype=np.uint8)
LARGE = RNG.integers(0, 256, (9, 13, 3), dtype=np.uint8)


def png(image):
    return tf.io.encode_png(image).numpy()


def test_arrays_files_and_bytes_are_the_same_images(tmp_path):
    images = [COLORS, np.repeat(GRAY[..., None], 3, axis=-1), LARGE]
    expected = read_images(images, SHAPE).numpy()
    assert expected.shape == (3, *SHAPE)
    np.testing.assert_array_equal(expected[0], COLORS)
    np.testing.assert_array_equal(expected[1], images[1])
    encoded = [png(image) for image in images]
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path, content in zip(paths, encoded, strict=True):
        path.write_bytes(content)
    in_graph = tf.function(lambda x: encode_images(x, SHAPE))(tf.constant(encoded))
    forms = [
        read_images([COLORS, GRAY, LARGE.astype("float32")], SHAPE),
        read_images(encoded, SHAPE),
        read_images(paths, SHAPE),
        read_images([str(path) for path in paths], SHAPE),
        read_images(tf.constant(encoded), SHAPE),
        in_graph,
    ]
    for form in forms:
        assert form.dtype == tf.uint8
        np.testing.assert_array_equal(form, expected)
    np.testing.assert_array_equal(read_images(expected, SHAPE), expected)


@pytest.mark.parametrize("encode", [tf.io.encode_jpeg, tf.io.encode_png])
def test_formats_and_gray(encode):
    smooth = np.full((8, 8, 3), (200, 100, 50), "uint8")
    (found,) = read_images([encode(smooth).numpy()], (2, 2, 1)).numpy()
    np.testing.assert_allclose(found, 0.2989 * 200 + 0.587 * 100 + 0.114 * 50, atol=2)


BAD_IMAGES = {
    "one path": ("a.png", "One bare image was given"),
    "no file": (["a.png"], r"Example 0, a.png: cannot be read: No such file"),
    "no image": ([png(COLORS), b"GIF of a cat"], "Example 1: is no image that can be decoded"),
    "half an image": ([png(LARGE)[:60]], "Example 0: is no image that can be decoded"),
    "one array": (GRAY.astype("float32"), "a row an image; this has the shape"),
    "a number": ([COLORS, 3], r"Example 1 is no image but int \(3\): pass arrays"),
    "texts in an array": ([np.array([["a"]])], "no image but an array of <U1"),
    "too many dimensions": (np.zeros((1, 2, 3, 4, 5)), r"of the shape \(2, 3, 4, 5\)"),
    "four channels": ([np.zeros((4, 6, 4))], "Example 0 has 4 channels; an image has 1 or 3"),
    "out of range": ([COLORS, GRAY - 300.0], "Example 1: pixel values lie in"),
    "not a number": ([GRAY * np.nan], r"these go from nan to nan"),
    "scaled": (np.stack([COLORS, COLORS]) / 255, "multiply them by 255"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images(case):
    images, message = BAD_IMAGES[case]
    with pytest.raises(DataError, match=message):
        read_images(images, SHAPE)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9, -5.0, 256])
def test_decoded_images_of_a_dataset_hold_pixel_values(value):
    images = np.stack([COLORS, np.full(SHAPE, value)])
    with pytest.raises(DataError, match="pixel values lie in"):
        read_images(images, SHAPE)
    message = rf"^Pixel values lie in \[0, 255\]; found {value:g}\.$"
    with pytest.raises(DataError, match=message.replace("+", r"\+")), graph_errors():
        list(Dataset.from_tensors(images).map(lambda x: encode_images(x, SHAPE)))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_decoded_images_of_a_dataset_stay_as_they_are(dtype):
    images = np.stack([COLORS, COLORS // 2]).astype(dtype)
    (found,) = Dataset.from_tensors(images).map(lambda x: encode_images(x, SHAPE))
    np.testing.assert_array_equal(found, images)


def test_a_dark_image_is_no_mistake():
    assert not read_images([np.zeros((4, 6)), np.zeros((4, 6))], SHAPE).numpy().any()


@pytest.fixture
def preprocessor():
    return CaptionsPreprocessor(CaptionsConfig(shape=list(SHAPE), max_length=5))


CAPTIONS = [["A red dog", "a dog .", "A red dog"], "a cat", ("one very large cat there",)]


def test_a_pair_for_every_caption(preprocessor):
    images = read_images([COLORS, GRAY, LARGE], SHAPE)
    captions = preprocessor.read_targets(CAPTIONS, images)
    assert captions.row_lengths().numpy().tolist() == [3, 1, 1]
    x, texts, weights = preprocessor.pairs(images, captions, tf.constant([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(x, images.numpy()[[0, 0, 1, 2]])
    assert texts.numpy()[1] == b"a dog ."
    assert weights.numpy().tolist() == [2, 1, 2, 3]  # the first stands there twice
    data = tf.data.Dataset.from_tensor_slices((images, captions)).ragged_batch(2)
    sizes = preprocessor.adapt(data)
    assert sizes == {"vocabulary_size": 4 + 9}  # "there" among them
    (same, before), after = preprocessor.encode(x, texts)
    assert same is x
    tokens = preprocessor.tokenizer.vocabulary.tokens
    words = [[tokens[i] for i in row] for row in before.to_list()]
    assert words[0] == ["[START]", "a", "red", "dog"]
    assert words[3] == ["[START]", "one", "very", "large", "cat"]  # 5 tokens at the most
    assert [row[:-1] for row in after.to_list()] == [row[1:] for row in before.to_list()]
    assert {row[-1] for row in after.to_list()} == {tokens.index("[END]")}


BAD_CAPTIONS = {
    "none": ([["a"], []], "Example 1 has an image, but no caption"),
    "null": (["a", None], "Example 1 has an image, but no caption"),
    "blank": ([["a", " "]], "Example 0 has a caption without a word"),
    "a number": ([["a"], [3.5]], r"Example 1 is no text but float \(3.5\)"),
    "one text": ("a cat", "One bare string"),
}


SEVERAL = [["a red dog", "dog"], ["a cat"]]
PADDED = np.array([["a red dog", "dog"], ["a cat", ""]])


def test_empty_captions_at_the_end_of_a_row_are_padding(preprocessor):
    for captions in (PADDED, PADDED.astype(object), tf.constant(PADDED)):
        assert preprocessor.read_targets(captions, None).row_lengths().numpy().tolist() == [2, 1]
    forms = (
        Dataset.from_tensors(tf.ragged.constant(SEVERAL)),
        Dataset.from_tensors(PADDED),
        Dataset.from_tensor_slices(PADDED).batch(2),
        Dataset.from_tensor_slices(PADDED).ragged_batch(2),
    )
    for data in forms:
        ((rows, captions, weights),) = data.map(lambda y: preprocessor.pairs(tf.range(2), y))
        assert rows.numpy().tolist() == [0, 0, 1]
        assert captions.numpy().tolist() == [b"a red dog", b"dog", b"a cat"]
        assert weights.numpy().tolist() == [1, 1, 1]


BAD_DATASETS = {
    "none": (tf.ragged.constant([["a"], []]), None, "An image has no caption"),
    "padding alone": ([["a", "b"], ["", ""]], None, "An image has no caption"),
    "padding in between": ([["a", "b"], ["", "c"]], None, "a caption without a word"),
    "one without a word": (["a", " "], None, "a caption without a word"),
    "another rank": ([[["a"]], [["b"]]], None, r"the dataset has them in the shape \(2, 1, 1\)"),
    "weights that are strings": ([["a"], ["b"]], ["1", "2"], "the dataset has string"),
    "weights of another rank": ([["a"], ["b"]], [[1.0], [2.0]], r"its shape is \(2, 1\)"),
    "a weight that is no number": ([["a"], ["b"]], [1.0, np.nan], "Sample weights: found nan"),
}


@pytest.mark.parametrize("case", BAD_DATASETS)
def test_captions_of_a_dataset_are_checked(preprocessor, case):
    captions, weights, message = BAD_DATASETS[case]
    columns = (captions,) if weights is None else (captions, weights)
    data = Dataset.from_tensors(columns)
    with pytest.raises(DataError, match=message), graph_errors():
        list(data.map(plain(lambda *batch: preprocessor.pairs(tf.range(2), *batch))))


def test_whole_numbers_are_weights_in_a_dataset_too(preprocessor):
    _, _, weights = preprocessor.pairs(
        tf.range(2), tf.ragged.constant(SEVERAL), tf.constant([2, 3])
    )
    assert weights.numpy().tolist() == [2, 2, 3]


@pytest.mark.parametrize("case", BAD_CAPTIONS)
def test_bad_captions(preprocessor, case):
    captions, message = BAD_CAPTIONS[case]
    with pytest.raises(DataError, match=message):
        preprocessor.read_targets(captions, None)


def test_features_have_the_shape_of_the_setting():
    preprocessor = CaptionsPreprocessor(CaptionsConfig(shape=[3, 2]))
    features = RNG.normal(size=(4, 3, 2))
    np.testing.assert_allclose(preprocessor.read_inputs(features), features, rtol=1e-6)
    with pytest.raises(DataError, match=r"\(batch, 3, 2\), as the setting .* got \(4, 6\)"):
        preprocessor.read_inputs(features.reshape(4, 6))
    with pytest.raises(DataError, match="Features are float arrays"):
        preprocessor.read_inputs(["a.jpg"])


BAD_FEATURES = {
    "not a number": (np.array([[1.0, 2.0], [3.0, np.nan]]), "Features: found nan"),
    "infinite": (np.array([[1.0, 2.0], [np.inf, 3.0]]), "Features: found inf"),
    "strings": (np.array([["a", "b"]]), "Features are float arrays.*the dataset has string"),
    "another shape": (np.ones((2, 3)), r"of the shape \(2,\); the dataset has .* \(2, 3\)"),
}


@pytest.mark.parametrize("case", BAD_FEATURES)
def test_features_are_finite_numbers_in_lists_and_datasets(case):
    features, message = BAD_FEATURES[case]
    preprocessor = CaptionsPreprocessor(CaptionsConfig(shape=[2]))
    with pytest.raises(DataError):
        preprocessor.read_inputs(features)
    with pytest.raises(DataError, match=message), graph_errors():
        list(Dataset.from_tensors(features).map(plain(preprocessor.encode_inputs)))


def test_features_that_are_not_finite_are_named():
    with pytest.raises(DataError, match="Example 1 has a feature that is no finite number"):
        CaptionsPreprocessor(CaptionsConfig(shape=[2])).read_inputs([[1.0, 2.0], [3.0, np.nan]])


@pytest.mark.parametrize("shape", [[8, 8, 4], [], [8, 8, 3, 1], [0, 8, 3]])
def test_shapes_that_no_image_has(shape):
    with pytest.raises(ConfigError, match="shape"):
        validate(CaptionsConfig, {"shape": shape}, "preprocessing")
