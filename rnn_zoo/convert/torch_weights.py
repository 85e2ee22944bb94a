"""Stacks of recurrent layers with the weights of PyTorch's modules, and back."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from rnn_zoo.cells import GRUCell, LSTMCell, RecurrentCell, SimpleRNNCell
from rnn_zoo.convert.counterparts import CELLS
from rnn_zoo.convert.torch_module import (
    DIRECTIONS,
    KINDS,
    Weights,
    cell_of,
    read_module,
    weight_names,
    weights_of,
)
from rnn_zoo.errors import ConversionError, shortened
from rnn_zoo.layers import RNN

GATED = (GRUCell, LSTMCell)
RESET_FIRST = (1, 0, 2)
"""PyTorch's GRU has its blocks in the order r, z, n; ours, as Keras', in the order z, r, h."""


def from_torch(
    weights: Mapping[str, Any] | str | Path,
    prefix: str | None = None,
    activation: str = "tanh",
    dtype: Any = None,
) -> keras.Sequential:
    r"""Layers with the weights of PyTorch's `nn.LSTM`, `nn.GRU` or `nn.RNN`.

    The kind, the number of layers and of directions, and the sizes are read off the weights. What
    PyTorch calls `weight_ih` and `weight_hh` are the transposed `kernel` and `recurrent_kernel`.

    | | PyTorch's rows | our columns | biases |
    |---|---|---|---|
    | LSTM | i, f, g, o | i, f, c, o | $b = b_{ih} + b_{hh}$ |
    | GRU | r, z, n | z, r, h | $b = b_{ih}$, $d = b_{hh}$, since r multiplies $d_h$ |
    | RNN | h | h | $b = b_{ih} + b_{hh}$ |

    Args:
        weights: arrays by name, such as a `state_dict()` whose tensors are arrays
            (`{name: tensor.numpy() for name, tensor in module.state_dict().items()}`), or the path
            of a .safetensors file (`pip install 'rnn_zoo[safetensors]'`). Files that PyTorch
            pickles are not read, since reading them may run any code.
        prefix: what the names begin with, such as `"encoder.lstm"`, where there are several
            recurrent modules. Default: None, there is one.
        activation: `"tanh"` or `"relu"`, the `nonlinearity` of an `nn.RNN`.
        dtype: Keras dtype or dtype policy of the layers. Default: None, the global one.

    Returns:
        A model from `(batch, time, features)` to the outputs of the last layer at all steps,
        `(batch, time, units)`, twice as many where bidirectional: what the module returns first
        with `batch_first=True`. Called with `mask=`, booleans `(batch, time)`, it computes what the
        module does for packed sequences. Its layers are named `recurrent_1`, `recurrent_2` and so
        on, as those of the zoo's networks.

    Raises:
        ConversionError: the weights are those of no such module, or of several, or incomplete; the
            message says which name is missing or has another shape.

    Example:
        >>> arrays = {"weight_ih_l0": np.zeros((16, 3)), "weight_hh_l0": np.zeros((16, 4))}
        >>> from_torch(arrays).output_shape
        (None, None, 4)
    """
    module = read_module(weights, prefix)
    cell_class, units = cell_of(module)
    if activation not in ("tanh", "relu") or (activation == "relu" and cell_class in GATED):
        raise ConversionError(
            f"activation should be tanh, or relu for an RNN; got {shortened(activation)}."
        )
    return _stack(module, partial(cell_class, units, activation=activation, dtype=dtype), dtype)


def to_torch(layers: Any) -> dict[str, np.ndarray]:
    """The weights of layers as PyTorch's `nn.LSTM`, `nn.GRU` or `nn.RNN` have them.

    The reverse of `from_torch`. PyTorch's second bias is zero, but for a GRU's, which has both.

    Args:
        layers: a model, whose recurrent layers are taken, or a list of layers, the lowest first:
            `rnn_zoo.layers.RNN`, `keras.layers.LSTM`, `GRU` or `SimpleRNN`, or `Bidirectional`
            around one.

    Returns:
        Arrays by name, for `safetensors.numpy.save_file(arrays, "m.safetensors")` or
        `module.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})`.

    Raises:
        ConversionError: PyTorch has no module for these layers: they differ in cell, units,
            directions or use of a bias, or a layer computes something else.

    Example:
        >>> from rnn_zoo import cells
        >>> model = keras.Sequential([keras.Input((None, 3)), RNN(cells.LSTMCell(4))])
        >>> {name: array.shape for name, array in to_torch(model).items()}["weight_ih_l0"]
        (16, 3)
    """
    stack = [_directions(layer) for layer in _recurrent(layers)]
    if not stack:
        raise ConversionError("There are no recurrent layers here.")
    kinds = {_kind(layer) for ways in stack for layer in ways}
    if len(kinds) > 1 or len({len(ways) for ways in stack}) > 1:
        raise ConversionError(
            "A module of PyTorch has one kind of cell, one number of units and one number of "
            "directions in all of its layers; these differ."
        )
    arrays: dict[str, np.ndarray] = {}
    for level, ways in enumerate(stack):
        for direction, layer in zip(DIRECTIONS, ways, strict=False):
            names = weight_names(level, direction, layer.cell.use_bias)
            arrays |= dict(zip(names, _of_torch(layer), strict=True))
    return arrays


def _stack(
    module: Weights, make_cell: Callable[..., RecurrentCell], dtype: Any
) -> keras.Sequential:
    """The layers of a module, with its weights."""
    use_bias = "bias_ih_l0" in module
    ways = DIRECTIONS if "weight_ih_l0_reverse" in module else DIRECTIONS[:1]
    depth = sum(name.startswith("weight_ih") for name in module) // len(ways)
    features = (module["weight_ih_l0"].shape or (1,))[-1] if depth else 1
    wide = keras.dtype_policies.get(dtype or keras.config.dtype_policy()).variable_dtype
    model = keras.Sequential([keras.Input((None, features), dtype=wide)])
    taken: set[str] = set()
    for level in range(depth):
        cell = make_cell(use_bias=use_bias)
        layer: Any = RNN(cell, return_sequences=True, dtype=dtype, name=f"recurrent_{level + 1}")
        if len(ways) == 2:
            layer = keras.layers.Bidirectional(layer, dtype=dtype, name=layer.name)
        model.add(layer)
        names = [weight_names(level, way, use_bias) for way in ways]
        taken.update(*names)
        parts = [_to_ours(weights_of(module, part, features, cell), cell) for part in names]
        layer.set_weights([array for part in parts for array in part])
        features = len(ways) * module["weight_hh_l0"].shape[1]
    if left := sorted(module.keys() - taken):
        raise ConversionError(f"These weights have no place: {', '.join(left[:5])}.")
    model.supports_masking = True  # its layers do
    return model


def _to_ours(arrays: list[np.ndarray], cell: RecurrentCell) -> list[np.ndarray]:
    """Kernel, recurrent kernel and bias of PyTorch's weights of a layer."""
    weight_ih, weight_hh, *biases = (_reordered(array, cell) for array in arrays)
    if not biases:
        return [weight_ih.T, weight_hh.T]
    bias = np.stack(biases) if isinstance(cell, GRUCell) else biases[0] + biases[1]
    return [weight_ih.T, weight_hh.T, bias]


