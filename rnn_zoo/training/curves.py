"""Figures of a training run."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Not drawn; history.csv and TensorBoard hold these columns.
LEFT_OUT = {"epoch", "gradient_norm_max", "clipped"}


def training_curves(
    history: Mapping[str, Sequence[float]], best_epoch: int | None = None, title: str = ""
) -> Figure:
    """Loss and metrics by epoch, training and validation in one panel each.

    Args:
        history: values by epoch, as `model.fit(...).history` gives them.
        best_epoch: marked with a line, counted from 1.
        title: what was trained.

    Example:
        >>> figure = training_curves({"loss": [0.7, 0.4], "val_loss": [0.6, 0.5]}, best_epoch=2)
        >>> len(figure.axes)
        1
    """
    names = sorted(set(history) - LEFT_OUT - {name for name in history if name.startswith("val_")})
    figure = Figure(figsize=(4.6 * len(names), 3.4), layout="constrained")
    figure.suptitle(title)
    for position, name in enumerate(names, start=1):
        axes = figure.add_subplot(1, len(names), position)
        for key, label, color in ((name, "training", "0.55"), (f"val_{name}", "validation", "C0")):
            if key in history:
                epochs = range(1, len(history[key]) + 1)
                axes.plot(epochs, history[key], "o-", color=color, label=label, markersize=3)
        if best_epoch is not None:
            axes.axvline(best_epoch, color="C1", linewidth=1, linestyle="--", label="best epoch")
        axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        if position == 1:
            axes.legend(frameon=False)
    return figure
