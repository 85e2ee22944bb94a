"""Histograms of colors and edges, against counting by hand."""

import keras
import numpy as np
import pytest

from rnn_zoo.layers import LocalHistograms

COLORS = 64


def squared(images, cells=1):
    """What was counted: the square root is undone."""
    return np.asarray(LocalHistograms(cells)(np.asarray(images, "float32"))) ** 2


def test_a_plain_color_is_in_one_bin_and_has_no_edges():
    for color, place in (((0, 0, 0), 0), ((255, 0, 85), 3 * 16 + 1), ((255, 255, 255), 63)):
        found = squared(np.full((1, 8, 8, 3), color))[0, 0, 0]
        expected = np.zeros(COLORS)
        expected[place] = 1
        np.testing.assert_allclose(found[:COLORS], expected, atol=1e-5)
        for scale in range(3):
            directions, strengths = np.split(found[COLORS + 16 * scale :][:16], 2)
            assert not directions.any()
            np.testing.assert_allclose(strengths, np.eye(8)[0], atol=1e-5)


def test_colors_are_the_shares_of_all_channels_together():
    """Joint, and between two bins in proportion: counted pixel by pixel."""
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
    expected = np.zeros((4, 4, 4))
    for pixel in image.reshape(-1, 3) / 85:
        low = np.minimum(pixel.astype(int), 2)
        for corner in np.ndindex(2, 2, 2):
            share = [a if c else 1 - a for a, c in zip(pixel - low, corner, strict=True)]
            expected[tuple(low + corner)] += np.prod(share) / 64
    np.testing.assert_allclose(squared(image[None])[0, 0, 0, :COLORS], expected.ravel(), atol=1e-5)


@pytest.mark.slow_on_jax
def test_a_cell_sees_its_own_colors_alone():
    image = np.zeros((1, 16, 24, 1))
    image[0, 8:, 12:] = 255
    colors = squared(image, cells=2)[..., :4]
    np.testing.assert_allclose(colors[0, 1, 1], [0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(colors[0, [0, 0, 1], [0, 1, 0]], [[1, 0, 0, 0]] * 3, atol=1e-6)


@pytest.mark.slow_on_jax
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_edges_turn_with_the_image(turns):
    """Brightness that rises to the right is in the first bin, upwards in the fifth."""
    ramp = np.tile(np.arange(16) * 8.0, (16, 1))[None, :, :, None]
    found = squared(np.rot90(ramp, turns, axes=(1, 2)))[0, 0, 0, 4:]
    for scale in range(3):
        directions, strengths = np.split(found[16 * scale :][:16], 2)
        assert np.argmax(directions) == (4 if turns % 2 else 0)
        assert directions[np.argmax(directions)] > 100 * np.delete(directions, [0, 4]).max()
        np.testing.assert_allclose(strengths.sum(), 1, atol=1e-5)


def test_sizes_that_cannot_be_divided():
    with pytest.raises(ValueError, match=r"multiples of 16 .* Received: \(None, 20, 32, 3\)"):
        LocalHistograms(4)(keras.Input((20, 32, 3)))
    with pytest.raises(ValueError, match=r"positive integer\. Received: 0"):
        LocalHistograms(0)


def test_its_size_is_in_its_config():
    assert LocalHistograms.from_config(LocalHistograms(3).get_config()).cells == 3
