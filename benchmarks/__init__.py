"""What rnn_zoo is measured by, beside its peers; `make bench` runs most of it."""

import contextlib
import sys

# Optimizers of a PyTorch for GPUs import it, and imported after TensorFlow it ends the process.
if "tensorflow" not in sys.modules:
    with contextlib.suppress(ImportError):
        import triton  # noqa: F401 - for its place before TensorFlow
