"""What a task says of itself to the tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NO_CHANCE = {"dropout": 0.0, "recurrent_dropout": 0.0}


@dataclass(frozen=True)
class TaskCase:
    """A task in the tests that visit every entry.

    Attributes:
        fullest: the entry with the most in it.
        tiny: overrides with which an entry trains in a moment and without chance.
        expected: what the task says of raw inputs, to be compared with what is served.
        served: the same from the outputs of the SavedModel's signature.
        requests: raw inputs as the signature takes them, by the names of its arguments.
        export: options of `export`.
    """

    fullest: str
    tiny: dict[str, Any]
    expected: Callable[[Any, list], Any]
    served: Callable[[dict[str, Any]], Any]
    requests: Callable[[list], dict[str, list]]
    export: dict[str, Any] = field(default_factory=dict)


def decoded_texts(served):
    """The texts that a signature gives."""
    return [text.decode() for text in served["text"].numpy()]


def as_texts(inputs):
    """Texts, or words with spaces between, and an empty one."""
    return [text if isinstance(text, str) else " ".join(text) for text in inputs]
