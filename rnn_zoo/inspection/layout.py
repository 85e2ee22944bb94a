"""Findings as text: all of them, or a few lines at the head of a training run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from textwrap import wrap
from typing import Any

from rnn_zoo.datasets.columns import listed
from rnn_zoo.inspection.findings import Inspection, Lengths, PartFindings
from rnn_zoo.inspection.warnings import percent, tokens_of

WIDTH = 100
SHOWN_LABELS = 12
"""Labels of a table; the head of a run shows half of them."""
NAME = 32
"""Characters that are shown of a label or a token."""
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
LEGEND = {
    "repeated": "Repeated: an equal input stands earlier in the part.",
    "in train": "In train: an equal input stands in the training part.",
    "conflicting": "Conflicting: an equal input has another label elsewhere in the data.",
}
"""What columns of the first table mean."""

Rows = Sequence[Sequence[str]]


def as_text(found: Inspection) -> str:
    """All findings, as `rnn-zoo inspect` prints them, in lines of at most 100 characters."""
    kind = found.schema.replace("_", " ")
    sections = [
        wrapped(f"{found.source or 'The data'}: {kind}, as {found.entry} reads them"),
        "\n".join(_written(found)),
        _parts(found),
        _labels(found),
        _lengths(found),
        _numbers(found),
        _unknown(found),
        "\n".join(_warnings(found)),
    ]
    return "\n\n".join(section for section in sections if section)


def as_lines(found: Inspection) -> Iterator[str]:
    """The findings that a training run begins with: columns, sizes, labels and lengths."""
    source, parts = found.source or "the data", found.parts
    if found.columns:
        yield f"Columns of {source}: {columns_taken(found.columns, found.other_columns)}"
    for name, part in parts.items():
        if part.held_out:
            yield f"{source} has no {name} part: {part.examples} examples are held out."
    yield f"{found.entry} on {source}: {_sizes(found)}"
    train = parts.get("train")
    if train is None:
        return
    if train.labels:
        yield f"Labels: {_most_frequent(train)}"
    for lengths in train.lengths:
        yield f"Lengths: {_in_short(lengths)}"
    for name, part in parts.items():
        if odd := list(_odd(part)):
            yield f"The {name} part: {', '.join(odd)}"


def _in_short(lengths: Lengths) -> str:
    """A distribution of lengths in a line."""
    text = (
        f"{lengths.shortest:,} to {lengths.longest:,} {tokens_of(lengths.role, lengths.unit)}, "
        f"median {lengths.median:,}, 95 % up to {lengths.percentile95:,}"
    )
    return f"{text}; {lengths.cut:,} cut at {lengths.limit:,}" if lengths.cut else text


def columns_taken(columns: Mapping[str, str], others: Sequence[str] = ()) -> str:
    """Which columns were taken, and which were not."""
    taken = ", ".join(f"{role} is {name!r}" for role, name in columns.items())
    return f"{taken}; others: {listed(others)}" if others else taken


def wrapped(text: str, indent: str = "") -> str:
    """A text in lines that fit; names that are too long for one are broken."""
    return "\n".join(wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False))


def table(rows: Rows) -> str:
    """Rows of cells below each other, the first column to the left and the others to the right.

    Example:
        >>> print(table([["part", "examples"], ["train", "8"]]))
        part   examples
        train         8
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("   ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def _written(found: Inspection) -> Iterator[str]:
    if found.columns:
        yield wrapped(f"Columns: {columns_taken(found.columns, found.other_columns)}", "  ")
    if found.encoding is not None:
        by = DELIMITERS.get(found.delimiter or "", repr(found.delimiter))
        divided = f", cells divided by {by}" if found.delimiter else ""
        yield f"Written in {found.encoding}{divided}"


def _parts(found: Inspection) -> str:
    """Examples of each part, and which of them are odd."""
    parts = found.parts
    columns: list[tuple[str, list[Any]]] = [
        ("examples", [part.examples for part in parts.values()]),
        ("empty", [part.empty for part in parts.values()]),
        ("not finite", [part.not_finite for part in parts.values()]),
        ("repeated", [part.repeated for part in parts.values()]),
        ("in train", [part.shared.get("train") for part in parts.values()]),
        ("in validation", [part.shared.get("validation") for part in parts.values()]),
        ("conflicting", [part.conflicting for part in parts.values()]),
    ]
    told = [(title, values) for title, values in columns if any(v is not None for v in values)]
    rows = [["Part", *(title for title, _ in told)]]
    for i, (name, part) in enumerate(parts.items()):
        title = f"{name}, held out" if part.held_out else name
        rows.append([title, *(_count(values[i]) for _, values in told)])
    return "\n".join([table(rows), *(LEGEND[title] for title, _ in told if title in LEGEND)])


def _labels(found: Inspection) -> str:
    """The most frequent labels of each part, by their order in the first."""
    parts = {name: part for name, part in found.parts.items() if part.labels}
    if not parts:
        return ""
    first = next(iter(parts.values()))
    shown = list(first.labels)[:SHOWN_LABELS]
    rows = [["Label", *(cell for name in parts for cell in (name, ""))]]
    for label in shown:
        cells = [_share(part.labels.get(label, 0), part) for part in parts.values()]
        rows.append([shorten(str(label)), *(cell for pair in cells for cell in pair)])
    more = (first.distinct_labels or 0) - len(shown)
    if more > 0:
        rows.append([f"and {more:,} more", *([""] * 2 * len(parts))])
    return table(rows)


def _lengths(found: Inspection) -> str:
    head = ["Length", "shortest", "median", "95 % up to", "longest", "in all"]
    all_lengths = [lengths for part in found.parts.values() for lengths in part.lengths]
    is_cut = any(lengths.limit is not None for lengths in all_lengths)
    rows = [[*head, "limit", "cut"] if is_cut else head]
    for name, part in found.parts.items():
        for lengths in part.lengths:
            _, _, total, *points = astuple(lengths)[:7]
            numbers = [*points, total, *((lengths.limit, lengths.cut) if is_cut else ())]
            title = f"{name}, {tokens_of(lengths.role, lengths.unit)}"
            rows.append([title, *map(_count, numbers)])
    return table(rows) if all_lengths else ""


def _numbers(found: Inspection) -> str:
    rows = []
    for name, part in found.parts.items():
        if part.numbers is not None:
            rows.append([name, *(f"{number:.4g}" for number in vars(part.numbers).values())])
    return table([["Target", "minimum", "mean", "std", "maximum"], *rows]) if rows else ""


def _unknown(found: Inspection) -> str:
    rows = [["Unknown after training", "in all", "unknown", "share", "distinct"]]
    lines = []
    for name, part in found.parts.items():
        for unknown in part.unknown:
            tokens_name = tokens_of(unknown.role, unknown.unit)
            title = f"{name}, {tokens_name}"
            numbers = (unknown.total, unknown.unknown)
            share = percent(*reversed(numbers)) if unknown.total else "-"
            rows.append([title, *map(_count, numbers), share, _count(unknown.distinct)])
            if unknown.frequent:
                tokens = ", ".join(f"{shorten(t)} {n:,}" for t, n in unknown.frequent.items())
                lines.append(wrapped(f"Unknown {tokens_name} of {name}: {tokens}", "  "))
    return "\n".join([table(rows), *lines]) if len(rows) > 1 else ""


def _warnings(found: Inspection) -> Iterator[str]:
    if not found.warnings:
        yield "Nothing looks odd."
        return
    yield "What looks odd"
    for warning in found.warnings:
        yield wrapped(f"- {warning}", "  ")


def _sizes(found: Inspection) -> str:
    """How large the parts are: examples or, of texts without targets, tokens."""
    parts = found.parts
    if found.schema != "texts":
        return ", ".join(f"{part.examples} {name}" for name, part in parts.items()) + " examples"
    counts = [f"{part.lengths[0].total:,} {name}" for name, part in parts.items()]
    return f"{', '.join(counts)} {next(iter(parts.values())).lengths[0].unit}"


def _most_frequent(part: PartFindings) -> str:
    shown = list(part.labels.items())[: SHOWN_LABELS // 2]
    total = sum(part.labels.values())
    texts = [f"{shorten(str(label))} {percent(count, total)}" for label, count in shown]
    more = (part.distinct_labels or 0) - len(shown)
    return ", ".join(texts) + (f" and {more:,} more" if more > 0 else "")


def _odd(part: PartFindings) -> Iterable[str]:
    """What is not as it should be, in few words."""
    numbers = {
        "empty": part.empty,
        "repeated": part.repeated,
        "with conflicting labels": part.conflicting,
        **{f"also in {other}": count for other, count in part.shared.items()},
    }
    yield from (f"{count:,} {what}" for what, count in numbers.items() if count)
    for unknown in part.unknown:
        if unknown.unknown:
            tokens = tokens_of(unknown.role, unknown.unit)
            yield f"{percent(unknown.unknown, unknown.total)} unknown {tokens}"


def shorten(text: str) -> str:
    """A label or a token on one line, of a long one its beginning."""
    line = text if text.isprintable() else repr(text)[1:-1]
    return line if len(line) <= NAME else f"{line[: NAME - 3]}..."


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _share(count: int, part: PartFindings) -> tuple[str, str]:
    return f"{count:,}", percent(count, sum(part.labels.values()))
