"""Compiled functions over a network, which are compiled again when its layers change."""

import operator
import threading
from collections.abc import Callable, Hashable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_ONE_AT_A_TIME = threading.Lock()


class Inference:
    """Models over a network, compiled once each, as long as the network computes the same.

    `enable_lora`, `quantize` or a layer that is replaced give a network other variables: then
    everything is made again, since what was compiled before computes with the old ones.

    Args:
        network: whose variables are watched.
    """

    def __init__(self, network: keras.Model):
        self._network = network
        self._seen: dict[str, list[Any]] = {}
        self._models: dict[Hashable, Any] = {}
        self._functions: dict[keras.Model, Callable] = {}

    def model(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The model of this key; `make` gives it where there is none yet."""
        if self.has_changed("inference"):
            self.reset()
        if key not in self._models:
            # Of threads that make one at the same time, all take the first.
            self._models.setdefault(key, make())
        return self._models[key]

    def function(self, model: keras.Model) -> Callable[[Any], Any]:
        """A model as a compiled function from padded inputs to NumPy arrays."""
        if model not in self._functions:
            self._functions.setdefault(model, _compiled(model))
        return self._functions[model]

    def has_changed(self, user: str) -> bool:
        """Whether the network has other variables than when the same user asked before."""
        now, before = self._network.variables, self._seen.get(user, [])
        self._seen[user] = now
        return len(now) != len(before) or any(map(operator.is_not, now, before))

    def reset(self) -> None:
        """Forget what was compiled."""
        self._models.clear()
        self._functions.clear()


def _compiled(model: keras.Model) -> Callable[[Any], Any]:
    if keras.backend.backend() != "tensorflow":
        return lambda inputs: _predicted_on_jax(model, inputs)

    # Not Keras' predict_on_batch: within the scope of a distribution strategy every replica would
    # answer for all rows.
    @tf.function(reduce_retracing=True, autograph=False)
    def call(inputs: Any) -> Any:
        return model(inputs, training=False)

    return lambda inputs: keras.tree.map_structure(np.asarray, call(inputs))


def _predicted_on_jax(model: keras.Model, inputs: Any) -> Any:
    # Keras hands JAX the buffers of the model's variables and puts others in their place: another
    # thread would find them gone, also in a model that shares them.
    with _ONE_AT_A_TIME:
        return model.predict_on_batch(keras.tree.map_structure(np.asarray, inputs))
