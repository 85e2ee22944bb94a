"""The weights that come with the library: `zoo_weights/ENTRY/NAME/`, a preset each."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rnn_zoo.presets.files import is_preset

SEPARATOR = "@"
"""Between an entry and its weights: `tagger_bilstm_crf@ud_english_ewt`."""


@dataclass(frozen=True)
class PackagedWeights:
    """Weights in the package.

    Attributes:
        entry: the entry of the zoo that they belong to.
        name: their own name, that of what they were trained on.
        path: the preset that holds them.
    """

    entry: str
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.entry}{SEPARATOR}{self.name}"


def packaged_weights() -> dict[str, PackagedWeights]:
    """The weights in the package, by `ENTRY@NAME`; nothing of them is read.

    Example:
        >>> str(packaged_weights()["sentiment_lstm@synthetic_reviews"])
        'sentiment_lstm@synthetic_reviews'
    """
    found = [
        PackagedWeights(path.parent.name, path.name, path)
        for path in sorted(weights_folder().glob("*/*"))
        if is_preset(path)
    ]
    return {str(weights): weights for weights in found}


def weights_folder() -> Path:
    """Where they stand: a wheel packs them, a checkout has them beside rnn_zoo."""
    package = Path(str(files("rnn_zoo")))
    packed = package / "zoo_weights"
    return packed if packed.is_dir() else package.parent / "zoo_weights"
