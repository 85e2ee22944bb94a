"""One process at a time writes a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_zoo.errors import RunError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Keep other processes from writing a folder while the block runs.

    The operating system holds the lock on a file in the folder and releases it when the process
    ends, whatever ends it: the file that a killed process leaves locks nothing.

    Args:
        folder: the folder, which is made if there is none.

    Raises:
        RunError: another process holds the folder, or it cannot be written.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}.") from None
    try:
        if not _acquire(descriptor, path):
            raise RunError(
                f"{folder} is being written by another process: wait for its end, or choose "
                "another folder."
            )
        try:
            yield
        finally:
            if fcntl:
                path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have removed the file in between: then this is the lock of nothing.
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
