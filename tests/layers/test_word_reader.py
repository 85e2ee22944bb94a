import keras
import numpy as np
import pytest
from autodiff import mixed, value_and_gradients

from rnn_zoo.layers import WordReader

EACH_KIND = pytest.mark.parametrize("kind", ["recurrent", "convolutional"])


def reader(kind):
    layer = WordReader(kind, vocabulary_size=9, embedding_dim=3, units=4, dtype="float64")
    layer.build((None, None, None))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


@EACH_KIND
def test_padding_changes_neither_values_nor_gradients(kind):
    layer = reader(kind)
    words = np.random.default_rng(1).integers(1, 9, (2, 3, 5))
    words[0, 1, 3:] = 0

    def read(width):
        padded = np.pad(words, [(0, 0), (0, 0), (0, width)])

        def value():
            found = layer(padded)
            return mixed([found]), [found]

        _, (found,), gradients = value_and_gradients(value, [], layer.trainable_variables)
        return found, gradients

    (alone, gradients), (padded, padded_gradients) = read(0), read(4)
    np.testing.assert_allclose(padded, alone, rtol=0, atol=1e-12)
    for found, expected in zip(padded_gradients, gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@EACH_KIND
def test_every_word_is_read_alike_and_alone(kind):
    layer = reader(kind)
    words = np.random.default_rng(2).integers(1, 9, (1, 4, 5))
    words[0, 3] = words[0, 0]
    found = np.asarray(layer(words))[0]
    np.testing.assert_allclose(found[3], found[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.asarray(layer(words[:, 1:2]))[0, 0], found[1], atol=1e-12)


@EACH_KIND
def test_a_word_without_characters_is_finite(kind):
    assert np.isfinite(np.asarray(reader(kind)(np.zeros((2, 3, 5), "int32")))).all()


@EACH_KIND
def test_a_saved_reader_is_the_same(kind, tmp_path):
    characters = keras.Input((None, None), dtype="int32")
    model = keras.Model(characters, reader(kind)(characters))
    model.save(tmp_path / "reader.keras")
    loaded = keras.saving.load_model(tmp_path / "reader.keras")
    words = np.random.default_rng(3).integers(1, 9, (2, 3, 5))
    np.testing.assert_array_equal(np.asarray(loaded(words)), np.asarray(model(words)))


@pytest.mark.parametrize(
    ("kind", "units", "message"),
    [("lstm", 4, "`kind` must be 'recurrent' or 'conv"), ("recurrent", 3, "3 is odd")],
)
def test_settings_out_of_range(kind, units, message):
    with pytest.raises(ValueError, match=message):
        WordReader(kind, 9, 3, units)
