"""TensorFlow without its greeting, and without searches for garbage in it, for the command line.

While it is being imported TensorFlow prints lines about processors and GPUs to standard error,
before any of its settings can stop it. They would drown the one line that an error is. What it has
loaded stays until the command ends, so the collector need not ever look at it. As a library rnn_zoo
leaves everything as it is.
"""

import gc
import os
import sys
from pathlib import Path

if Path(sys.argv[0]).stem == "rnn-zoo":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    standard_error = os.dup(2)
    gc.disable()
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            import keras  # noqa: F401 - to be loaded while the collector rests
            import tensorflow  # noqa: F401 - to print its lines where nobody reads them
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
    gc.freeze()  # rnn_zoo, which imports this, turns the collector on again
