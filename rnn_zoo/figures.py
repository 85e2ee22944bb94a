"""Figures of what a model does. Matplotlib is imported when one is drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def alignment_figure(source: Sequence[str], target: Sequence[str], weights: Any) -> Any:
    """Where a decoder looked while it wrote.

    Args:
        source: the tokens that were read.
        target: the tokens that were written.
        weights: attention `(target tokens, source tokens)`, each row of which sums to 1; the three
            are what `Translator.attention` returns.

    Returns:
        A `matplotlib.figure.Figure`: a row a token written, a column a token read.

    Raises:
        ValueError: the weights have another shape.

    Example:
        >>> figure = alignment_figure(["ein", "hund"], ["a", "dog"], [[0.9, 0.1], [0.2, 0.8]])
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['a', 'dog']
    """
    from matplotlib.figure import Figure

    weights = np.asarray(weights)
    if weights.shape != (len(target), len(source)):
        raise ValueError(
            f"{len(target)} tokens written and {len(source)} read need weights of that shape; "
            f"these have {weights.shape}."
        )
    size = 1.2 + 0.36 * len(source), 1.2 + 0.32 * len(target)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(source)), source, rotation=60, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(len(target)), target)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set(xlabel="read", ylabel="written")
    axes.xaxis.set_label_position("top")
    axes.spines[:].set_visible(False)
    return figure
