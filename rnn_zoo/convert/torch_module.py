"""The weights of one of PyTorch's recurrent modules: read, named and checked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnn_zoo.cells import GRUCell, LSTMCell, RecurrentCell, SimpleRNNCell
from rnn_zoo.errors import ConversionError, shortened

Weights = dict[str, np.ndarray]
"""By the names that they have within their module."""

NAME = re.compile(r"(.*?)(weight|bias)_(ih|hh|hr)_l(\d+)(_reverse)?")
KINDS: dict[int, type[RecurrentCell]] = {1: SimpleRNNCell, 3: GRUCell, 4: LSTMCell}
"""The cell, by the number of blocks of `hidden_size` rows in a weight."""
DIRECTIONS = ("", "_reverse")


def read_module(weights: Mapping[str, Any] | str | Path, prefix: str | None) -> Weights:
    """The weights of one module; see `from_torch`.

    Raises:
        ConversionError: the file cannot be read, there is no such module, or there are several.
    """
    return _of_prefix(_read(weights), prefix)


def _read(weights: Mapping[str, Any] | str | Path) -> Weights:
    """The arrays of a mapping, or of a .safetensors file."""
    if isinstance(weights, Mapping):
        return {name: np.asarray(array) for name, array in weights.items()}
    path = Path(weights)
    if path.suffix != ".safetensors":
        raise ConversionError(
            f"{path}: is no .safetensors file. Files that PyTorch pickles are not read: write one "
            'with safetensors.torch.save_file(module.state_dict(), "weights.safetensors").'
        )
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError:
        raise ConversionError(
            "Reading .safetensors files needs: pip install 'rnn_zoo[safetensors]'."
        ) from None
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise ConversionError(f"{path}: cannot be read: {error}.") from None


def _of_prefix(arrays: Weights, prefix: str | None) -> Weights:
    """The weights of one module, by their names within it."""
    modules: dict[str, Weights] = {}
    for name, array in arrays.items():
        if match := NAME.fullmatch(name):
            modules.setdefault(match[1].removesuffix("."), {})[name[len(match[1]) :]] = array
    if prefix is None and len(modules) == 1:
        (prefix,) = modules
    if prefix is None or prefix.removesuffix(".") not in modules:
        names = ", ".join(repr(name) for name in sorted(modules)[:8]) or "none"
        asked = "prefix should name one" if prefix is None else f"there is no {shortened(prefix)}"
        raise ConversionError(f"The recurrent modules here are {names}: {asked}.")
    module = modules[prefix.removesuffix(".")]
    if any("_hr_" in name for name in module):
        raise ConversionError("An LSTM with proj_size has no counterpart here.")
    return module


def cell_of(module: Weights) -> tuple[type[RecurrentCell], int]:
    """The cell and its units, by the shape of a recurrent weight.

    Raises:
        ConversionError: it is that of no module.
    """
    shape = module["weight_hh_l0"].shape if "weight_hh_l0" in module else ()
    if len(shape) != 2 or not shape[1] or shape[0] / shape[1] not in KINDS:
        raise ConversionError(
            f"weight_hh_l0 should have the shape (4 * units, units) of an LSTM, (3 * units, units) "
            f"of a GRU, or (units, units) of an RNN; it has {shape or 'none'}."
        )
    return KINDS[shape[0] // shape[1]], shape[1]


def weight_names(level: int, direction: str, use_bias: bool) -> list[str]:
    """The names of the weights of one layer in one direction."""
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[: 4 if use_bias else 2]
    return [f"{kind}_l{level}{direction}" for kind in kinds]


def weights_of(
    module: Weights, names: list[str], features: int, cell: RecurrentCell
) -> list[np.ndarray]:
    """The weights of one layer in one direction, in PyTorch's order.

    Raises:
        ConversionError: one is missing, or has another shape.
    """
    units = cell.units
    rows = len(cell.blocks) * units
    shapes = ((rows, features), (rows, units), (rows,), (rows,))
    for name, shape in zip(names, shapes, strict=False):
        if name not in module:
            raise ConversionError(f"{name} is missing.")
        if module[name].shape != shape:
            raise ConversionError(
                f"{name} should have the shape {shape}, not {module[name].shape}."
            )
    return [module[name] for name in names]
