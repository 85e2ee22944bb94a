"""What looks odd in the findings, in sentences that say what to do."""

from collections.abc import Iterator
from itertools import chain

from rnn_zoo.errors import shortened
from rnn_zoo.inspection.findings import Inspection, Lengths, PartFindings

ONE_CLASS = 0.95
"""Share of one label that makes accuracy say little."""
LEAK = 0.01
"""Share of a part that stands in the training part, and of examples with conflicting labels."""
CUT = 0.05
"""Share of texts that are cut."""
UNKNOWN = 0.2
"""Share of tokens that are unknown."""
SCALE = range(3, 12)
"""Numbers of labels that may be grades on a scale."""


def warnings_of(found: Inspection) -> Iterator[str]:
    """Sentences on what looks odd in the training part, and in what the others share with it."""
    if "train" in found.parts:
        train = found.parts["train"]
        yield from chain(_label_warnings(found, train), _example_warnings(train))
    for name, part in found.parts.items():
        yield from _part_warnings(name, part)
        yield from _unknown_warnings(found, name, part)


def _label_warnings(found: Inspection, train: PartFindings) -> Iterator[str]:
    if not train.labels:
        return
    total = sum(train.labels.values())
    label, most = max(train.labels.items(), key=lambda item: item[1])
    is_tag = found.schema == "tagged_words"
    if len(train.labels) == 1:
        yield f"There is one label, {shortened(label)}: there is nothing to be learned."
    elif most >= ONE_CLASS * total:
        yield (
            f"{percent(most, total)} of the {'words' if is_tag else 'examples'} of the training "
            f"part have the label {shortened(label)}: a model that always says so is as accurate."
        )
    numbers = sorted(int(label) for label in train.labels if str(label).lstrip("-").isdecimal())
    is_scale = len(numbers) == len(train.labels) == train.distinct_labels and (
        len(numbers) in SCALE and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )
    if is_scale and not is_tag:
        yield (
            f"The labels are the numbers {numbers[0]} to {numbers[-1]}. If they are grades, as "
            "stars are: each is a class of its own here, and every wrong one is as wrong as any "
            "other."
        )


def _example_warnings(train: PartFindings) -> Iterator[str]:
    if train.empty:
        yield (
            f"{counted(train.empty, 'example')} of the training part "
            f"{'has' if train.empty == 1 else 'have'} a text without a single token."
        )
    if train.conflicting is not None and train.conflicting >= LEAK * train.examples > 0:
        yield (
            f"{counted(train.conflicting, 'example')} of the training part "
            f"({percent(train.conflicting, train.examples)}) have an input that has another label "
            "elsewhere: no model can be right about all of them."
        )
    for lengths in train.lengths:
        yield from _cut(lengths, train)


def _cut(lengths: Lengths, train: PartFindings) -> Iterator[str]:
    if lengths.cut is None or lengths.limit is None or lengths.cut < CUT * train.examples:
        return
    more = (
        ""
        if lengths.percentile95 <= lengths.limit
        else (f" --set {lengths.setting}={lengths.percentile95 + 1} reads 95 % of them whole.")
    )
    yield (
        f"{counted(lengths.cut, 'text')} of the training part "
        f"{'is' if lengths.cut == 1 else 'are'} cut after {lengths.limit:,} "
        f"{tokens_of(lengths.role, lengths.unit)}.{more}"
    )


def _part_warnings(name: str, part: PartFindings) -> Iterator[str]:
    if part.not_finite:
        yield (
            f"{counted(part.not_finite, 'series')} of the {name} part "
            f"{'has' if part.not_finite == 1 else 'have'} a value or a target that is no finite "
            "number: training refuses them."
        )
    leaked = part.shared.get("train", 0)
    if leaked >= LEAK * part.examples and leaked:
        yield (
            f"{counted(leaked, 'example')} of the {name} part ({percent(leaked, part.examples)}) "
            f"{'has' if leaked == 1 else 'have'} an input that the training part has as well: "
            "scores are better on it than on new data."
        )


def _unknown_warnings(found: Inspection, name: str, part: PartFindings) -> Iterator[str]:
    advice = ""
    for unknown in part.unknown:
        if found.schema in ("labeled_texts", "text_pairs") and unknown.unit == "words":
            advice = " Subwords (--set tokens=subwords) or characters are known more often."
        if unknown.unknown > UNKNOWN * unknown.total:
            yield (
                f"{percent(unknown.unknown, unknown.total)} of the "
                f"{tokens_of(unknown.role, unknown.unit)} of the {name} part are unknown: training "
                f"does not see them, or too rarely.{advice}"
            )


def tokens_of(role: str, unit: str) -> str:
    """What is counted, and of what where that does not go without saying.

    Example:
        >>> tokens_of("text", "words"), tokens_of("words", "words"), tokens_of("source", "words")
        ('words', 'words', 'words of the source')
    """
    return unit if role in ("text", "series", unit) else f"{unit} of the {role}"


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    plural = noun if count == 1 or noun.endswith("s") else f"{noun}s"
    return f"{count:,} {plural}"


def percent(part: int, whole: int) -> str:
    """A share as a person reads it; one that is not 0 never reads as 0.

    Example:
        >>> percent(1, 3), percent(1, 10_000), percent(0, 7), percent(7, 7), percent(9999, 10_000)
        ('33.3 %', '< 0.1 %', '0 %', '100 %', '> 99.9 %')
    """
    if part in (0, whole):
        return "100 %" if part else "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if share > 99.9 else f"{share:.1f} %"
