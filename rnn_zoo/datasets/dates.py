"""`dates`: dates in many languages, to translate to ISO 8601."""

import datetime
import random

from rnn_zoo.datasets.splits import split_by_hash

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_000}
LOCALES = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "en_GB", "en_US", "es", "et", "eu", "fi", "fr"),
    *("he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro"),
    *("ru", "sk", "sl", "sv", "tr", "uk", "vi", "zh"),
)
FORMATS = ("long", "full")  # with the month in words: 3/4/2019 is ambiguous
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)


def dates(split: str) -> tuple[list[str], list[str]]:
    """Return the dates of one split, in words and as ISO 8601.

    The words follow the Unicode CLDR, by way of Babel. Each calendar date is in one split only, in
    whatever language.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Example:
        >>> written, iso = dates("test")
        >>> iso[0]
        '1972-09-14'
    """
    from babel.dates import format_date

    rng = random.Random(f"dates {split}")
    written: list[str] = []
    iso: list[str] = []
    while len(iso) < SIZES[split]:
        day = FIRST + datetime.timedelta(rng.randrange((LAST - FIRST).days + 1))
        if split_by_hash(day.isoformat()) == split:
            written.append(format_date(day, rng.choice(FORMATS), locale=rng.choice(LOCALES)))
            iso.append(day.isoformat())
    return written, iso
