"""A preset: the folder that holds a trained model, written as a whole and read with care."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import keras
from pydantic import Field

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.config import Count, EntryName, OptimizerConfig, Section, Text, validate
from rnn_zoo.errors import ConfigError, PresetError, shortened
from rnn_zoo.presets import files
from rnn_zoo.presets.card import Card, write_card
from rnn_zoo.presets.checksums import check_sums, write_sums
from rnn_zoo.presets.weights_file import check_dtype, read_weights, write_weights

FORMAT = 1
"""The version of the format that this library writes; it reads those up to it."""


class PresetConfig(Section):
    """`config.json`: everything of a model but its vocabularies and weights.

    Attributes:
        format: the version of the format.
        rnn_zoo: the version of the library that wrote it.
        entry: the model's name: that of the entry of the zoo it was made from.
        task: the task's class, as Keras registers it, such as `"rnn_zoo>Tagger"`.
        network: the settings of the network.
        preprocessing: the settings of the preprocessing.
        optimizer: the optimizer it was compiled with; None where no entry could name it.
        sizes: the sizes that the network is built from.
        labels: the labels in the order of their ids; None for a task that has none.
    """

    format: Annotated[int, Field(ge=1)]
    rnn_zoo: Text
    entry: EntryName
    task: Text
    network: dict[str, Any]
    preprocessing: dict[str, Any]
    optimizer: OptimizerConfig | None
    sizes: dict[str, Count]
    labels: list[int | str] | None


class _Vocabularies(Section):
    """`vocabularies.json`: the tokens in the order of their ids, by the vocabulary's name."""

    vocabularies: dict[str, list[str]]


class Preset:
    """The files of a preset.

    | file | content |
    |---|---|
    | `config.json` | a `PresetConfig` |
    | `vocabularies.json` | tokens by the name of their vocabulary |
    | `model.weights.h5` | the weights of the network, as Keras writes them |
    | `README.md` | the card: license, data, score, limits; a user's own preset may have none |
    | `SHA256SUMS` | the sums of all the others; `sha256sum --check SHA256SUMS` verifies them |

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config = self.path / files.CONFIG
        self.vocabularies = self.path / files.VOCABULARIES
        self.weights = self.path / files.WEIGHTS
        self.card = self.path / files.CARD

    @classmethod
    def open(cls, path: str | Path) -> "Preset":
        """An existing preset whose files are those that were written.

        Raises:
            PresetError: there is no folder, it is no preset, or a file is missing, damaged or not
                listed in `SHA256SUMS`.
        """
        preset = cls(path)
        if not preset.path.is_dir():
            raise PresetError(f"{path}: there is no such folder. save_to_preset writes presets.")
        if not files.is_preset(preset.path):
            raise PresetError(f"{path} is not a preset: it has no {files.WEIGHTS}.")
        try:
            check_sums(preset.path)
        except OSError as error:
            raise PresetError(f"{error.filename}: cannot be read: {error.strerror}.") from None
        return preset

    def read_config(self) -> PresetConfig:
        """The settings.

        Raises:
            PresetError: they are damaged, or were written by a newer version.
        """
        raw = files.read_json(self.config)
        version = raw.get("format")
        if isinstance(version, int) and version > FORMAT:
            newer = shortened(raw.get("rnn_zoo"))
            raise PresetError(
                f"{self.path} was made by a newer version of rnn_zoo ({newer}, format {version}), "
                f"and this one reads formats up to {FORMAT}: upgrade rnn_zoo."
            )
        return _validated(PresetConfig, raw, self.config)

    def read_vocabularies(self) -> dict[str, list[str]]:
        """Tokens by the name of their vocabulary.

        Raises:
            PresetError: they are damaged.
        """
        raw = {"vocabularies": files.read_json(self.vocabularies)}
        return _validated(_Vocabularies, raw, self.vocabularies).vocabularies

    def read_weights(self, network: keras.Model) -> None:
        """Read the weights into a network; see `weights_file.read_weights`."""
        read_weights(network, self.weights)

    def write(
        self,
        config: PresetConfig,
        vocabularies: Mapping[str, Sequence[str]],
        network: keras.Model,
        card: Card | None = None,
        dtype: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write all files, or none.

        Args:
            config: the settings.
            vocabularies: tokens by the name of their vocabulary.
            network: what has the weights.
            card: what to know before one uses the model.
            dtype: how weights are stored; see `weights_file.write_weights`.
            overwrite: whether a preset that is there may be replaced.

        Raises:
            ConfigError: there is no such dtype.
            PresetError: there is something at the path that stays.
            RunError: the folder cannot be written.
        """
        check_dtype(dtype)
        self._check_free(overwrite)
        with atomic_write(self.path) as draft:
            draft.mkdir(parents=True)
            inside = Preset(draft)
            files.write_json(inside.config, config.model_dump())
            files.write_json(inside.vocabularies, vocabularies)
            write_weights(network, inside.weights, dtype)
            if card is not None:
                write_card(card, inside.card, config.entry)
            write_sums(draft)

    def _check_free(self, overwrite: bool) -> None:
        if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
            return
        names = {path.name for path in self.path.iterdir()} if self.path.is_dir() else set()
        strange = {name for name in names - files.MAX_BYTES.keys() if not name.startswith(".")}
        if strange or not files.is_preset(self.path):
            holds = f"holds {min(strange)}" if strange else "is no preset"
            raise PresetError(
                f"{self.path} exists and {holds}: it is left alone. Choose another folder."
            )
        if not overwrite:
            raise PresetError(f"{self.path} exists: choose another folder, or overwrite=True.")


def _validated(schema: type[Any], raw: object, path: Path) -> Any:
    try:
        return validate(schema, raw, str(path))
    except ConfigError as error:
        raise PresetError(str(error)) from None
