"""A stack of recurrent layers, the body of every network in the zoo."""

from typing import Annotated, Any

import keras
from keras import ops
from pydantic import AfterValidator

from rnn_zoo import cells, layers


def _known(cell: str) -> str:
    cells.get(cell)
    return cell


CellName = Annotated[str, AfterValidator(_known)]
"""A setting that names a cell which `rnn_zoo.cells.get` knows."""


def recurrent_stack(
    x: Any,
    mask: Any,
    *,
    cell: str,
    units: int,
    depth: int,
    bidirectional: bool,
    dropout: float,
    recurrent_dropout: float,
    return_sequences: bool,
    return_state: bool = False,
    dtype: Any = None,
) -> Any:
    """Run `depth` recurrent layers over a sequence, one above the other.

    Args:
        x: inputs `(batch, time, features)`.
        mask: booleans `(batch, time)`, true at real steps; a masked step leaves the state as it is.
        cell: a name that `rnn_zoo.cells.get` knows.
        units: size of the hidden state, in each direction.
        depth: number of layers.
        bidirectional: read from both ends and concatenate.
        dropout: share of features dropped between two layers.
        recurrent_dropout: share of the hidden state dropped, one mask for the whole sequence (Gal
            and Ghahramani, 2016, "A theoretically grounded application of dropout in recurrent
            neural networks").
        return_sequences: whether the last layer gives its output at every step.
        return_state: whether the last states of all layers are returned too.
        dtype: Keras dtype or dtype policy.

    Returns:
        `(batch, time, units)` where `return_sequences`, else `(batch, units)`; twice as many
        features where `bidirectional`. With `return_state` a pair: that, and a list of the states
        of all layers, from the lowest on; where `bidirectional`, those of both directions joined.
    """
    cell_class = cells.get(cell)
    states: list[Any] = []
    for level in range(1, depth + 1):
        if level > 1:
            x = keras.layers.Dropout(dropout, dtype=dtype, name=f"dropout_{level}")(x)
        layer = layers.RNN(
            cell_class(units, recurrent_dropout=recurrent_dropout, dtype=dtype),
            return_sequences=return_sequences or level < depth,
            return_state=return_state,
            dtype=dtype,
            name=f"recurrent_{level}",
        )
        if bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=dtype, name=f"recurrent_{level}")
        x = layer(x, mask=mask)
        if return_state:
            x, *last = x
            if bidirectional:
                half = len(last) // 2
                last = [
                    ops.concatenate(pair, axis=-1)
                    for pair in zip(last[:half], last[half:], strict=True)
                ]
            states += last
    return (x, states) if return_state else x
