"""Run folders and entries as the command line names them."""

from pathlib import Path

from rnn_zoo import cells, registry
from rnn_zoo.config import read_yaml
from rnn_zoo.errors import ConfigError, RunError
from rnn_zoo.training.run_folder import RunFolder

MAKES_RUNS = "rnn-zoo train makes run folders"


def open_run(path: Path, begun: bool = False) -> RunFolder:
    """The run folder at `path`.

    Args:
        path: what the user gave for RUN.
        begun: whether a run that has only begun will do.

    Raises:
        RunError: it is no run folder; the message says what it is instead.
    """
    inside = is_run(path.parent) and path.parent != path
    hint = f" Give the run folder: {path.parent}." if inside else ""
    if path.suffix == ".keras" and path.is_file():
        raise RunError(f"{path} is a model file, not a run folder.{hint or _loads(path)}")
    if path.is_file():
        raise RunError(
            f"{path} is a file, and RUN is a folder: {MAKES_RUNS}.{hint} Data are given with "
            "--data, texts as arguments after RUN or on standard input."
        )
    if (path / "saved_model.pb").is_file():
        raise RunError(f"{path} is a SavedModel, which is for serving, not a run folder.{hint}")
    return RunFolder.open(path, begun)


def load_entry(folder: RunFolder) -> registry.Entry:
    """The entry that a run trains, overrides applied.

    Raises:
        RunError: its cell is one of the user's own that nobody has registered in this process.
    """
    check_cell(folder)
    return folder.entry()


def check_cell(folder: RunFolder) -> None:
    """Make sure that the run's cell is registered.

    Raises:
        RunError: it is not.
    """
    content = read_yaml(folder.config)
    network = content.get("network") if isinstance(content, dict) else None
    cell = network.get("cell") if isinstance(network, dict) else None
    if not isinstance(cell, str):  # there is none, or the entry is wrong, which its reader says
        return
    try:
        cells.get(cell)
    except ValueError:
        raise RunError(
            f"{folder.path} was trained with the cell {cell!r}, which is not registered. Name the "
            "module or the .py file that registers it: --import my_cells.py."
        ) from None


def find_entry(name: str) -> registry.Entry:
    """The zoo's entry of this name, or the one in this YAML file.

    It is not registered: the config.yaml of a run has the name of the entry it came from.

    Raises:
        ConfigError: there is none, or it is wrong; the message says what `name` is instead.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return registry.read_entry(read_yaml(path), name)
    if is_run(path):
        raise ConfigError(
            f"{name} is a run folder, and NAME is an entry of the zoo or a YAML file. Its entry is "
            f"{path / 'config.yaml'}; an ended run goes on with rnn-zoo train --resume {name}."
        )
    if path.is_file():
        raise ConfigError(
            f"{name} is a file, but no YAML file. NAME is an entry of the zoo (rnn-zoo list) or a "
            "YAML file; data are given with --data."
        )
    return registry.find(name)


def is_run(path: Path) -> bool:
    """Whether a folder looks like a run's."""
    return (path / "config.yaml").is_file() and (path / "data.json").is_file()


def _loads(path: Path) -> str:
    return f" {MAKES_RUNS}; in Python, keras.saving.load_model({str(path)!r}) loads the model."
