"""What an inspection finds: plain values, which JSON can hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Lengths:
    """How long the texts or series of a part are.

    Attributes:
        role: what they are: `"text"`, `"source"`, `"captions"`, `"series"`, ...
        unit: what is counted: `"words"`, `"characters"`, `"tokens"` (between white space) or
            `"steps"`. Of a model of subwords it is words, of which they are pieces.
        total: their number in all texts together.
        shortest, median, percentile95, longest: lengths; 95 % are at most as long as the third.
        setting: the name of the setting that bounds them; empty where nothing is cut.
        limit: how many tokens of a text are read; None where nothing is cut, or where that depends
            on subwords that are yet to be learned.
        cut: how many texts are longer.
    """

    role: str
    unit: str
    total: int
    shortest: int
    median: int
    percentile95: int
    longest: int
    setting: str = ""
    limit: int | None = None
    cut: int | None = None


@dataclass(frozen=True)
class Unknown:
    """Tokens of a part that the vocabulary of the training part lacks.

    Attributes:
        role, unit: as of `Lengths`.
        total: tokens of the part.
        unknown: how many of them are unknown.
        distinct: how many different ones.
        frequent: the most frequent of these with their numbers.
    """

    role: str
    unit: str
    total: int
    unknown: int
    distinct: int
    frequent: Mapping[str, int]


@dataclass(frozen=True)
class Numbers:
    """The targets of series.

    Attributes:
        minimum, mean, std, maximum: over all finite ones, whatever output they belong to.
    """

    minimum: float
    mean: float
    std: float
    maximum: float


@dataclass(frozen=True)
class PartFindings:
    """What one part of the data is like.

    Attributes:
        examples: how many there are.
        held_out: whether they were taken from the training part.
        empty: examples with a text that has no token.
        not_finite: series with a value, or a target, that is no finite number; None of texts.
        repeated: examples whose input stands earlier in the part. Inputs are equal if the model
            reads the same tokens, so that case may not count; images and series are equal if all
            their values are.
        shared: for each earlier part, examples whose input stands there as well.
        conflicting: examples whose input has another label elsewhere in the data; None without
            labels.
        distinct_labels: how many different labels there are; None without labels.
        labels: the most frequent labels with their numbers, of tags those of words.
        lengths: of what the model reads and writes.
        unknown: tokens that the training part lacks; nothing for the training part itself.
        numbers: the targets of series.
    """

    examples: int
    held_out: bool
    empty: int
    not_finite: int | None
    repeated: int
    shared: Mapping[str, int]
    conflicting: int | None
    distinct_labels: int | None
    labels: Mapping[str | int, int]
    lengths: tuple[Lengths, ...]
    unknown: tuple[Unknown, ...]
    numbers: Numbers | None


@dataclass(frozen=True)
class Inspection:
    """What is known of data before a model learns from them.

    Attributes:
        source: what the user calls the data.
        schema: the kind of examples, as `rnn_zoo.datasets.load` takes it.
        entry: the entry of the zoo by whose settings texts were read.
        columns: the columns that were taken, role -> name.
        other_columns: those that could be taken instead.
        delimiter, encoding: how the file is written; None where that does not apply.
        parts: the findings of each part, `"train"`, `"validation"` and `"test"`.
        warnings: sentences on what looks odd.
    """

    source: str
    schema: str
    entry: str
    columns: Mapping[str, str]
    other_columns: tuple[str, ...]
    delimiter: str | None
    encoding: str | None
    parts: Mapping[str, PartFindings]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, as JSON holds them."""
        return asdict(self)
