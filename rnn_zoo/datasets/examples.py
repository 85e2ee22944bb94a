"""Texts with a label each: the examples of a sentiment or any other text classification task."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rnn_zoo.errors import DataError


@dataclass(frozen=True)
class LabeledTexts:
    """Raw texts and their labels, in the order of their source.

    Args:
        texts: the texts; the empty text is legal.
        labels: the label of each text. Files give strings, JSON numbers integers.

    Raises:
        DataError: there are more texts than labels, or fewer.

    Example:
        >>> examples = LabeledTexts(["a joy", "a bore", "fun"], ["pos", "neg", "pos"])
        >>> len(examples), examples.label_counts()
        (3, {'neg': 1, 'pos': 2})
        >>> examples.take([2, 0]).texts
        ['fun', 'a joy']
    """

    texts: Sequence[str]
    labels: Sequence[str | int]

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.labels):
            raise DataError(
                f"Every text needs one label: got {len(self.texts)} texts and "
                f"{len(self.labels)} labels."
            )

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Iterable[int]) -> "LabeledTexts":
        """The examples at `indices`, in that order."""
        indices = list(indices)
        return LabeledTexts([self.texts[i] for i in indices], [self.labels[i] for i in indices])

    def label_counts(self) -> dict[str | int, int]:
        """How often each label occurs, in the labels' order."""
        counts = Counter(self.labels)
        return {label: counts[label] for label in sorted(counts)}
