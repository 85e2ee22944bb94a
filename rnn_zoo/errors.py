"""What can go wrong in a way that the user can correct."""

import reprlib

MAX_BITS = 1024
MAX_SHOWN = 90
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 62
_SHORT.maxlist = _SHORT.maxdict = 4
_SHORT.maxlevel = 3


class UserError(ValueError):
    """Something the user can correct; the command line prints its text and exits with status 2."""


class ConfigError(UserError):
    """A zoo entry, an override or another setting is wrong."""


class DataError(UserError):
    """Examples cannot be read, or cannot be learned from."""


class RunError(UserError):
    """A run folder, a model file or an output folder is not what it should be."""


class PresetError(UserError):
    """A preset is damaged, incomplete or of a newer version, or weights cannot be fetched."""


class ConversionError(UserError):
    """A layer or weights have no counterpart in another framework."""


class BackendError(UserError, RuntimeError):
    """Something needs another backend of Keras than the one that runs."""


class MissingPackageError(UserError, ImportError):
    """A part of the library needs a package that is not installed."""


def shortened(value: object) -> str:
    """The representation of a value for an error message: of a long one, a part.

    Example:
        >>> shortened("a" * 1000)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    """
    if isinstance(value, int) and value.bit_length() > MAX_BITS:  # Python refuses to print it
        return f"a whole number of {value.bit_length()} bits"
    try:
        text = _SHORT.repr(value)
    except ValueError:  # such a number within a list
        return f"a {type(value).__name__}"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."
