"""Raw inputs of `predict` and `generate`: arguments, or lines of standard input."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rnn_zoo.datasets import SCHEMAS
from rnn_zoo.errors import RunError
from rnn_zoo.tasks import Task


def standard_input() -> Iterator[str]:
    """Lines of standard input; none where that is a terminal."""
    if sys.stdin.isatty():
        return iter(())
    return (line.decode("utf-8", "surrogateescape").rstrip("\r\n") for line in sys.stdin.buffer)


def check_texts(task: Task, texts: Sequence[str]) -> None:
    """Make sure that what is to be read as a text is not the name of a file.

    Raises:
        RunError: it is; the message says how to read the lines of that file.
    """
    if not SCHEMAS[task.EXAMPLES].is_text:  # then it is the path of an input's file
        return
    for text in texts:
        if _is_file(text):
            raise RunError(
                f"{text} is a file, and this model reads texts: give its lines on standard input, "
                f"rnn-zoo ... RUN < {text}. Labeled examples are scored by rnn-zoo evaluate RUN "
                f"--data {text}."
            )


def _is_file(text: str) -> bool:
    try:
        path = Path(text)
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # longer than a name may be, or with a null character
        return False
