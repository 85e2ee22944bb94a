"""Figures of what diagnostics found. Matplotlib is imported when one is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_zoo.diagnostics.curves import Curve, by_time
from rnn_zoo.diagnostics.gates import LEFT, RIGHT, GateActivity
from rnn_zoo.diagnostics.gradient_flow import GradientFlow
from rnn_zoo.diagnostics.verdict import EXPLODED, KINDS, VANISHED

LINES = ("-", "--", ":", "-.")  # by state
GATES = {"i": "input", "f": "forget", "o": "output", "z": "update", "r": "reset"}
COLUMNS = 76  # of a text


def gradient_figure(flow: GradientFlow) -> Any:
    """The norm of the gradient at each step, and how far back it lives.

    Args:
        flow: what `gradient_flow` returned.

    Returns:
        A `matplotlib.figure.Figure`: on the left dL/dh_t by time step, mean over the rows, on the
        right dh_T/dh_t by distance from the last step; a color a layer, dashes for the cell state.
        Steps that less than half of the rows have are pale. The title is the verdict.

    Example:
        >>> import keras
        >>> from rnn_zoo.diagnostics import gradient_flow
        >>> model = keras.Sequential([keras.Input((9, 1)), keras.layers.LSTM(4)])
        >>> model.compile(loss="mse")
        >>> figure = gradient_figure(gradient_flow(model, np.ones((2, 9, 1)), np.ones((2, 4))))
        >>> [axes.get_xlabel() for axes in figure.axes]
        ['time step t', 'steps back, T - t']
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    figure.suptitle("\n".join(_headlines(flow)), x=0.02, ha="left", fontsize=11)
    left, right = figure.subplots(1, 2)
    for number, layer in enumerate(flow.layers):
        for (state, norms), line in zip(layer.gradients.items(), LINES, strict=False):
            label = f"{layer.layer}, {state}"
            look = {"color": f"C{number % 10}", "linestyle": line, "label": label}
            _draw(left, by_time(norms), 1, look)
            if state in layer.jacobians:
                _draw(right, layer.by_steps_back(state), 0, look)
    for level, fate in ((VANISHED, "vanished"), (EXPLODED, "exploded")):
        right.axhline(level, color="0.6", linewidth=0.8)
        right.annotate(
            fate, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            fontsize=8, color="0.45",
        )  # fmt: skip
    left.set(xlabel="time step t", ylabel=r"norm of $\partial L / \partial h_t$, $\partial c_t$")
    right.set(
        xlabel="steps back, T - t",
        ylabel=r"spectral norm of $\partial h_T / \partial h_t$, $\partial c_T / \partial c_t$",
    )
    for axes in (left, right):
        _norm_axes(axes)
    left.legend(frameon=False, fontsize=8)
    return figure


def _draw(axes: Any, curve: Curve, first: int, look: dict[str, Any]) -> None:
    """Draw a curve whose first step has this number; where few rows are left it is pale."""
    steps = np.arange(first, first + len(curve.values))
    marker = {"marker": "o", "markersize": 3} if len(steps) < 25 else {}
    trusted = np.where(curve.is_trusted, _positive(curve.values), np.nan)
    axes.plot(steps, trusted, **look, **marker)
    if not curve.is_trusted.all():
        pale = {**look, "alpha": 0.3, "label": "_of few rows", "zorder": 1}
        axes.plot(steps, _positive(curve.values), **pale, **marker)


def _norm_axes(axes: Any) -> None:
    """Axes of a norm by step."""
    from matplotlib.ticker import MaxNLocator

    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.92")


def gates_figure(activities: Sequence[GateActivity]) -> Any:
    """How open the gates are, by step and unit, and which units are saturated.

    Args:
        activities: what `gate_activity` returned.

    Returns:
        A `matplotlib.figure.Figure`, a row a layer: a map of the mean of each gate, a row a unit, a
        column a step that at least half of the rows have; and, as in Karpathy, Johnson and Fei-Fei
        (2015), for each unit the share of steps in which its gates are right-saturated against
        left-saturated. A dot of a forget gate far to the right is a unit that remembers; in the
        corner on the left a gate is never saturated.

    Example:
        >>> import keras
        >>> from rnn_zoo.diagnostics import gate_activity
        >>> model = keras.Sequential([keras.Input((9, 1)), keras.layers.GRU(4)])
        >>> figure = gates_figure(gate_activity(model, np.ones((2, 9, 1))))
        >>> [axes.get_title() for axes in figure.axes][:2]
        ['update gate z', 'reset gate r']
    """
    from matplotlib.figure import Figure

    columns = max(len(activity.gates) for activity in activities) + 1
    figure = Figure(figsize=(3.0 * columns + 0.6, 3.0 * len(activities)), layout="constrained")
    grid = figure.subplots(len(activities), columns, squeeze=False)
    for (*maps, last), activity in zip(grid, activities, strict=True):
        for axes in maps[len(activity.gates) :]:
            axes.remove()
        _gate_maps(figure, maps[: len(activity.gates)], activity)
        _saturation_dots(last, activity)
    return figure


