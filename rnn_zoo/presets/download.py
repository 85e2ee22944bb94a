"""Weights at an address of the web, named with their SHA-256."""

import contextlib
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import keras

from rnn_zoo.errors import PresetError
from rnn_zoo.presets.archive import unpack
from rnn_zoo.presets.files import is_preset

SCHEMES = ("https://", "http://")
SUM = re.compile(r"sha256=([0-9a-fA-F]{64})")
CACHE = "rnn_zoo/presets"
"""The folder in Keras' own that keeps what was fetched."""


def download(url: str) -> Path:
    """Fetch a zipped preset or a `.keras` file, unless it has been fetched before.

    Args:
        url: `https://.../name.zip#sha256=HEX`.

    Returns:
        The preset's folder, or the `.keras` file.

    Raises:
        PresetError: the address has no sum, cannot be reached, or what it holds is another file or
            no preset.
    """
    address, _, fragment = url.partition("#")
    suffix = Path(urlsplit(address).path).suffix.lower()
    match = SUM.fullmatch(fragment)
    if match is None:
        raise PresetError(
            f"{url[:200]}: what is fetched has to be known before. End the address with "
            f"#sha256= and the 64 digits that `sha256sum` gives of the file."
        )
    if suffix not in (".zip", ".keras"):
        raise PresetError(f"{address[:200]}: should be a .zip of a preset or a .keras file.")
    expected = match[1].lower()
    file = _fetch(address, f"{expected}{suffix}", expected)
    if suffix == ".keras":
        return file
    folder = file.with_suffix("")
    if not is_preset(folder):
        unpack(file, folder, address)
    return folder


def _fetch(address: str, name: str, expected: str) -> Path:
    try:
        # Keras shows its progress on standard output, where a command writes its answers.
        with contextlib.redirect_stdout(sys.stderr):
            path = keras.utils.get_file(
                name,
                address,
                cache_dir=os.environ.get("KERAS_HOME"),  # Keras reads it once
                cache_subdir=CACHE,
                file_hash=expected,
                hash_algorithm="sha256",
            )
    except ValueError as error:  # of Keras, about the sum, or about the address
        raise PresetError(
            f"{address[:200]} cannot be fetched, or its SHA-256 is not {expected}: {error}"
        ) from None
    except Exception as error:  # Keras raises that very class where it cannot fetch a file
        reason = str(error).rpartition(": ")[2] or type(error).__name__
        raise PresetError(
            f"{address[:200]} cannot be fetched: {reason}. It would be kept in {CACHE} of Keras' "
            f"folder (KERAS_HOME, or ~/.keras) as {name}."
        ) from None
    return Path(path)
