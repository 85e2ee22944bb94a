"""Files and folders that are written as a whole, or not at all."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from rnn_zoo._tensorflow import tf
from rnn_zoo.errors import RunError

DRAFT = ".draft."  # begins the names of files that are being written


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file or folder so that `path` never holds a part of one.

    Args:
        path: the file or folder. Where it is a symbolic link, the link is replaced.

    Yields:
        Where to write: a new path beside `path`, which it replaces when the block ends. If the
        block fails, nothing of it remains.

    Raises:
        RunError: it cannot be written, for example on a full disk; what was at `path` stays.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> with atomic_write(path) as draft:
        ...     _ = draft.write_text("all of it")
        >>> path.read_text()
        'all of it'
    """
    draft = path.with_name(DRAFT + path.name)
    try:
        _remove(draft)  # left by a process that was killed, or a link that points elsewhere
        yield draft
        if draft.is_dir() and path.is_dir():
            _remove(path)
        draft.replace(path)
    except (OSError, tf.errors.OpError) as error:
        kept = f" The previous {path} is intact." if path.is_file() else ""
        raise RunError(
            f"{path} could not be written: {_reason(error)}. "
            f"Make room there, or choose another folder.{kept}"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            _remove(draft)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # TensorFlow says "operation path; reason [Op:operation]".
    return str(error).rpartition("; ")[2].partition(" [Op:")[0]
