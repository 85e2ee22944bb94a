"""TensorFlow, for the parts that cannot do without it, or a sentence that says so.

The packages that need TensorFlow in every module import it from here before anything else.
"""

from rnn_zoo.errors import MissingPackageError

try:
    import tensorflow as tf
except ModuleNotFoundError as error:
    if error.name != "tensorflow":  # TensorFlow is there, and something that it needs is not
        raise
    raise MissingPackageError(
        "Tasks, presets, exports and what prepares their data need TensorFlow, whichever backend "
        "Keras runs on: pip install tensorflow."
    ) from None

__all__ = ["tf"]
