"""Raw examples: what goes into a model, and what should come out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rnn_zoo.errors import DataError


@dataclass(frozen=True)
class Examples:
    """Raw inputs and their targets, in the order of their source.

    What an input and a target are depends on the task: a text and its label, words and their tags.

    Args:
        inputs: the inputs.
        targets: the target of each input; None where inputs alone are learned from.

    Raises:
        DataError: there are more inputs than targets, or fewer.

    Example:
        >>> examples = Examples(["a joy", "a bore", "fun"], ["pos", "neg", "pos"])
        >>> len(examples)
        3
        >>> examples.take([2, 0]).inputs
        ['fun', 'a joy']
    """

    inputs: Sequence[Any]
    targets: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        if self.targets is not None and len(self.inputs) != len(self.targets):
            raise DataError(
                f"Every input needs one target: got {len(self.inputs)} inputs and "
                f"{len(self.targets)} targets."
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, indices: Iterable[int]) -> "Examples":
        """The examples at `indices`, in that order."""
        indices = list(indices)
        targets = None if self.targets is None else [self.targets[i] for i in indices]
        return Examples([self.inputs[i] for i in indices], targets)
