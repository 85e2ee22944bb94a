"""How far a change of the state lives: products of Jacobians."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops, tree

from rnn_zoo.diagnostics.known_cells import block_names
from rnn_zoo.diagnostics.named_array import NamedArray
from rnn_zoo.diagnostics.recording import Pass
from rnn_zoo.layers.choice import is_divided


@dataclass(frozen=True)
class JacobianNorms:
    """Spectral norms of products of Jacobians, axes `(batch, time)`, NaN at padding.

    Attributes:
        states: by state, what a change of it at step t does to the same state at step T.
        output: by state, what the change does to h_T.
    """

    states: dict[str, NamedArray]
    output: dict[str, NamedArray]


def jacobian_norms(run: Pass, rows: int) -> JacobianNorms:
    r"""Spectral norms of blocks of $\partial S_T / \partial S_t$.

    $$\frac{\partial S_T}{\partial S_t} = J_T J_{T-1} \cdots J_{t+1}, \qquad
    J_k = \frac{\partial S_k}{\partial S_{k-1}}, \qquad S = (h, c, \ldots)$$

    The inputs of the cell are held, and so is, for a block, the other state of step $t$: the block
    of h says what a change of $h_t$ alone does to $h_T$. $T$ is the last real step of a row, for a
    layer that runs backwards the first; a masked step is the identity, a reset is zero.

    Args:
        run: what a cell did. Its first state is its output.
        rows: of so many rows.

    Returns:
        The norms; none where a state is no vector.
    """
    if rows < 1 or any(len(state.shape) != 2 for state in run.before[0]):
        return JacobianNorms({}, {})
    sizes = [int(state.shape[1]) for state in run.before[0]]
    bounds = [slice(*ends) for ends in itertools.pairwise(np.cumsum([0, *sizes]))]
    real = run.real[:rows]
    states, output = np.full((2, len(sizes), *real.shape), np.nan)
    for t, product in _products(run, rows, sizes):
        here = real[:, t]
        for i, part in enumerate(bounds):
            states[i, here, t] = _spectral_norm(product[here, part, part])
            output[i, here, t] = _spectral_norm(product[here, bounds[0], part])
    return JacobianNorms(
        *(
            {
                name: NamedArray(norms, ("batch", "time"))
                for name, norms in zip(run.names, blocks, strict=True)
            }
            for blocks in (states, output)
        )
    )


def _products(run: Pass, rows: int, sizes: list[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Steps t, from the last one back, and dS_T/dS_t `(rows, states, states)`."""
    real = run.real[:rows]
    rows, steps = real.shape
    identity = np.eye(sum(sizes))
    product = np.tile(identity, (rows, 1, 1))
    steps_taken = [
        (
            tree.map_structure(lambda part: part[:rows], inputs),
            ops.concatenate([state[:rows] for state in before], axis=-1),  # (rows, states)
        )
        for inputs, before in zip(run.inputs, run.before, strict=True)
    ]
    jacobian = _step_jacobian(run.cell, sizes, steps_taken[0])
    for t in range(steps) if run.backwards else range(steps - 1, -1, -1):
        yield t, product
        factor = np.asarray(jacobian(*steps_taken[t]), "float64")
        factor = np.where(real[:, t, None, None], factor, identity)
        if run.resets is not None:
            factor[run.resets[:rows, t]] = 0
        product = product @ factor


def singular_values(cell: Any) -> dict[str, float]:
    """The largest singular value of the recurrent kernel, `(units, units)` for each block.

    Of a linear cell it bounds the growth of the gradient a step; nonlinearities make less of it.
    """
    kernel = getattr(cell, "recurrent_kernel", None)
    if kernel is None or len(kernel.shape) != 2 or kernel.shape[1] % kernel.shape[0]:
        return {}
    blocks = np.split(
        kernel.value.numpy().astype("float64"), kernel.shape[1] // kernel.shape[0], axis=1
    )
    values = [float(_spectral_norm(block)) for block in blocks]
    return dict(zip(block_names(cell, len(blocks)), values, strict=True))


def _step_jacobian(cell: Any, sizes: list[int], example: Any) -> Callable:
    """From a step's inputs and states `(rows, states)` to its Jacobian `(rows, states, states)`."""
    import tensorflow as tf

    divided = is_divided(cell)

    def jacobian(inputs: Any, before: Any) -> Any:
        if divided:  # in the dtype of the weights, which may be finer than the layer's
            inputs, before = (ops.cast(part, cell.variable_dtype) for part in (inputs, before))
        with tf.GradientTape() as tape:
            tape.watch(before)
            states = tf.split(before, sizes, axis=-1)
            if divided:
                _, after = cell.step(inputs, states)
            else:
                _, after = cell(inputs, states if len(sizes) > 1 else states[:1])
            after = ops.concatenate(tree.flatten(after), axis=-1)
        return tape.batch_jacobian(after, before)

    # Traced here, once: of a function that is traced for each model anew TensorFlow would warn.
    return tf.function(jacobian, autograph=False).get_concrete_function(*example)


def _spectral_norm(matrices: np.ndarray) -> np.ndarray:
    """The largest singular value of each matrix: that of the Gram matrix, which takes less."""
    scale = np.abs(matrices).max(axis=(-2, -1), keepdims=True, initial=0)  # (rows, 1, 1)
    safe = np.where((scale > 0) & np.isfinite(scale), scale, 1)
    scaled = np.nan_to_num(matrices / safe)
    largest = np.linalg.eigvalsh(scaled @ np.swapaxes(scaled, -1, -2))[..., -1]
    norms = np.sqrt(np.maximum(largest, 0)) * safe[..., 0, 0]
    return np.where(np.isfinite(scale[..., 0, 0]), norms, scale[..., 0, 0])
