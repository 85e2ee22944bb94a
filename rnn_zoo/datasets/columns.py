"""Which column of a table, or key of a record, holds the text and which the label."""

import difflib
from collections.abc import Iterable, Sequence

from rnn_zoo.errors import DataError

TEXT_NAMES = frozenset(
    ("text", "sentence", "review", "content", "document", "comment", "body", "tweet", "message")
)
LABEL_NAMES = frozenset(
    ("label", "sentiment", "class", "category", "polarity", "target", "rating", "stars")
)


def find_columns(
    names: Sequence[str], text: str | None, label: str | None, where: str
) -> tuple[str, str]:
    """The names of the text column and of the label column.

    Args:
        names: the columns that are there.
        text, label: what the user calls them; None looks for one of the usual names. Of two
            columns the one that is left is the other.
        where: what to call the table in an error.

    Example:
        >>> find_columns(["id", "review", "stars"], None, None, "reviews.csv")
        ('review', 'stars')

    Raises:
        DataError: a column is missing, or there are several that it could be.
    """
    text_name = _given(names, text, where) or _usual(names, TEXT_NAMES)
    label_name = _given(names, label, where) or _usual(names, LABEL_NAMES)
    if len(names) == 2 and (text_name is None) != (label_name is None):
        found = names.index(text_name if label_name is None else label_name)
        text_name, label_name = text_name or names[1 - found], label_name or names[1 - found]
    if text_name is None:
        raise unclear("text", names, where)
    if label_name is None:
        raise unclear("label", names, where)
    if text_name == label_name:
        raise DataError(f"{where}: {text_name!r} cannot be both the text and the label.")
    return text_name, label_name


def unclear(role: str, names: Iterable[str], where: str) -> DataError:
    """The error for a column that the user has to name."""
    return DataError(
        f"{where}: cannot tell which column is the {role}. Name it with --{role} "
        f'({role}="..." in Python). The columns are: {", ".join(names)}.'
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
