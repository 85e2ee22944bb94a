"""The console script `rnn-zoo`: a quiet and quick start of `rnn_zoo.cli`.

It is a module of its own because importing any part of `rnn_zoo` imports TensorFlow, which prints
lines about processors and GPUs to standard error before any of its settings can stop it. They would
drown the one line that an error is. The garbage collector pauses as well: a single search in all
that TensorFlow loads takes seconds, and everything that is loaded stays until the command ends.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def main() -> None:
    """Run the command that the shell gives."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    gc.disable()
    with _silent_standard_error():
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    from rnn_zoo import cli

    gc.freeze()
    gc.enable()
    cli.main()


@contextmanager
def _silent_standard_error() -> Iterator[None]:
    """Discard what compiled code writes to the file descriptor of standard error."""
    standard_error = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)


if __name__ == "__main__":
    main()
