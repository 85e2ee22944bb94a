"""A disk without room."""

import contextlib
import resource


@contextlib.contextmanager
def full_disk(free):
    """No file grows beyond `free` bytes: writing more fails in the operating system."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
