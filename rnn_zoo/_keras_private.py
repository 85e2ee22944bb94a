"""The private names of Keras and TensorFlow that the package uses, each with its reason.

No other module imports from `keras.src` or `tensorflow.python`. `tests/test_private_api.py` notices
when one of them moves or changes.
"""

from collections.abc import Sequence
from typing import Any

import keras

# The scope in which a layer reads its weights in its compute dtype. Keras sets it around a layer's
# call; the gradient of the fast scan is computed after it.
from keras.src.backend import AutocastScope as AutocastScope

# Where Keras notes, among other things, that it writes an .h5 file.
from keras.src.backend.common.global_state import get_global_attribute

# The mask that Keras has attached to a tensor. It hands the mask to a layer's `call` by itself, and
# to no other method.
from keras.src.backend.common.masking import get_keras_mask as get_keras_mask

# Whether variables keep their values for now. A loop of JAX must not assign any, and must not open
# a scope of its own within the scope that holds their values.
from keras.src.backend.common.stateless_scope import in_stateless_scope as in_stateless_scope

# The folder in which Keras keeps its settings and what it has fetched.
from keras.src.backend.config import keras_home as keras_home

# `keras.layers.RNN` draws one dropout mask for a whole sequence for cells that are instances of
# this class, and for no others.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell as DropoutRNNCell

# The keyword by which `fit` tells `evaluate` that it scores the batches of its validation data.
CACHED_EVALUATION = "_use_cached_eval_dataset"


class ClippingAdam(keras.optimizers.Adam):
    """Keras' Adam, which clips by a method that a subclass may replace.

    Keras clips all gradients at once, in new arrays, before it updates a weight.
    """

    def clip_gradients(self, gradients: Sequence[Any]) -> list[Any]:
        """The gradients, clipped as `clipnorm`, `global_clipnorm` or `clipvalue` says."""
        return list(super()._clip_gradients(gradients))

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        return self.clip_gradients(grads)


def weight_and_moments(optimizer: keras.optimizers.Adam, variable: Any) -> tuple[Any, Any, Any]:
    """What Adam updates for a variable: it, and the moments of its gradient.

    Keras' own examples of an optimizer find them so.
    """
    index = optimizer._get_variable_index(variable)
    return (
        optimizer._trainable_variables[index],
        optimizer._momentums[index],
        optimizer._velocities[index],
    )


def flatten_layers(layer: Any, include_self: bool = False) -> list[Any]:
    """The layers inside of a layer or a model, and those inside of them, whatever holds them.

    `keras.Model.layers` lists only the outermost ones.
    """
    return list(layer._flatten_layers(include_self=include_self))


def forget_layer(holder: Any, layer: Any) -> None:
    """Lets a layer or a model forget a layer that it has held as an attribute.

    An attribute that is set again does not do that: the weights of both are trained.
    """
    holder._tracker.untrack(layer)


def knows_variables(optimizer: Any, variables: list[Any]) -> bool:
    """Whether an optimizer that is built was built for all of these variables."""
    known = {id(variable) for variable in optimizer._trainable_variables}
    return all(id(variable) in known for variable in variables)


def writes_legacy_file() -> bool:
    """Whether Keras asks for a config to write an .h5 file."""
    return bool(get_global_attribute("use_legacy_config"))


def draw_dropout_masks(layer: Any, inputs: Any, states: Any) -> None:
    """Draws the dropout masks of a layer's cells, one for all steps, before its loop.

    Args:
        layer: A `keras.layers.RNN`.
        inputs: Those of one step, `(batch, features)`.
        states: Those before it.
    """
    layer._maybe_config_dropout_masks(layer.cell, inputs, states)


def forget_dropout_masks(layer: Any) -> None:
    """Forgets the masks that `draw_dropout_masks` drew."""
    layer._maybe_reset_dropout_masks(layer.cell)


def frozen_graph(concrete: Any) -> tuple[Any, list[str], list[str]]:
    """A concrete function of TensorFlow as a graph whose weights are constants.

    Public functions inline every function that it calls, also those that ask not to be.

    Returns:
        The graph's definition, and the names of its inputs and outputs.
    """
    from tensorflow.python.framework import convert_to_constants

    frozen = convert_to_constants.convert_variables_to_constants_v2(
        concrete, lower_control_flow=False, aggressive_inlining=False
    )
    inputs, outputs = ([tensor.name for tensor in part] for part in (frozen.inputs, frozen.outputs))
    return frozen.graph.as_graph_def(), inputs, outputs