def _of_torch(layer: Any) -> list[np.ndarray]:
    """PyTorch's weights of a layer."""
    kernel, recurrent_kernel, *bias = layer.get_weights()
    arrays = [kernel.T, recurrent_kernel.T]
    if bias:
        arrays += list(bias[0]) if bias[0].ndim == 2 else [bias[0], np.zeros_like(bias[0])]
    return [np.ascontiguousarray(_reordered(array, layer.cell)) for array in arrays]


def _reordered(array: np.ndarray, cell: Any) -> np.ndarray:
    """A GRU's rows in the other order: the first two blocks change places."""
    if not isinstance(cell, (GRUCell, keras.layers.GRUCell)):
        return array
    blocks = np.split(array, 3)
    return np.concatenate([blocks[i] for i in RESET_FIRST])


def _recurrent(layers: Any) -> list[keras.layers.Layer]:
    """The recurrent layers of a model, or of a list."""
    if not isinstance(layers, keras.Model):
        return list(layers)
    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    return [layer for layer in layers.layers if isinstance(layer, kinds)]


def _directions(layer: Any) -> list[Any]:
    """The layers in each direction, forward first."""
    if isinstance(layer, keras.layers.Bidirectional):
        if layer.merge_mode != "concat":
            raise ConversionError(f"{layer.name}: PyTorch concatenates the directions.")
        return [layer.forward_layer, layer.backward_layer]
    return [layer]


def _kind(layer: Any) -> tuple[Any, ...]:
    """What all layers of a module of PyTorch have in common.

    Raises:
        ConversionError: PyTorch has no such cell.
    """
    cell: Any = getattr(layer, "cell", None)
    ours = CELLS.get(type(layer)) or (type(cell) if type(cell) in KINDS.values() else None)
    if ours is None:
        kind = type(layer if cell is None else cell).__name__
        raise ConversionError(f"{layer.name}: PyTorch has no module for {kind}.")
    activation = cell.activation
    allowed = (keras.activations.tanh, keras.activations.relu)[: 1 + (ours is SimpleRNNCell)]
    gates = getattr(cell, "recurrent_activation", keras.activations.sigmoid)
    if activation not in allowed or gates is not keras.activations.sigmoid:
        raise ConversionError(f"{layer.name}: PyTorch has other activations.")
    if not getattr(cell, "reset_after", True):
        raise ConversionError(f"{layer.name}: PyTorch's reset gate multiplies after the product.")
    for option in ("projection", "zoneout"):
        if getattr(cell, option, None):
            raise ConversionError(f"{layer.name}: cells with {option} are not converted.")
    if getattr(layer, "learn_initial_state", False):
        raise ConversionError(f"{layer.name}: PyTorch learns no initial state.")
    if not layer.built:
        raise ConversionError(f"{layer.name}: has no weights yet.")
    return ours, cell.units, cell.use_bias, activation
