"""What can go wrong in a way that the user can correct."""


class UserError(ValueError):
    """Something the user can correct; the command line prints its text and exits with status 2."""


class ConfigError(UserError):
    """A zoo entry, an override or another setting is wrong."""


class DataError(UserError):
    """Examples cannot be read, or cannot be learned from."""


class RunError(UserError):
    """A run folder, a model file or an output folder is not what it should be."""


class BackendError(UserError, RuntimeError):
    """Something needs another backend of Keras than the one that runs."""
