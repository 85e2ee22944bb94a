"""The files of a preset: their names, how large they may be, and reading them within that."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnn_zoo.errors import PresetError

CONFIG = "config.json"
VOCABULARIES = "vocabularies.json"
WEIGHTS = "model.weights.h5"
CARD = "README.md"
SUMS = "SHA256SUMS"

MIB = 2**20
MAX_BYTES: Mapping[str, int] = {
    CONFIG: 16 * MIB,  # labels may be many
    VOCABULARIES: 128 * MIB,
    WEIGHTS: 4096 * MIB,
    CARD: MIB // 16,
    SUMS: MIB // 16,
}
"""Each file of a preset, and how many bytes it has at the most."""
REQUIRED = (CONFIG, VOCABULARIES, WEIGHTS, SUMS)
"""The files that every preset has; a user's own needs no card."""


def is_preset(path: Path) -> bool:
    """Whether a folder looks like a preset's."""
    return any((path / name).is_file() for name in (WEIGHTS, SUMS))


def read_bytes(path: Path) -> bytes:
    """The content of one of a preset's files but the weights.

    Raises:
        PresetError: it cannot be read, or is too large.
    """
    limit = MAX_BYTES[path.name]
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise PresetError(f"{path}: cannot be read: {error.strerror}.") from None
    if len(content) > limit:
        raise PresetError(f"{path} is larger than {limit:,} bytes: it is no such file.")
    return content


def read_text(path: Path) -> str:
    """The same, as text; see `read_bytes`."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise PresetError(f"{path} is damaged: it is not UTF-8 text.") from None


def read_json(path: Path) -> dict[str, Any]:
    """The keys and values of a JSON file; see `read_bytes`."""
    try:
        content = json.loads(read_text(path))
    except PresetError:
        raise
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is damaged: it is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise PresetError(f"{path} is damaged: it holds no keys and values.")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
