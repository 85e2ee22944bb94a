"""One way from examples to what they are like."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from rnn_zoo import registry
from rnn_zoo.datasets import SCHEMAS, Examples, Splits
from rnn_zoo.errors import DataError
from rnn_zoo.inspection.duplicates import (
    conflicting,
    content_hashes,
    count_repeated,
    count_shared,
    target_codes,
)
from rnn_zoo.inspection.findings import Inspection, Numbers, PartFindings
from rnn_zoo.inspection.tokens import Advance, ReadTexts, TextReader, summarized
from rnn_zoo.inspection.warnings import warnings_of

MAX_LABELS = 1000
"""Labels that are counted one by one; of more the most frequent."""


def inspect(
    splits: Splits,
    entry: registry.Entry | str,
    *,
    source: str = "",
    progress: Callable[[float], None] | None = None,
) -> Inspection:
    """Look at data as an entry would read them, before it learns from them.

    Args:
        splits: the data. Parts that `Splits.complete` has held out are told from the others.
        entry: an entry of the zoo or its name; its settings say what a token is, how long a text
            may be and which tokens become known.
        source: what to call the data.
        progress: is called with the share of the work that is done, from 0 to 1.

    Returns:
        The findings: `print(as_text(found))` shows them, `found.to_dict()` is for JSON.

    Raises:
        DataError: the examples are of another kind than the entry learns from.
        ConfigError: there is no such entry.

    Example:
        >>> data = Splits(
        ...     Examples(["a joy", "A joy", "a bore"], ["pos", "neg", "neg"]),
        ...     test=Examples(["a bore", "", "fun"], ["neg", "neg", "pos"]),
        ... )
        >>> found = inspect(data, "sentiment_lstm")
        >>> train, test = found.parts.values()
        >>> train.labels, train.repeated, train.conflicting
        ({'neg': 2, 'pos': 1}, 1, 2)
        >>> test.shared, test.empty, test.unknown[0].frequent
        ({'train': 1}, 1, {'fun': 1})
    """
    entry = registry.find(entry) if isinstance(entry, str) else entry
    data = _read(entry, splits, progress)
    found = Inspection(
        source,
        data.schema,
        entry.name,
        dict(splits.columns),
        splits.origin.others,
        splits.origin.delimiter,
        splits.origin.encoding,
        {name: _findings(name, data, name in splits.held_out) for name in data.parts},
    )
    return replace(found, warnings=(*splits.warnings, *warnings_of(found)))


@dataclass(frozen=True)
class _Part:
    """What has been read of a part.

    Attributes:
        examples: the part.
        texts: those of each side.
        hashes: 64 bits for each input.
        has_content: whether no text of an example is empty.
    """

    examples: Examples
    texts: Sequence[ReadTexts]
    hashes: np.ndarray
    has_content: np.ndarray

    @property
    def full(self) -> np.ndarray:
        """The hashes of inputs with content: empty ones are equal, which says nothing."""
        return self.hashes[self.has_content]


@dataclass(frozen=True)
class _Data:
    """What has been read of all parts.

    Attributes:
        schema: the kind of examples.
        readers: of each side.
        parts: by name.
        vocabularies: of each side the tokens that training makes known, or None.
        conflicting: the inputs with several labels.
    """

    schema: str
    readers: Sequence[TextReader]
    parts: Mapping[str, _Part]
    vocabularies: Sequence[Set[str] | None]
    conflicting: np.ndarray


def _read(entry: registry.Entry, splits: Splits, progress: Callable[[float], None] | None) -> _Data:
    """Read all parts by the settings of an entry."""
    schema = registry.examples(entry)
    kind = SCHEMAS[schema]
    preprocessor, config = registry.build(entry).preprocessor, entry.preprocessing
    readers = []
    for side in preprocessor.TEXTS:
        column = kind.target if side.of_targets else kind.input
        readers.append(TextReader(side, column.role if column else "", preprocessor, config))
    advance = _advance(splits, len(readers), progress)
    parts = {}
    for name, examples in splits.parts.items():
        if kind.target is not None and examples.targets is None:
            raise DataError(f"The {name} part has no targets: these are no {kind.roles}.")
        try:
            parts[name] = _read_part(examples, readers, advance)
        except DataError as error:
            raise DataError(f"The {name} part: {error}") from None
    vocabularies: list[Set[str] | None] = [None] * len(readers)
    if "train" in parts:
        pairs = zip(readers, parts["train"].texts, strict=True)
        vocabularies = [reader.vocabulary(read) for reader, read in pairs]
    conflicts = _conflicts(list(parts.values())) if kind.has_classes else np.empty(0, "int64")
    return _Data(schema, readers, parts, vocabularies, conflicts)


def _read_part(examples: Examples, readers: Sequence[TextReader], advance: Advance) -> _Part:
    """Read a part.

    Raises:
        DataError: it has examples of another kind.
    """
    texts = [reader.read(examples, advance) for reader in readers]
    has_content = np.ones(len(examples), bool)
    for read in texts:
        if len(read.lengths) == len(examples):  # an image has several captions
            has_content &= read.lengths > 0
    reads_inputs = bool(readers) and not readers[0].side.of_targets
    hashes = texts[0].hashes if reads_inputs else content_hashes(examples.inputs)
    return _Part(examples, texts, hashes, has_content)


def _conflicts(parts: Sequence[_Part]) -> np.ndarray:
    """The inputs with several labels."""
    targets = chain.from_iterable(_targets(part.examples) for part in parts)
    has_content = np.concatenate([part.has_content for part in parts])
    hashes = np.concatenate([part.hashes for part in parts])
    return conflicting(hashes[has_content], target_codes(targets)[has_content])


def _findings(name: str, data: _Data, held_out: bool) -> PartFindings:
    """What a part is like."""
    part, kind = data.parts[name], SCHEMAS[data.schema]
    names = list(data.parts)
    labels = Counter(_labels(part.examples, kind.is_sequence) if kind.has_classes else ())
    sides = list(zip(data.readers, part.texts, data.vocabularies, strict=True))
    is_series = data.schema == "series"
    steps = np.array([len(series) for series in part.examples.inputs]) if is_series else None
    return PartFindings(
        examples=len(part.examples),
        held_out=held_out,
        empty=int((~part.has_content).sum()),
        not_finite=_not_finite(part.examples) if is_series else None,
        repeated=count_repeated(part.full),
        shared={
            other: count_shared(part.full, data.parts[other].full)
            for other in names[: names.index(name)]
        },
        conflicting=count_shared(part.full, data.conflicting) if kind.has_classes else None,
        distinct_labels=len(labels) if kind.has_classes else None,
        labels=dict(labels.most_common(MAX_LABELS)),
        lengths=(
            *(reader.lengths(read) for reader, read, _ in sides),
            *([] if steps is None else [summarized(kind.input.role, "steps", steps)]),
        ),
        unknown=tuple(
            reader.unknown(read, known)
            for reader, read, known in sides
            if known is not None and name != "train"
        ),
        numbers=_numbers(part.examples) if is_series else None,
    )


def _advance(splits: Splits, sides: int, progress: Callable[[float], None] | None) -> Advance:
    """What is to be told of texts that were read: it tells of the share of all."""
    total = max(1, sides * sum(map(len, splits.parts.values())))
    done = 0

    def advance(texts: int) -> None:
        nonlocal done
        done += texts
        if progress is not None:
            progress(min(done / total, 1.0))

    return advance


def _labels(examples: Examples, is_sequence: bool) -> Iterable[str | int]:
    targets = _targets(examples)
    return chain.from_iterable(targets) if is_sequence else targets


def _targets(examples: Examples) -> Sequence[Any]:
    """The targets as plain values; nothing where inputs stand alone."""
    targets = () if examples.targets is None else examples.targets
    return targets.tolist() if isinstance(targets, np.ndarray) else targets


def _not_finite(examples: Examples) -> int:
    pairs = zip(examples.inputs, _targets(examples), strict=True)
    return sum(not (_is_finite(series) and _is_finite(target)) for series, target in pairs)


def _is_finite(values: Any) -> bool:
    return bool(np.isfinite(np.asarray(values, "float64")).all())


def _numbers(examples: Examples) -> Numbers | None:
    """The targets of series; None where none is finite."""
    values = np.asarray(examples.targets, "float64")
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    measured = finite.min(), finite.mean(), finite.std(), finite.max()
    return Numbers(*map(float, measured))
