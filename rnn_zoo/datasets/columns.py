"""Which column of a table, or key of a record, holds the input and which the target."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rnn_zoo.datasets.labels import clean_label, clean_text
from rnn_zoo.errors import DataError


class Roles(NamedTuple):
    """What a kind of example consists of, and what its columns are usually called.

    Attributes:
        input, target: what they are, for messages; no target: `""`.
        input_names, target_names: usual names of their columns, in lower case.
        clean: makes a target of what a table or a record holds, or raises and says where.
        sequences: whether both are sequences of equal length, a target for each word.
    """

    input: str
    target: str
    input_names: frozenset[str]
    target_names: frozenset[str]
    clean: Callable[[object, str], Any] = clean_label
    sequences: bool = False


LABELED_TEXTS = Roles(
    "text",
    "label",
    frozenset(
        ("text", "sentence", "review", "content", "document", "comment", "body", "tweet", "message")
    ),
    frozenset(("label", "sentiment", "class", "category", "polarity", "target", "rating", "stars")),
)
TAGGED_WORDS = Roles(
    "words",
    "tags",
    frozenset(("words", "tokens", "form")),
    frozenset(("tags", "upos", "pos", "pos_tags", "ner", "ner_tags", "labels")),
    sequences=True,
)


TEXT_PAIRS = Roles(
    "source",
    "target",
    frozenset(("source", "src", "input", "question", "text")),
    frozenset(("target", "tgt", "output", "answer", "translation", "reference")),
    clean=clean_text,
)

TEXTS = Roles("text", "", LABELED_TEXTS.input_names, frozenset())


SERIES = Roles(
    "series",
    "numbers",
    frozenset(("x", "series", "inputs")),
    frozenset(("y", "target", "targets")),
)


CAPTIONED_IMAGES = Roles("images", "captions", frozenset(), frozenset())


def find_columns(
    roles: Roles, names: Sequence[str], input: str | None, target: str | None, where: str
) -> tuple[str, str]:
    """The names of the input's column and of the target's, `""` where there is to be none.

    Args:
        roles: what is looked for.
        names: the columns that are there.
        input, target: what the user calls them; None looks for one of the usual names. Of two
            columns the one that is left is the other.
        where: what to call the table in an error.

    Example:
        >>> find_columns(LABELED_TEXTS, ["id", "review", "stars"], None, None, "reviews.csv")
        ('review', 'stars')

    Raises:
        DataError: a column is missing, or there are several that it could be.
    """
    input_name = _given(names, input, where) or _usual(names, roles.input_names)
    if not roles.target and input_name is not None:
        return input_name, ""
    target_name = _given(names, target, where) or _usual(names, roles.target_names)
    if len(names) == 2 and (input_name is None) != (target_name is None):
        found = names.index(input_name if target_name is None else target_name)
        input_name, target_name = input_name or names[1 - found], target_name or names[1 - found]
    if input_name is None:
        raise unclear("input", roles.input, names, where)
    if target_name is None:
        raise unclear("target", roles.target, names, where)
    if input_name == target_name:
        raise DataError(
            f"{where}: {input_name!r} cannot be both the {roles.input} and the {roles.target}."
        )
    return input_name, target_name


def unclear(option: str, role: str, names: Iterable[str], where: str) -> DataError:
    """The error for a column that the user has to name."""
    return DataError(
        f"{where}: cannot tell which column is the {role}. Name it with --{option} "
        f'({option}="..." in Python). The columns are: {", ".join(names)}.'
    )


def _given(names: Sequence[str], name: str | None, where: str) -> str | None:
    if name is None or name in names:
        return name
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise DataError(
        f"{where}: there is no column {name!r}.{hint} The columns are: {', '.join(names)}."
    )


def _usual(names: Sequence[str], known: frozenset[str]) -> str | None:
    """The one column whose name, or last part of its path, is a usual one."""
    found = [name for name in names if name.rpartition("/")[2].strip().lower() in known]
    return found[0] if len(found) == 1 else None
