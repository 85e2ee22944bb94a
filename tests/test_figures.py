import numpy as np
import pytest

from rnn_zoo.figures import alignment_figure


def test_the_figure_shows_the_weights():
    weights = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])
    (axes,) = alignment_figure(["x", "y", "z"], ["a", "b"], weights).axes
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y", "z"]


def test_weights_of_another_shape():
    with pytest.raises(ValueError, match=r"2 tokens written and 1 read .* \(1, 2\)"):
        alignment_figure(["x"], ["a", "b"], [[0.5, 0.5]])
