"""A run folder: everything that one training run used and made."""

import json
import shutil
import zipfile
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import keras

from rnn_zoo.config import read_yaml, write_yaml
from rnn_zoo.errors import RunError
from rnn_zoo.registry import Entry, read_entry
from rnn_zoo.tasks import Task
from rnn_zoo.training.checkpoint import DRAFT


class RunFolder:
    """The files of a run, by name.

    | file | content |
    |---|---|
    | `config.yaml` | the entry with every override applied; `rnn_zoo.register` reads it |
    | `data.json` | where the data came from, how many examples, their fingerprint |
    | `run.json` | seed, versions, machine, time |
    | `history.csv`, `curves.png`, `tensorboard/` | loss, metrics and gradient norms by epoch |
    | `progress.npz` | while it trains: all that it needs to go on; see `Progress` |
    | `best.keras`, `last.keras` | the model after its best and its last epoch |
    | `metrics.json` | what the best model scores; the same seed gives the same file |
    | `export/` | the best model as a SavedModel |

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.data = self.path / "data.json"
        self.run = self.path / "run.json"
        self.progress = self.path / "progress.npz"
        self.history = self.path / "history.csv"
        self.curves = self.path / "curves.png"
        self.tensorboard = self.path / "tensorboard"
        self.best = self.path / "best.keras"
        self.last = self.path / "last.keras"
        self.metrics = self.path / "metrics.json"
        self.export = self.path / "export"

    @classmethod
    def create(cls, path: str | Path, entry: Entry, overwrite: bool = False) -> "RunFolder":
        """Make the folder and write the resolved config.

        Raises:
            RunError: there is something at `path`, and `overwrite` is false or it is no run folder.
        """
        folder = cls(path)
        folder.check_free(overwrite)
        if folder.path.is_dir():
            shutil.rmtree(folder.path)
        folder.path.mkdir(parents=True)
        write_yaml(entry, folder.config)
        return folder

    @classmethod
    def open(cls, path: str | Path, begun: bool = False) -> "RunFolder":
        """An existing run folder.

        Args:
            path: the folder.
            begun: whether a run that has only begun will do.

        Raises:
            RunError: there is no folder, or it holds no such run.
        """
        folder = cls(path)
        if not folder.path.is_dir():
            raise RunError(f"{path}: there is no such folder. rnn-zoo train makes run folders.")
        for file in (folder.config, folder.run if begun else folder.best):
            if not file.is_file():
                raise RunError(f"{path} is not a run folder: it has no {file.name}.")
        return folder

    def check_free(self, overwrite: bool = False) -> None:
        """Make sure that `create` can make the folder.

        Raises:
            RunError: there is something, and `overwrite` is false or it is not all of one run.
        """
        files = {path.name for path in vars(self).values() if path != self.path}
        check_free(self.path, overwrite, files, signs={self.config.name, self.data.name})

    def entry(self) -> Entry:
        """The entry that was trained, overrides applied."""
        return read_entry(read_yaml(self.config), str(self.config))

    def load(self) -> Task:
        """The best model."""
        return load_model(self.best)

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Write one of the folder's JSON files."""
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def read_json(self, path: Path) -> dict[str, Any]:
        """Read one of the folder's JSON files.

        Raises:
            RunError: it is missing or damaged.
        """
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{path}: cannot be read: {error}") from None


def check_free(path: Path, overwrite: bool, files: Set[str], signs: Set[str]) -> None:
    """Make sure that a folder can be made at `path`, or take the place of what is there.

    Args:
        path: the folder to be made.
        overwrite: whether what is there may be removed, if rnn_zoo has made all of it.
        files: what such a folder may hold.
        signs: what it holds in any case.

    Raises:
        RunError: something is there and stays.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        raise RunError(f"{path} exists: choose another folder, or add --overwrite.")
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    strange = {name for name in names - files if not name.startswith(DRAFT)}
    if strange or not signs <= names:
        holds = f"holds {min(strange)}" if strange else "was not made by this command"
        raise RunError(f"{path} exists and {holds}: it is left alone. Choose another folder.")


def load_model(path: Path) -> Task:
    """Read a `.keras` file.

    Raises:
        RunError: there is none, it is damaged, or it holds no task of the zoo.
    """
    if path.is_file() and not zipfile.is_zipfile(path):  # Keras would say "File not found"
        raise RunError(f"{path} is damaged or no model file: it is not a whole .keras archive.")
    try:
        model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()
        detail = reason[0] if reason else type(error).__name__
        raise RunError(f"{path} is damaged or no model file: {detail}") from None
    if not isinstance(model, Task):
        raise RunError(f"{path} holds a {type(model).__name__}, not a model of the zoo.")
    return model
