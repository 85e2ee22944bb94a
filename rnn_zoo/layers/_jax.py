"""What `rnn_zoo.layers.RNN` needs of JAX and `keras.ops` does not have."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras

from rnn_zoo._keras_private import in_stateless_scope
from rnn_zoo.layers.all_rows import AllRows


def loop(
    body: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    steps: Any,
    backwards: bool = False,
    *,
    differentiable: bool = False,  # noqa: ARG001 - every loop is
    window: tuple[Any, Any] | None = None,
    ahead: int = 0,  # noqa: ARG001 - nothing is read ahead
) -> tuple[Any, Any]:
    """Runs `body` over the first axis of `steps`; see `rnn_zoo.layers._backend`."""
    assert window is None, "a loop of JAX has a length that is known before it runs"
    # A variable that a step assigns, such as a seed, would hold a value from within the loop.
    scope = contextlib.nullcontext() if in_stateless_scope() else keras.StatelessScope()
    with scope:
        return jax.lax.scan(body, carry, steps, reverse=backwards)


def shapes_of(function: Callable[[], Any]) -> Any:
    """What `function` would return, as shapes and dtypes; nothing is computed."""
    scope = contextlib.nullcontext() if in_stateless_scope() else keras.StatelessScope()
    with scope:
        return jax.eval_shape(function)


def vjp(function: Callable, primals: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
    """The gradients of `primals`, from those of what `function` returns."""
    outputs, pull = jax.vjp(lambda *args: list(function(*args)), *primals)
    pairs = zip(cotangents, outputs, strict=True)
    return list(pull([jax.numpy.asarray(cotangent, o.dtype) for cotangent, o in pairs]))


def cotangents(upstream: tuple[Any, ...]) -> list[Any]:
    """What a custom gradient is called with, as arrays: JAX hands over one tuple."""
    return list(upstream[0] if isinstance(upstream[0], tuple | list) else upstream)


def compiled(function: Callable) -> Callable:
    """`function` as it is: JAX compiles what calls it."""
    return function


def group_rows(count: int, mask: Any = None) -> AllRows:  # noqa: ARG001 - in their order
    """The rows of a batch in one group."""
    assert count == 1, "JAX runs operations one after the other"
    return AllRows()
