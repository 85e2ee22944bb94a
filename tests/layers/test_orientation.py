"""Every orientation is drawn, and none where nothing is trained."""

import numpy as np
import pytest

from rnn_zoo.layers import RandomOrientation

IMAGE = np.arange(9.0).reshape(3, 3, 1)
IMAGES = np.stack([IMAGE] * 200)


def drawn(orientations):
    turned = np.asarray(RandomOrientation(orientations, seed=0)(IMAGES, training=True))
    return {image.tobytes() for image in turned}


@pytest.mark.parametrize(
    ("orientations", "expected"),
    [
        ("mirrored", [IMAGE, IMAGE[:, ::-1]]),
        ("any", [np.rot90(side, k) for side in (IMAGE, IMAGE[:, ::-1]) for k in range(4)]),
    ],
)
def test_all_orientations_are_seen(orientations, expected):
    assert drawn(orientations) == {image.astype("float32").tobytes() for image in expected}


def test_nothing_is_turned_where_nothing_is_trained():
    np.testing.assert_array_equal(np.asarray(RandomOrientation("any")(IMAGES)), IMAGES)


@pytest.mark.parametrize(
    ("orientations", "shape", "message"),
    [("up", (1, 2, 2, 1), "`orientations` must be one of"), ("any", (1, 2, 3, 1), "be square")],
)
def test_what_cannot_be_turned(orientations, shape, message):
    with pytest.raises(ValueError, match=message):
        RandomOrientation(orientations)(np.zeros(shape))
