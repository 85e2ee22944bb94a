import keras
import numpy as np
import pytest

from rnn_zoo.diagnostics import (
    gate_activity,
    gates_figure,
    gradient_figure,
    gradient_flow,
    text_figure,
    write_report,
)

pytestmark = pytest.mark.tensorflow_only
X, Y = np.random.default_rng(0).normal(size=(2, 6, 2)), np.ones((2, 3))


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.Bidirectional(keras.layers.LSTM(3, name="lstm")),
            keras.layers.Dense(3),
        ]
    )
    model.compile("sgd", "mse")
    return model


def test_gradient_figure_draws_what_it_was_given(model):
    flow = gradient_flow(model, X, Y)
    figure = gradient_figure(flow)
    left, right = figure.axes
    assert left.get_yscale() == right.get_yscale() == "log"
    assert [line.get_label() for line in left.lines] == [
        "forward_lstm, h", "forward_lstm, c", "backward_lstm, h", "backward_lstm, c",
    ]  # fmt: skip
    expected = flow.layers[0].gradients["h"].values.mean(axis=0)
    np.testing.assert_allclose(left.lines[0].get_ydata(), expected)
    backward = flow.layers[1].jacobians["c"].values
    np.testing.assert_allclose(right.lines[3].get_ydata(), np.exp(np.log(backward).mean(axis=0)))
    assert figure.get_suptitle().startswith("healthy: forward_lstm (× ")


def test_steps_of_few_rows_are_pale_and_have_no_gates():
    model = keras.Sequential([keras.Input((6, 2)), keras.layers.Masking(), keras.layers.LSTM(3)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(3, 6, 2))
    x[1:, 4:] = 0  # one row goes on alone
    flow = gradient_flow(model, x, np.ones((3, 3)), rows=3)
    for axes, steps in zip(gradient_figure(flow).axes, ([1, 2, 3, 4], [0, 1, 2, 3]), strict=True):
        full, pale = axes.lines[:2]
        assert full.get_xdata()[~np.isnan(full.get_ydata())].tolist() == steps
        assert pale.get_alpha() < 0.5
        assert np.isfinite(pale.get_ydata()).sum() == 6
    (activity,) = gate_activity(model, x)
    assert activity.rows.values.tolist() == [3, 3, 3, 3, 1, 1]
    shown = gates_figure((activity,)).axes[0].images[0]
    assert shown.get_array().shape == (3, 4)
    assert shown.get_extent()[:2] == [0.5, 4.5]


def test_gates_figure_draws_what_it_was_given(model):
    activities = gate_activity(model, X)
    figure = gates_figure(activities)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles.count("forget gate f") == titles.count("saturation, a dot a unit") == 2
    np.testing.assert_array_equal(
        figure.axes[1].images[0].get_array(), activities[0].mean.values[1].T
    )
    dots = figure.axes[3].collections[1].get_offsets()
    expected = np.stack(
        [activities[0].right_share.values[1], activities[0].left_share.values[1]], 1
    )
    np.testing.assert_array_equal(dots, expected)


def test_text_figure_wraps_and_colors():
    text = "to be, or not to be,\nthat is the question: " + "x" * 80
    values = np.linspace(-1, 1, len(text))
    (axes,) = text_figure(text, {"unit 1": values}).axes
    colors = axes.images[0].get_array()
    assert colors.shape == (3, 76)
    np.testing.assert_allclose(colors[0, :21], values[:21])
    np.testing.assert_allclose(colors[1, 0], values[21])
    words = ["the", "quick", "brown", "fox"] * 8
    (axes,) = text_figure(words, {"unit 1": np.arange(32.0)}, " ").axes
    shown = "".join(letter.get_text() for letter in axes.texts)
    assert shown == "".join(words)
    with pytest.raises(ValueError, match="2 tokens need as many values"):
        text_figure("ab", {"unit": np.ones(3)})


def test_report(model, tmp_path):
    folder = tmp_path / "report"
    flow = write_report(model, X, Y, folder, tokens="aching")
    assert {path.name for path in folder.iterdir()} == {
        "verdict.txt", "gradient_flow.json", "gradient_flow.png", "gates.json", "gates.png",
        "hidden_states.npz", "hidden_states.png",
    }  # fmt: skip
    assert (folder / "verdict.txt").read_text() == flow.verdict + "\n"
    with np.load(folder / "hidden_states.npz", allow_pickle=False) as arrays:
        assert arrays["backward_lstm.c"].shape == (2, 6, 3)
