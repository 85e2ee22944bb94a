"""Trained tasks from wherever their weights are kept."""

from collections.abc import Mapping
from pathlib import Path

from rnn_zoo.config import Section
from rnn_zoo.errors import ConfigError, PresetError, shortened
from rnn_zoo.presets import locate
from rnn_zoo.presets.files import WEIGHTS, is_preset
from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.tasks.task import Task

BEST = "best.keras"
"""The model of a run folder."""


def load_task(source: str | Path, entry: str | None = None) -> Task:
    """The task that a preset, a run folder or a `.keras` file holds.

    Args:
        source: see `rnn_zoo.presets.locate`.
        entry: the entry of which weights in the package have a name of their own.

    Raises:
        PresetError: there are no such weights, or they are damaged.
        RunError: a `.keras` file is damaged.
    """
    return _load(locate(source, entry))


def check_entry(
    task: Task, source: str | Path, entry: str, task_class: type[Task] | None = None
) -> None:
    """Make sure that a loaded task is one of an entry.

    Args:
        task: the task.
        source: what to call it in an error.
        entry: the entry that its weights have to belong to.
        task_class: the task that the entry makes.

    Raises:
        ConfigError: they are those of another entry.
    """
    if task.name != entry or type(task) is not (task_class or type(task)):
        raise ConfigError(
            f"{shortened(str(source))} holds weights of {task.name}, a {type(task).__name__}, not "
            f"of {entry}: rnn_zoo.get({task.name!r}, weights={str(source)!r})."
        )


def check_same(
    weights: str | Path,
    own: Section | Mapping[str, object],
    changed: Section | Mapping[str, object],
) -> None:
    """Make sure that settings are those that weights were trained with.

    Args:
        weights: what to call them in an error.
        own: their settings.
        changed: settings that the user wants, perhaps not all.

    Raises:
        ConfigError: one is another; the message names it.
    """
    trained = dict(own)
    for key, value in dict(changed).items():
        if value != trained[key]:
            raise ConfigError(
                f"{shortened(str(weights))} was trained with {key}={trained[key]!r}, so it cannot "
                f"be {value!r}: leave it out, or train anew."
            )


def _load(path: Path) -> Task:
    if path.is_dir() and is_preset(path):
        return Task.from_preset(path)
    if path.is_dir():
        if not (path / BEST).is_file():
            raise PresetError(
                f"{path} is neither a preset nor a run folder: it has no {WEIGHTS} and no {BEST}."
            )
        return load_model(path / BEST)
    if path.suffix != ".keras":
        raise PresetError(
            f"{path} is a file, but no .keras file: weights are those of a preset, of a run folder "
            "or of a .keras file."
        )
    return load_model(path)
