"""Trained models as the command line names them: RUN of `predict`, `evaluate` and others."""

from dataclasses import dataclass
from pathlib import Path

from rnn_zoo import registry
from rnn_zoo.cli.runs import check_cell, open_run
from rnn_zoo.presets import packaged_weights
from rnn_zoo.presets.download import SCHEMES
from rnn_zoo.presets.files import is_preset
from rnn_zoo.presets.hub import SCHEME
from rnn_zoo.tasks import Task
from rnn_zoo.tasks.sources import load_task
from rnn_zoo.training.run_folder import RunFolder


@dataclass(frozen=True)
class TrainedModel:
    """A trained model, and what its entry says.

    Attributes:
        name: what the user gave for RUN.
        task: the model.
        entry: its entry, with the settings that it was trained with.
        folder: its run folder, which has recorded its data; None for weights alone.
    """

    name: str
    task: Task
    entry: registry.Entry
    folder: RunFolder | None = None


def open_task(name: str) -> Task:
    """The trained model that a user names.

    Args:
        name: a run folder, a preset, a `.keras` file, or weights in the package.

    Raises:
        RunError: there is none; the message says what `name` is instead.
        PresetError: a preset is damaged.
    """
    if is_weights(name):
        return load_task(name)
    folder = open_run(Path(name))
    check_cell(folder)
    return folder.load()


def open_model(name: str) -> TrainedModel:
    """The same, with its entry; see `open_task`.

    Raises:
        ConfigError: the zoo does not have the entry of weights without a run folder.
    """
    if is_weights(name):
        task = load_task(name)
        return TrainedModel(name, task, registry.entry_of(task))
    folder = open_run(Path(name))
    check_cell(folder)
    return TrainedModel(name, folder.load(), folder.entry(), folder)


def is_weights(name: str) -> bool:
    """Whether a name is one of weights that stand in no run folder."""
    path = Path(name)
    return (
        name in packaged_weights()
        or name.startswith((SCHEME, *SCHEMES))
        or (path.suffix == ".keras" and path.is_file())
        or ("@" in name and not path.exists())
        or is_preset(path)
    )
