"""`SHA256SUMS`: what the files of a preset were when it was written."""

import hashlib
import re
from pathlib import Path

from rnn_zoo.errors import PresetError
from rnn_zoo.presets.files import CONFIG, MAX_BYTES, REQUIRED, SUMS, read_text

LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\\]+)")


def file_sum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sums(folder: Path) -> None:
    """Write the sums of all files of a folder, as `sha256sum` would."""
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS)
    lines = [f"{file_sum(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def check_sums(folder: Path) -> None:
    """Make sure that a folder holds what was written into it.

    Names that begin with a dot are left out: they are those of a version control system or of a
    file manager, and are never read.

    Raises:
        PresetError: a file is missing, not listed, too large or not what was written; the message
            names it.
    """
    sums = _read_sums(folder / SUMS) if (folder / SUMS).is_file() else {}
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    for name in (*REQUIRED, *sums):
        if name not in names:
            raise PresetError(
                f"{folder} is incomplete: {name} is missing. Copy all files of the preset."
            )
    for name in sorted(names - {SUMS}):
        _check(folder / name, sums.get(name))


def _check(path: Path, expected: str | None) -> None:
    if path.name not in MAX_BYTES:
        raise PresetError(f"{path} is no file of a preset: take it out of the folder.")
    if expected is None:
        raise PresetError(f"{path} is not listed in {SUMS}, so nobody can tell if it is whole.")
    if not path.is_file():
        raise PresetError(f"{path} is no file.")
    size = path.stat().st_size
    if size > MAX_BYTES[path.name]:
        raise PresetError(
            f"{path} has {size:,} bytes, more than the {MAX_BYTES[path.name]:,} that it may have."
        )
    if file_sum(path) != expected:
        edited = " If you have edited it, write the preset anew." if path.name == CONFIG else ""
        raise PresetError(
            f"{path} is damaged: its SHA-256 is not the one in {SUMS}. Copy it again.{edited}"
        )


def _read_sums(path: Path) -> dict[str, str]:
    sums: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        match = LINE.fullmatch(line)
        if match is None or match[2] in sums:
            raise PresetError(
                f"{path} is damaged: line {number} is not a sum, two spaces and the name of a file."
            )
        sums[match[2]] = match[1]
    return sums
