"""A stack of recurrent layers, the body of every network in the zoo, and its settings."""

from typing import Annotated, Any, Literal

import keras
from keras import ops
from pydantic import AfterValidator, Field, model_validator

from rnn_zoo import cells, layers
from rnn_zoo.config import Depth, Length, Rate, Section, Units


def _check_cell(cell: str) -> str:
    cells.get(cell)
    return cell


CellName = Annotated[str, Field(max_length=200), AfterValidator(_check_cell)]
"""A setting that names a cell which `rnn_zoo.cells.get` knows."""


class CellSettings(Section):
    """Settings of the recurrent layers of every network.

    Attributes:
        cell: the name of a cell, see `rnn_zoo.cells.names`: `"lstm"`, `"gru"`, `"mingru"`; or the
            registered Keras name of another.
        units: size of the hidden state.
        depth: number of recurrent layers, one above the other.
        residual: whether each layer from the second on adds its input to its output (Wu et al.,
            2016, "Google's neural machine translation system: bridging the gap between human and
            machine translation").
        chrono: for an LSTM, the longest dependency in steps that its gates can remember at the
            beginning; see `rnn_zoo.cells.Chrono`.
        dropout: share of features dropped while training, between layers and wherever else the
            network says.
        recurrent_dropout: share of the hidden state dropped, one mask for the whole sequence (Gal
            and Ghahramani, 2016, "A theoretically grounded application of dropout in recurrent
            neural networks"). Not for a cell without a recurrent kernel, such as `"mingru"`.
    """

    cell: CellName = "lstm"
    units: Units = 256
    depth: Depth = 1
    residual: bool = False
    chrono: Annotated[Length, Field(ge=3)] | None = None
    dropout: Rate = 0.3
    recurrent_dropout: Rate = 0.0

    @model_validator(mode="after")
    def _check_chrono(self) -> "CellSettings":
        if self.chrono is not None and self.cell != "lstm":
            raise ValueError(f"chrono is for the gates of an lstm, and cell is {self.cell}")
        return self

    @model_validator(mode="after")
    def _check_recurrent_dropout(self) -> "CellSettings":
        has_kernel = getattr(cells.get(self.cell), "has_recurrent_kernel", True)
        if self.recurrent_dropout and not has_kernel:
            raise ValueError(
                f"recurrent_dropout is for a recurrent kernel, and {self.cell} has none: set "
                "recurrent_dropout to 0"
            )
        return self

    def of_cells(self) -> dict[str, Any]:
        """These settings alone, without those that a network adds."""
        return self.model_dump(include=set(CellSettings.model_fields))


class ReaderSettings(CellSettings):
    """Settings of recurrent layers that read a whole sequence, beside `CellSettings`.

    Attributes:
        bidirectional: read the sequence from both ends.
        initial_state: the states before the first step: `"zeros"` or `"learned"`.
        truncate_gradient: after how many steps of a row the gradient is cut (truncated
            backpropagation through time), or None; see `rnn_zoo.layers.RNN`.
    """

    bidirectional: bool = False
    initial_state: Literal["zeros", "learned"] = "zeros"
    truncate_gradient: Length | None = None


class PoolingSettings(ReaderSettings):
    """Settings of a network that makes one vector of a sequence, beside `ReaderSettings`.

    Attributes:
        pooling: what of the hidden states the decision sees: the last one, or the mean or maximum
            over the real steps.
    """

    pooling: Literal["last", "mean", "max"] = "last"

    @model_validator(mode="after")
    def _check_residual(self) -> "PoolingSettings":
        if self.residual and self.pooling == "last":
            raise ValueError("residual joins whole sequences: set pooling to mean or max")
        return self


def make_cell(
    cell: str, units: int, recurrent_dropout: float, chrono: int | None, **kwargs: Any
) -> Any:
    """A cell from its settings."""
    if chrono is not None:
        kwargs |= {"bias_initializer": cells.Chrono(chrono), "unit_forget_bias": False}
    return cells.get(cell)(units, recurrent_dropout=recurrent_dropout, **kwargs)


def recurrent_stack(
    x: Any,
    mask: Any,
    settings: ReaderSettings,
    *,
    units: int | None = None,
    return_sequences: bool,
    return_state: bool = False,
    dtype: Any = None,
) -> Any:
    """Run recurrent layers over a sequence, one above the other.

    Args:
        x: inputs `(batch, time, features)`.
        mask: booleans `(batch, time)`, true at real steps; a masked step leaves the state as it is.
        settings: of the layers.
        units: size of the hidden state in each direction, where it is not that of the settings.
        return_sequences: whether the last layer gives its output at every step.
        return_state: whether the last states of all layers are returned too.
        dtype: Keras dtype or dtype policy.

    Returns:
        `(batch, time, units)` where `return_sequences`, else `(batch, units)`; twice as many
        features where bidirectional. With `return_state` a pair: that, and a list of the states
        of all layers, from the lowest on; where bidirectional, those of both directions joined.
    """
    states: list[Any] = []
    for level in range(1, settings.depth + 1):
        if level > 1:
            dropout = keras.layers.Dropout(settings.dropout, dtype=dtype, name=f"dropout_{level}")
            x = dropout(x)
        layer = layers.RNN(
            make_cell(
                settings.cell,
                units or settings.units,
                settings.recurrent_dropout,
                settings.chrono,
                dtype=dtype,
            ),
            return_sequences=return_sequences or level < settings.depth,
            return_state=return_state,
            truncate_gradient=settings.truncate_gradient,
            learn_initial_state=settings.initial_state == "learned",
            dtype=dtype,
            name=f"recurrent_{level}",
        )
        if settings.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype=dtype, name=f"recurrent_{level}")
        below, x = x, layer(x, mask=mask)
        if return_state:
            x, *last = x
            states += _join_directions(last) if settings.bidirectional else last
        if settings.residual and level > 1:
            x = ops.add(below, x)
    return (x, states) if return_state else x


def _join_directions(states: list[Any]) -> list[Any]:
    """States of the forward layer, then of the backward layer, joined pair by pair."""
    half = len(states) // 2
    pairs = zip(states[:half], states[half:], strict=True)
    return [ops.concatenate(pair, axis=-1) for pair in pairs]
