"""The private names of Keras that the package uses, each with its reason.

No other module imports from `keras.src`. `tests/test_private_api.py` notices when one of them
moves or changes.
"""

from typing import Any

# The scope in which a layer reads its weights in its compute dtype. Keras sets it around a layer's
# call; the gradient of the fast scan is computed after it.
from keras.src.backend import AutocastScope as AutocastScope

# The loop over time that keras.layers.RNN runs, for networks that loop over more than a cell.
from keras.src.backend import rnn as rnn

# `keras.layers.RNN` draws one dropout mask for a whole sequence for cells that are instances of
# this class, and for no others.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell as DropoutRNNCell


def flatten_layers(layer: Any, include_self: bool = False) -> list[Any]:
    """The layers inside of a layer or a model, and those inside of them, whatever holds them.

    `keras.Model.layers` lists only the outermost ones.
    """
    return list(layer._flatten_layers(include_self=include_self))
