"""Parts put together, with what a user should be told of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.splits import Splits
from rnn_zoo.errors import shortened

FEW = 20
"""Up to this many distinct labels cause no warning."""


def combined(parts: dict[str, Part], schema: ExampleSchema) -> Splits:
    """The parts as splits, with the columns that were taken and warnings."""
    first = next(iter(parts.values()))
    examples = {name: part.examples for name, part in parts.items()}
    return Splits(
        examples.get("train"),
        examples.get("validation"),
        examples.get("test"),
        columns=schema.named(first.columns),
        origin=first.origin,
        warnings=tuple(_warnings(parts, schema)) if schema.has_classes else (),
    )


def _warnings(parts: dict[str, Part], schema: ExampleSchema) -> Iterator[str]:
    if "train" not in parts:
        return
    train = parts["train"]
    counts = Counter(chain.from_iterable(_labels(train, schema)))
    yield from _odd_labels(
        counts, f"Column {shortened(train.columns[1])}" if train.columns[1] else "Labels"
    )
    for name in ("validation", "test"):
        if name in parts:
            yield from _unseen_labels(parts[name], name, counts, schema)


def _labels(part: Part, schema: ExampleSchema) -> Iterable[list[str | int]]:
    """The labels of each example."""
    targets = part.examples.targets or ()
    return targets if schema.is_sequence else ([target] for target in targets)


def _odd_labels(counts: Counter[str | int], subject: str) -> Iterator[str]:
    """Labels that look like something else than classes."""
    total, distinct = counts.total(), len(counts)
    has = f"{subject}: {distinct:,} distinct values in {total:,}"
    if distinct <= FEW:
        return
    numbers = [_number(label) for label in counts]
    if None not in numbers and any(number % 1 for number in numbers if number is not None):
        yield f"{has} have fractions, which looks like regression: each is a class here."
    elif 2 * distinct > total:
        yield f"{has} hardly repeat: is it an identifier? Each is a class here."
    elif None not in numbers:
        yield f"{has} are numbers: is it a quantity or an identifier? Each is a class here."


def _number(label: str | int) -> float | None:
    try:
        return float(label)
    except (ValueError, OverflowError):
        return None


def _unseen_labels(
    part: Part, name: str, counts: Counter[str | int], schema: ExampleSchema
) -> Iterator[str]:
    unseen = Counter[str | int]()
    first = ""
    for i, labels in enumerate(_labels(part, schema)):
        new = [label for label in labels if label not in counts]
        if new and not first:
            first = f"first {shortened(new[0])} in {part.where(i)}"
        unseen.update(new)
    if unseen:
        times = "once" if unseen.total() == 1 else f"{unseen.total():,} times"
        yield (
            f"The {name} part has {len(unseen):,} "
            f"{'label' if len(unseen) == 1 else 'labels'} that the training part lacks, {times}, "
            f"{first}: no prediction of {'it' if len(unseen) == 1 else 'them'} can be right."
        )
