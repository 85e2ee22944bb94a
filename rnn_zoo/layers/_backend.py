"""The functions of `_tensorflow` or of `_jax`, by the backend that Keras runs on."""

import keras

if keras.backend.backend() == "jax":
    from rnn_zoo.layers._jax import compiled, cotangents, group_rows, loop, shapes_of, vjp
else:
    from rnn_zoo.layers._tensorflow import compiled, cotangents, group_rows, loop, shapes_of, vjp

__all__ = ["compiled", "cotangents", "group_rows", "loop", "shapes_of", "vjp"]
