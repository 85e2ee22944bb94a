"""`python_reference`: prose that every Python installation holds, the texts behind `help()`."""

import hashlib


def python_reference(split: str) -> tuple[list[str], None]:
    """The texts of one split; there are no targets.

    They are chapters of the Python language reference, plain text of about half a million
    characters, and differ a little from one Python version to the next. A chapter stands in one
    split alone.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Example:
        >>> texts, _ = python_reference("train")
        >>> any("generator" in text for text in texts)
        True
    """
    from pydoc_data.topics import topics

    # Many topics repeat sections of others; what shares its beginning stays together.
    return [text for _, text in sorted(topics.items()) if _split_of(text) == split], None


def _split_of(text: str) -> str:
    # A hash, so that it does not depend on the other chapters.
    share = hashlib.sha256(text[:40].encode()).digest()[0] / 256
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"
