"""Presets on the Hugging Face Hub."""

import contextlib
import re
import sys
from pathlib import Path

from rnn_zoo.errors import PresetError
from rnn_zoo.presets.files import MAX_BYTES, REQUIRED

SCHEME = "hf://"
REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)


def fetch_from_hub(name: str) -> Path:
    """Fetch the files of a preset, unless they are in the Hub's own cache.

    Args:
        name: `hf://owner/name`. `HF_ENDPOINT` says where the Hub is, `HF_HUB_OFFLINE=1` that the
            cache has to do.

    Returns:
        The preset's folder.

    Raises:
        PresetError: huggingface_hub is not installed, there is no such repository, it holds no
            preset, or it cannot be reached.
    """
    repository = name.removeprefix(SCHEME).rstrip("/")
    if not REPOSITORY.fullmatch(repository):
        raise PresetError(f"{name[:100]} should be hf://owner/name.")
    try:
        from huggingface_hub import constants, snapshot_download
    except ImportError:
        raise PresetError(
            f"{name}: fetching from the Hugging Face Hub needs: pip install 'rnn_zoo[hub]'."
        ) from None
    try:
        # Its progress bars, which belong to standard error, and whatever it prints beside them.
        with contextlib.redirect_stdout(sys.stderr):
            folder = snapshot_download(
                repository, allow_patterns=list(MAX_BYTES), library_name="rnn_zoo"
            )
    # The errors of the Hub, of httpx and of the system have no class in common.
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise PresetError(
            f"{name} cannot be fetched: {', '.join(REQUIRED)} of {constants.ENDPOINT}/{repository} "
            f"would be. {type(error).__name__}: {lines[0][:300]}"
        ) from None
    return Path(folder)
