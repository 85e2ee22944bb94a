"""The three parts of a data set, and how the ones that it lacks are held out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.errors import DataError

SPLIT_NAMES = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
"""What files, folders and TFDS call a part -> what it is called here."""


@dataclass(frozen=True)
class Splits:
    """The parts of a data set; None where it has no such part.

    Args:
        train, validation, test: the examples of each part.
        held_out: names of the parts that `complete` took from the training part.
        columns: what was taken from a table: role -> name of the column, `{"text": "review",
            "label": "stars"}`; empty where there is no table.
        warnings: sentences on what looks odd, such as labels that hardly repeat, or that the
            training part lacks.
        origin: how the file of the first part is written, and which columns were not taken.

    Raises:
        DataError: a part has no examples.

    Example:
        >>> examples = Examples([f"text {i}" for i in range(20)], ["a", "b"] * 10)
        >>> splits = Splits(train=examples).complete(held_out=0.1, seed=0)
        >>> {name: len(part) for name, part in splits.parts.items()}
        {'train': 16, 'validation': 2, 'test': 2}
        >>> splits.held_out
        ('validation', 'test')
    """

    train: Examples | None = None
    validation: Examples | None = None
    test: Examples | None = None
    held_out: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        for name, part in self.parts.items():
            if not len(part):
                raise DataError(f"The {name} part holds no examples.")

    @property
    def parts(self) -> dict[str, Examples]:
        """The parts that are there, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    def complete(self, held_out: float = 0.1, seed: int = 0) -> "Splits":
        """Make the data ready for training: parts that are missing come out of the training part.

        Which examples are held out depends on the number of training examples, `held_out` and
        `seed` alone, the test part's not on whether there is a validation part. Of one long text
        without a target the end is held out.

        Args:
            held_out: share of the training examples for each missing part.
            seed: another seed holds out other examples.

        Raises:
            DataError: there is no training part, or it is too small.
        """
        if self.train is None:
            raise DataError(f"There is no training part, only {' and '.join(self.parts)}.")
        if not 0 < held_out < 0.5:
            raise DataError(f"held_out must lie between 0 and 0.5, got {held_out}.")
        missing = [name for name in ("validation", "test") if getattr(self, name) is None]
        total = len(self.train)
        size = max(1, int(total * held_out))
        if total == 1 and self.train.targets is None:
            return self._cut(self.train.inputs[0], missing, held_out)
        order = sorted(range(total), key=lambda index: _rank(index, seed))
        chosen = {"test": order[:size], "validation": order[size : 2 * size]}
        outside = {index for name in missing for index in chosen[name]}
        if total - len(outside) < 2:
            raise DataError(
                f"{total} training examples are too few to hold out {' and '.join(missing)}."
            )
        train = self.train.take(index for index in range(total) if index not in outside)
        return replace(
            self,
            train=train,
            validation=self.validation or self.train.take(sorted(chosen["validation"])),
            test=self.test or self.train.take(sorted(chosen["test"])),
            held_out=tuple(missing),
        )

    def _cut(self, text: str, missing: list[str], held_out: float) -> "Splits":
        """Hold out the end of one text: for the test part the last share, and before it another."""
        if not missing:
            return self
        size = int(len(text) * held_out)
        if not size:
            raise DataError(f"{len(text)} characters are too few to hold some out.")
        starts = [len(text) - size * left for left in range(len(missing), -1, -1)]
        held = {
            name: Examples([text[start:end]])
            for name, start, end in zip(missing, starts, starts[1:], strict=False)
        }
        return replace(
            self,
            train=Examples([text[: starts[0]]]),
            validation=self.validation or held["validation"],
            test=self.test or held["test"],
            held_out=tuple(missing),
        )


def _rank(index: int, seed: int) -> bytes:
    # A hash, not a random number generator: their streams change between versions.
    return hashlib.sha256(f"{seed}:{index}".encode()).digest()


def split_by_hash(text: str) -> str:
    """The part that an example with this text belongs to, whatever other examples there are.

    Of many texts 80 % are in the training part, 10 % in each of the others.
    """
    share = hashlib.sha256(text.encode()).digest()[0] / 256
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"