def _gate_maps(figure: Any, maps: Sequence[Any], activity: GateActivity) -> None:
    """The mean of each gate by step and unit."""
    from matplotlib.ticker import MaxNLocator

    # Batches are padded further than they need, and of few rows a mean says little.
    means = activity.mean.values  # (gate, time, unit)
    trusted = np.flatnonzero(Curve(means, activity.rows.values).is_trusted)
    begin, end = trusted.min(initial=means.shape[1]), 1 + trusted.max(initial=0)
    for axes, gate, mean in zip(maps, activity.gates, means[:, begin:end], strict=True):
        image = axes.imshow(
            mean.T,
            cmap="RdYlBu",
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="nearest",
            extent=(begin + 0.5, end + 0.5, mean.shape[1] - 0.5, -0.5),
        )
        axes.set(title=f"{GATES.get(gate, gate)} gate {gate}", xlabel="time step")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    maps[0].set_ylabel(f"{activity.layer}\nunit")
    bar = figure.colorbar(image, ax=maps, pad=0.01, aspect=30)
    bar.set_ticks([0, 0.5, 1], labels=["closed", "0.5", "open"], fontsize=8)
    bar.outline.set_visible(False)


def _saturation_dots(axes: Any, activity: GateActivity) -> None:
    """For each unit, the shares of steps in which its gates are right- and left-saturated."""
    axes.plot([0, 1], [1, 0], color="0.8", linewidth=0.8)
    shares = zip(activity.right_share.values, activity.left_share.values, strict=True)
    for gate, (right, left) in zip(activity.gates, shares, strict=True):
        axes.scatter(right, left, s=18, alpha=0.6, linewidths=0, label=gate)
    axes.set(
        title="saturation, a dot a unit",
        xlabel=f"share of steps above {RIGHT}",
        ylabel=f"share of steps below {LEFT}",
        xlim=(-0.04, 1.04),
        ylim=(-0.04, 1.04),
        aspect="equal",
    )
    axes.legend(frameon=False, title="gate", fontsize=8, title_fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def text_figure(tokens: Sequence[str], activations: Mapping[str, Any], separator: str = "") -> Any:
    r"""A text, colored by what a unit is after each of its tokens.

    Args:
        tokens: characters or words, in their order; a line ends at `"\n"`.
        activations: of each panel its title and a value for each token, such as
            `hidden_states(model, [text])["recurrent_1"]["c"].values[0, :, 5]`.
        separator: what stands between two tokens: `" "` for words.

    Returns:
        A `matplotlib.figure.Figure`: a panel a unit, the text in lines of 76 columns; red is
        positive, blue negative, as deep as the value is large beside the panel's largest.

    Raises:
        ValueError: there are more tokens than values, or fewer.

    Example:
        >>> text = "to be, or not to be"
        >>> figure = text_figure(text, {"unit 3": np.sin(np.arange(len(text)))})
        >>> figure.axes[0].get_title(loc="left")
        'unit 3'

    Source: Karpathy, Johnson and Fei-Fei 2015, "Visualizing and understanding recurrent networks".
    """
    from matplotlib.figure import Figure

    places, rows = _places(tokens, separator)
    figure = Figure(
        figsize=(0.09 * COLUMNS + 0.3, len(activations) * (0.21 * rows + 0.45)),
        layout="constrained",
    )
    grid = figure.subplots(len(activations), 1, squeeze=False)[:, 0]
    for axes, (title, values) in zip(grid, activations.items(), strict=True):
        values = np.asarray(values, "float64")
        if values.shape != (len(tokens),):
            raise ValueError(f"{len(tokens)} tokens need as many values, not {values.shape}.")
        _color(axes, tokens, values, places, rows)
        _write(axes, tokens, places)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_axis_off()
    return figure


def _color(
    axes: Any,
    tokens: Sequence[str],
    values: np.ndarray,
    places: Sequence[tuple[int, int]],
    rows: int,
) -> None:
    """The background: a field a character."""
    colors = np.full((rows, COLUMNS), np.nan)
    for token, value, (row, column) in zip(tokens, values, places, strict=True):
        colors[row, column : column + max(1, len(token))] = value
    limit = np.nanmax(np.abs(colors), initial=0) or 1
    axes.imshow(colors, cmap="RdBu_r", vmin=-1.6 * limit, vmax=1.6 * limit, aspect="auto")


def _write(axes: Any, tokens: Sequence[str], places: Sequence[tuple[int, int]]) -> None:
    """The characters."""
    for token, (row, column) in zip(tokens, places, strict=True):
        for offset, letter in enumerate("\N{RETURN SYMBOL}" if token == "\n" else token):
            axes.text(
                column + offset, row, letter, ha="center", va="center", fontsize=8.5,
                family="monospace", color="0.6" if token == "\n" else "0",
                parse_math=False, clip_on=True,
            )  # fmt: skip


def _positive(values: np.ndarray) -> np.ndarray:
    """What a log axis can show."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def _headlines(flow: GradientFlow) -> list[str]:
    """The verdict, a line for layers that have the same one."""
    lines = []
    for kind in KINDS:
        found = [layer.verdict for layer in flow.layers if layer.verdict.kind == kind]
        if found:
            names = ", ".join(
                f"{v.layer} (× {v.factor:.2g} over {v.steps} steps)" for v in found[:3]
            )
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            lines.append(f"{kind}: {names}{more}")
    return lines


def _places(tokens: Sequence[str], separator: str) -> tuple[list[tuple[int, int]], int]:
    """Row and column of each token's beginning, and how many rows there are."""
    places = []
    row = column = 0
    for token in tokens:
        if column and column + len(token) > COLUMNS:
            row, column = row + 1, 0
        places.append((row, column))
        column += max(1, len(token)) + len(separator)
        if token == "\n":
            row, column = row + 1, 0
    return places, max((row for row, _ in places), default=0) + 1
