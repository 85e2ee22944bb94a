"""`python_reference`: the texts behind `help()`, which every Python installation includes."""

import hashlib


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
    return [text for _, text in sorted(topics.items()) if _split_of(text) == split], None


def _split_of(text: str) -> str:
    # A hash, so that it does not depend on the other chapters.
    share = hashlib.sha256(text[:40].encode()).digest()[0] / 256
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"
