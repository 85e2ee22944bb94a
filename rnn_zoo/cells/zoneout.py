"""Units that keep their state at a step, at random."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

Tensors = list[Any]


def rates_of(cell: Any, zoneout: Any, states: int) -> tuple[float, ...]:
    """A rate for each state; none where nothing is kept.

    Raises:
        ValueError: `zoneout` is neither a share in [0, 1) nor a list of one for each state.
    """
    rates = list(zoneout) if isinstance(zoneout, Sequence) else [zoneout] * states
    shares = [rate for rate in rates if isinstance(rate, int | float) and 0 <= rate < 1]
    if not len(rates) == len(shares) == states:
        raise ValueError(
            f"{type(cell).__name__}: `zoneout` must be a number in [0, 1), the share of units that "
            f"keep their state, or a list of one for each of {cell.state_names}. "
            f"Received: {zoneout!r}"
        )
    return tuple(map(float, rates)) if any(rates) else ()


def draw(cell: Any, batch: Any, time: Any) -> Tensors:
    """Booleans `(batch, time, size)` for each state: which units keep it at a step."""
    return [
        keras.random.uniform((batch, time, size), seed=cell.seed_generator) < rate
        for rate, size in zip(cell.zoneout, _sizes(cell), strict=True)
    ]


def kept_of(cell: Any, kept: Sequence[Any], training: bool) -> Sequence[Any]:
    """In training the units that were drawn, else the rates.

    Raises:
        ValueError: None were drawn.
    """
    if training and not kept:
        raise ValueError(
            f"{type(cell).__name__}: in training with `zoneout` the cell needs rnn_zoo.layers.RNN, "
            "which draws the units that keep their state."
        )
    return kept if training else cell.zoneout


def zoned_out(after: Tensors, before: Sequence[Any], kept: Sequence[Any]) -> Tensors:
    """The states after a step in which a share of them is `kept`: ones and zeros, or a rate."""
    mixed = []
    for new, old, keep in zip(after, before, kept, strict=True):
        share = keep if isinstance(keep, float) else ops.cast(keep, new.dtype)
        mixed.append(share * old + (1 - share) * new)
    return mixed


def _sizes(cell: Any) -> list[int]:
    size = cell.state_size
    return list(size) if isinstance(size, Sequence) else [size]
