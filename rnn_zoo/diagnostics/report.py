"""All diagnostics of one batch, as files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from rnn_zoo.diagnostics.activations import states_of
from rnn_zoo.diagnostics.figures import gates_figure, gradient_figure, text_figure
from rnn_zoo.diagnostics.gates import gates_of
from rnn_zoo.diagnostics.gradient_flow import GradientFlow, flow_of
from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.recording import record

SHOWN_UNITS = 3  # of a text
JACOBIAN_ROWS = 4
DPI = 150
States = dict[str, dict[str, NamedArray]]
REPORT_FILES = frozenset(
    {
        "verdict.txt",
        "gradient_flow.json",
        "gradient_flow.png",
        "gates.json",
        "gates.png",
        "hidden_states.npz",
        "hidden_states.png",
    }
)
"""What `write_report` may write; `verdict.txt` it writes in any case."""


def write_report(
    model: keras.Model,
    x: Any,
    y: Any,
    folder: str | Path,
    sample_weight: Any = None,
    tokens: Sequence[str] | None = None,
    separator: str = "",
) -> GradientFlow:
    """Write gradient flow, gates and states as numbers and figures into a new folder.

    | file | content |
    |---|---|
    | `verdict.txt` | a line a layer |
    | `gradient_flow.json`, `.png` | see `gradient_flow` |
    | `gates.json`, `.png` | see `gate_activity`; where there is an LSTM or GRU |
    | `hidden_states.npz` | `LAYER.STATE`: `(batch, time, unit)` |
    | `hidden_states.png` | the first text, colored by the units that change most; with `tokens` |

    Args:
        model: as for `gradient_flow`.
        x: inputs.
        y: targets.
        folder: the folder to make.
        sample_weight: weights as in `fit`.
        tokens: of the first input what its last recurrent layer reads in its first steps.
        separator: what stands between two tokens.

    Returns:
        The gradient flow.

    Raises:
        UserError, DataError, BackendError: as `gradient_flow`.
    """
    recording = record(model, x, y, sample_weight, differentiate=True)
    flow, states = flow_of(recording, JACOBIAN_ROWS), states_of(recording)
    folder = Path(folder)
    folder.mkdir(parents=True)
    (folder / "verdict.txt").write_text(flow.verdict + "\n", encoding="utf-8")
    _write_json(folder / "gradient_flow.json", flow.as_dict())
    gradient_figure(flow).savefig(folder / "gradient_flow.png", dpi=DPI)
    if gates := gates_of(recording):
        _write_json(folder / "gates.json", {gate.layer: gate.as_dict() for gate in gates})
        gates_figure(gates).savefig(folder / "gates.png", dpi=DPI)
    _write_states(folder / "hidden_states.npz", states)
    if tokens:
        _first_text(states, tokens, separator).savefig(folder / "hidden_states.png", dpi=DPI)
    return flow


def _write_states(path: Path, states: States) -> None:
    arrays: dict[str, Any] = {
        f"{layer}.{state}": array.values
        for layer, by_state in states.items()
        for state, array in by_state.items()
    }
    np.savez_compressed(path, allow_pickle=False, **arrays)


def _first_text(states: States, tokens: Sequence[str], separator: str) -> Any:
    """The first text, colored by the units of the last layer that change most."""
    layer, by_state = list(states.items())[-1]
    state, array = next(iter(by_state.items()))
    values = array.values[0]  # (time, unit)
    values = values[~np.isnan(values).any(axis=-1)][: len(tokens)]
    most = np.argsort(-values.std(axis=0))[:SHOWN_UNITS]
    panels = {f"{layer}, {state}, unit {unit}": values[:, unit] for unit in most}
    return text_figure(tokens[: len(values)], panels, separator)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
