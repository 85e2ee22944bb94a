"""What the values of arguments and options may be; everything else is refused while parsing."""

import math
from pathlib import Path
from typing import Any

import click

SEED = click.IntRange(0, 2**32 - 1)
"""Seeds that NumPy and Keras take."""
COUNT = click.IntRange(1, 100_000)
"""How many epochs, steps, examples or tokens."""


class Name(click.ParamType):
    """A string that is valid UTF-8, as names of entries, data and columns are."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the string."""
        text = str(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("this name is not valid UTF-8 text.", param, ctx)
        if "\0" in text:
            self.fail("a name has no null character.", param, ctx)
        return text


class Folder(Name):
    """A path whose name is valid UTF-8: TensorFlow writes no others."""

    name = "path"

    def convert(  # type: ignore[override]
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Check the path."""
        return Path(super().convert(value, param, ctx))


class Encoding(Name):
    """A text encoding that Python knows; `hex`, `zlib` and their like encode no text."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Try the encoding."""
        name = super().convert(value, param, ctx)
        try:
            "a".encode(name)
        except (LookupError, ValueError):
            self.fail(f"There is no text encoding {name!r}, but utf-8, latin-1, ...", param, ctx)
        return name


class Finite(click.FloatRange):
    """A number in a range; NaN, which every comparison lets pass, is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Check the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number
