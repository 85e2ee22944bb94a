"""What a task says of itself to the tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NO_CHANCE = {"dropout": 0.0, "recurrent_dropout": 0.0}


@dataclass(frozen=True)
class ShellCase:
    """A task from the shell.

    Attributes:
        write: makes data to train on in a folder, and returns its path.
        metrics: what `evaluate` prints.
        text: what `predict` is given, as an argument; of files a name beside the data.
        field: the output of the SavedModel's signature that holds the answer.
    """

    write: Callable[[Path], Path]
    metrics: set[str]
    text: str
    field: str = "text"


@dataclass(frozen=True)
class TaskCase:
    """A task in the tests that visit every entry.

    Attributes:
        fullest: the entry with the most in it.
        tiny: overrides with which an entry trains in a moment and without chance.
        expected: what the task says of raw inputs, to be compared with what is served.
        served: the same from the outputs of the SavedModel's signature.
        answered: the same from the answers of the client of an ONNX file.
        asked: raw inputs as that client takes them.
        says: what the task says of them, where it is not what is served.
        requests: raw inputs as the signature takes them, by the names of its arguments.
        export: options of `export`.
        shell: the task from the shell; None where other tests of the command line visit it.
        targets_alone: whether training computes logits where there are targets alone.
    """

    fullest: str
    tiny: dict[str, Any]
    expected: Callable[[Any, list], Any]
    served: Callable[[dict[str, Any]], Any]
    requests: Callable[[list], dict[str, list]]
    answered: Callable[[list], Any] = list
    asked: Callable[[list], list] = list
    says: Callable[[Any, list], Any] | None = None
    export: dict[str, Any] = field(default_factory=dict)
    shell: ShellCase | None = None
    targets_alone: bool = False


def written(path, content):
    """The path of a file with this content."""
    path.write_text(content, encoding="utf-8")
    return path


def decoded_texts(served):
    """The texts that a signature gives."""
    return [text.decode() for text in served["text"].numpy()]


def as_texts(inputs):
    """Texts, or words with spaces between, and an empty one."""
    return [text if isinstance(text, str) else " ".join(text) for text in inputs]
