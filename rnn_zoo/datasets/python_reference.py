"""`python_reference`: the texts behind `help()`, which every Python installation includes."""

from rnn_zoo.datasets.splits import split_by_hash


def python_reference(split: str) -> tuple[list[str], None]:
    """Return the texts of one split; there are no targets.

    They are chapters of the Python language reference, about half a million characters of plain
    text, and differ a little between Python versions. Each chapter is in one split only.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Example:
        >>> texts, _ = python_reference("train")
        >>> any("generator" in text for text in texts)
        True
    """
    from pydoc_data.topics import topics

    # Many topics repeat sections of others; topics with the same beginning stay together.
    return [text for _, text in sorted(topics.items()) if split_by_hash(text[:40]) == split], None
