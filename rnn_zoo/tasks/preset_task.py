"""Tasks as presets: folders that one can share."""

import abc
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self, cast

import keras

from rnn_zoo.config import validate
from rnn_zoo.errors import PresetError, UserError
from rnn_zoo.optimizers import config_of, optimizer_from
from rnn_zoo.presets import FORMAT, Card, Preset, PresetConfig, locate
from rnn_zoo.presets.card import card_from
from rnn_zoo.tasks.base_task import BaseTask, requires_network


class PresetTask(BaseTask, abc.ABC):
    """A task that is written to a preset and read from one; see `rnn_zoo.presets.Preset`."""

    @requires_network
    def save_to_preset(
        self,
        preset_dir: str | Path,
        *,
        card: Card | Mapping[str, object] | None = None,
        dtype: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write a folder that one can share: settings, vocabularies, labels, weights, sums.

        The state of the optimizer is not written; a `.keras` file of `save` has it.

        Args:
            preset_dir: the folder to make.
            card: what to know before one uses the model, a `rnn_zoo.presets.Card` or a mapping such
                as `{"license": "CC-BY-4.0", "data": "...", "limits": "..."}`.
            dtype: `"float16"` stores weights in half precision, in half the space; loading makes
                them single again. Default: None, the weights as they are.
            overwrite: whether a preset that is there may be replaced.

        Raises:
            ValueError: the task has no weights yet, or is quantized.
            ConfigError: the card has no license, or there is no such dtype.
            PresetError: there is something at `preset_dir`, and `overwrite` is false or it is no
                preset.
            RunError: the folder cannot be written.

        Example:
            `tagger.save_to_preset("my_tagger", card={"license": "CC-BY-4.0"})`
        """
        self._check_savable()
        state = self.preprocessor.get_state()
        content = {
            "format": FORMAT,
            "rnn_zoo": _version(),
            "entry": self.name,
            "task": keras.saving.get_registered_name(type(self)),
            "network": self.network_config.model_dump(),
            "preprocessing": self.preprocessing_config.model_dump(),
            "optimizer": config_of(self.optimizer if self.compiled else None),
            "sizes": self.sizes,
            "labels": state.get("labels"),
        }
        Preset(preset_dir).write(
            validate(PresetConfig, content, self.name),
            state["vocabularies"],
            self.network,
            None if card is None else card_from(card),
            dtype,
            overwrite,
        )

    @classmethod
    def from_preset(cls, preset: str | Path) -> Self:
        """Read a compiled model that answers at once. Nothing that the folder holds is executed.

        Args:
            preset: a folder that `save_to_preset` has written, weights in the package as
                `"ENTRY@NAME"`, `"hf://owner/name"`, or `"https://.../name.zip#sha256=HEX"`.

        Returns:
            The model, compiled with the optimizer that it was saved with, if an entry could name
            that, else with Adam.

        Raises:
            PresetError: there is no such preset, it is damaged, incomplete or of a newer version,
                or holds another task than this class.

        Example:
            >>> from rnn_zoo.tasks import Task
            >>> model = Task.from_preset("sentiment_lstm@synthetic_reviews")
            >>> model.classify(["the plot is a tedious mess"])[0][0]
            'negative'
        """
        opened = Preset.open(locate(preset))
        config = opened.read_config()
        task_class = _task_class(config.task, opened.path)
        if not issubclass(task_class, cls):
            name = task_class.__name__
            raise PresetError(
                f"{preset} holds a {name}, not a {cls.__name__}: {name}.from_preset reads it."
            )
        try:
            task = _build(task_class, config, opened)
        except PresetError:
            raise
        except (UserError, ValueError, TypeError) as error:
            raise PresetError(f"{opened.path} is damaged: {error}") from error
        opened.read_weights(task.network)
        optimizer = config.optimizer
        task.compile("adam" if optimizer is None else optimizer_from(optimizer))
        return cast(Self, task)


def _build(task_class: type[BaseTask], config: PresetConfig, preset: Preset) -> BaseTask:
    """The task without its weights."""
    network, preprocessing = (
        validate(schema, raw, f"{preset.config.name}: {section}")
        for schema, raw, section in (
            (task_class.NETWORK, config.network, "network"),
            (task_class.PREPROCESSING, config.preprocessing, "preprocessing"),
        )
    )
    if set(config.sizes) != set(task_class.SIZES):
        raise PresetError(
            f"{preset.config} is damaged: sizes should give {', '.join(task_class.SIZES)}."
        )
    vocabularies = preset.read_vocabularies()
    for name in vocabularies:
        if f"{name}_size" not in task_class.SIZES:
            raise PresetError(
                f"{preset.vocabularies} is damaged: a {task_class.__name__} has no {name[:100]!r}."
            )
    fixed: Any = config.sizes | {"vocabularies": vocabularies, "labels": config.labels}
    return task_class(network, preprocessing, name=config.entry, **fixed)


def _task_class(name: str, path: Path) -> type[BaseTask]:
    """The class that is registered with Keras; none is imported."""
    task_class = keras.saving.get_registered_object(name)
    if not (isinstance(task_class, type) and issubclass(task_class, BaseTask)):
        raise PresetError(
            f"{path} holds a task {name[:100]!r}, which is not registered: import the module that "
            "defines it, or upgrade rnn_zoo."
        )
    return task_class


def _version() -> str:
    try:
        return version("rnn_zoo")
    except PackageNotFoundError:  # a checkout on Python's path
        return "unknown"
