from rnn_zoo.training import training_curves

HISTORY = {
    "loss": [0.7, 0.4, 0.2],
    "val_loss": [0.6, 0.5, 0.9],
    "accuracy": [0.5, 0.8, 0.9],
    "val_accuracy": [0.5, 0.7, 0.6],
    "epoch": [0, 1, 2],
}


def test_a_panel_a_metric_with_both_parts_and_the_best_epoch():
    figure = training_curves(HISTORY, best_epoch=2, title="my model")
    assert figure.get_suptitle() == "my model"
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy", "loss"]
    for axes in figure.axes:
        lines = {line.get_label(): line for line in axes.lines}
        assert list(lines) == ["training", "validation", "best epoch"]
        name = axes.get_ylabel()
        for label, key in (("training", name), ("validation", f"val_{name}")):
            assert list(lines[label].get_ydata()) == HISTORY[key]
            assert list(lines[label].get_xdata()) == [1, 2, 3]
        assert list(lines["best epoch"].get_xdata()) == [2, 2]
    assert figure.axes[0].get_legend() is not None


def test_what_has_no_panel():
    history = {"loss": [1.0], "gradient_norm": [2.0], "gradient_norm_max": [9.0], "clipped": [0.5]}
    panels = [axes.get_ylabel() for axes in training_curves(history).axes]
    assert panels == ["gradient norm", "loss"]


def test_without_validation():
    (axes,) = training_curves({"loss": [0.7, 0.4]}).axes
    assert [line.get_label() for line in axes.lines] == ["training"]
