"""YAML files of settings, read within bounds and without executing anything.

The values are built here, from the events of ruamel.yaml's parser. So whatever a file holds,
reading it takes a second and a few megabytes at the most: its size, its depth, the number of its
values and the length of its numbers are checked before anything is built. Anchors, aliases and
tags, which let a short file stand for a huge value, are refused; settings do not need them.
"""

import re
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 65_536
MAX_DEPTH = 16
MAX_VALUES = 5_000
MAX_DIGITS = 40

CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class YamlError(ValueError):
    """A text is not YAML, or not within the bounds.

    Args:
        reason: what is wrong.
        mark: where, as ruamel.yaml marks a place; or None.
    """

    def __init__(self, reason: str, mark: Any = None):
        super().__init__(reason)
        self.reason = reason.rstrip(".")
        self.place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def load_yaml(text: str) -> Any:
    """The value of a YAML document: mappings, lists, strings, numbers, booleans and None.

    Scalars are those of YAML 1.2's core schema; a date is a string.

    Raises:
        YamlError: the text is not one YAML document, or exceeds a bound.

    Example:
        >>> load_yaml("{units: 128, cell: lstm, rates: [0.5, 1e-3]}")
        {'units': 128, 'cell': 'lstm', 'rates': [0.5, 0.001]}
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > MAX_CHARACTERS:
        raise YamlError(f"longer than {MAX_CHARACTERS:,} characters")
    try:
        return _Builder(YAML(typ="safe", pure=True).parse(text)).document()
    except YAMLError as error:
        reason = (getattr(error, "problem", None) or str(error)).splitlines()[0]
        raise YamlError(reason, getattr(error, "problem_mark", None)) from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, YamlError):
            raise
        raise YamlError("an escaped character that does not exist") from None  # by ruamel's scanner


class _Builder:
    """Builds the value of a document from a parser's events."""

    def __init__(self, events: Iterator[Any]):
        self.events = events
        self.values = 0

    def document(self) -> Any:
        """The only document's value; None where there is none."""
        from ruamel.yaml import events

        value, documents = None, 0
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError("a second document begins", event.start_mark)
                value = self._value(next(self.events), depth=0)
        return value

    def _value(self, event: Any, depth: int) -> Any:
        from ruamel.yaml import events

        self.values += 1
        if self.values > MAX_VALUES:
            raise YamlError(f"more than {MAX_VALUES:,} values", event.start_mark)
        if isinstance(event, events.AliasEvent) or event.anchor is not None:
            raise YamlError("anchors and aliases are not read", event.start_mark)
        if event.tag is not None:
            raise YamlError("tags are not read", event.start_mark)
        if depth > MAX_DEPTH:
            raise YamlError(f"nested more than {MAX_DEPTH} deep", event.start_mark)
        if isinstance(event, events.ScalarEvent):
            return _scalar(event)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(depth)
        return self._mapping(depth)

    def _sequence(self, depth: int) -> list[Any]:
        from ruamel.yaml import events

        values = []
        while not isinstance(event := next(self.events), events.SequenceEndEvent):
            values.append(self._value(event, depth + 1))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        from ruamel.yaml import events

        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent):
                raise YamlError("a key should be a word", event.start_mark)
            self._value(event, depth + 1)  # checked like every value
            if event.value in values:
                raise YamlError(f"found duplicate key {event.value[:40]!r}", event.start_mark)
            values[event.value] = self._value(next(self.events), depth + 1)
        return values


def _scalar(event: Any) -> Any:
    text: str = event.value
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise YamlError("half of a surrogate pair is no character", event.start_mark)
    if event.style is not None:  # quoted, or a block
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    is_integer = INTEGER.fullmatch(text)
    if is_integer or FLOAT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise YamlError(f"a number of more than {MAX_DIGITS} digits", event.start_mark)
        digits = text.replace("_", "")
        return int(digits) if is_integer else float(digits)
    if SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text
