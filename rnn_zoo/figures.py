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


def attention_figure(image: Any, words: Sequence[str], weights: Any) -> Any:
    """Where in an image a decoder looked for each word.

    Args:
        image: `(height, width, channels)`, numbers in [0, 255].
        words: what was written.
        weights: attention `(words, rows, columns)`, that of each word summing to 1; the three are
            what `ImageCaptioner.attention` returns.

    Returns:
        A `matplotlib.figure.Figure`: the image, and for each word the image again, the lighter the
        more was looked at.

    Raises:
        ValueError: the weights have another shape.

    Example:
        >>> weights = np.full((2, 3, 3), 1 / 9)
        >>> figure = attention_figure(np.zeros((12, 12, 3)), ["a", "dog"], weights)
        >>> [axes.get_title() for axes in figure.axes]
        ['', 'a', 'dog']
    """
    from matplotlib.figure import Figure

    image, weights = np.asarray(image) / 255, np.asarray(weights)
    if weights.ndim != 3 or len(weights) != len(words):
        raise ValueError(
            f"{len(words)} words need weights ({len(words)}, rows, columns); these have "
            f"{weights.shape}."
        )
    height, width = image.shape[:2]
    image = np.broadcast_to(image, (height, width, 3))
    columns = max(1, min(6 if width <= 2 * height else 3, len(words) + 1))
    rows = -(-(len(words) + 1) // columns)
    cell = 1.6 * max(1.0, width / height) ** 0.5
    figure = Figure(
        figsize=(cell * columns, (cell * height / width + 0.3) * rows), layout="constrained"
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(words) + 1 :]:
        axes.remove()
    for axes in grid[: len(words) + 1]:
        axes.imshow(image)
        axes.set_axis_off()
    for axes, word, looked in zip(grid[1:], words, weights, strict=False):
        axes.set_title(word, fontsize=9)
        shade = 1 - looked / looked.max()
        axes.imshow(  # black that is the less opaque the more was looked at
            np.zeros((*looked.shape, 3)),
            alpha=0.8 * shade,
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),
            interpolation="bilinear",
        )
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
    return figure
