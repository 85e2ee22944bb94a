"""Where weights come from: the package, a path, the Hub, the web."""

from pathlib import Path

from rnn_zoo.config import nearest
from rnn_zoo.errors import PresetError, shortened
from rnn_zoo.presets.download import SCHEMES, download
from rnn_zoo.presets.hub import SCHEME, fetch_from_hub
from rnn_zoo.presets.packaged import SEPARATOR, packaged_weights


def locate(source: str | Path, entry: str | None = None) -> Path:
    """The folder or file that holds weights; what is elsewhere is fetched.

    Args:
        source: weights in the package, as `ENTRY@NAME`; a path; `hf://owner/name`; or
            `https://.../name.zip#sha256=HEX`.
        entry: the entry whose weights in the package have a name of their own. They come before a
            path of that name, which is written `"./name"`.

    Returns:
        A path that exists.

    Raises:
        PresetError: there are no such weights, or they cannot be fetched.

    Example:
        >>> locate("sentiment_lstm@synthetic_reviews").name
        'synthetic_reviews'
    """
    name = str(source)
    if name.startswith(SCHEME):
        return fetch_from_hub(name)
    if name.startswith(SCHEMES):
        return download(name)
    packaged = packaged_weights()
    for key in (name, f"{entry}{SEPARATOR}{name}"):
        if key in packaged:
            return packaged[key].path
    path = Path(name).expanduser()
    try:
        exists = bool(name) and path.exists()
    except (OSError, ValueError):  # longer than a name may be, or with a null character
        exists = False
    if not exists:
        raise PresetError(_nothing(name, entry, list(packaged)))
    return path


def _nothing(name: str, entry: str | None, packaged: list[str]) -> str:
    own = [key.partition(SEPARATOR)[2] for key in packaged if key.startswith(f"{entry}{SEPARATOR}")]
    if entry is not None:
        have = f"{entry} has {', '.join(own)}" if own else f"{entry} has none"
        return (
            f"There are no weights {shortened(name)}: no such folder or file, and in the package "
            f"{have}.{nearest(name, own)} rnn_zoo.list_models(pretrained=True) gives all."
        )
    return (
        f"There are no weights {shortened(name)}: no such folder or file, and none of that name in "
        f"the package.{nearest(name, packaged)} rnn_zoo.list_models(pretrained=True) gives all."
    )
