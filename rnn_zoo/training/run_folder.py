"""A run folder: everything that one training run used and made."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from rnn_zoo.atomic_write import DRAFT, atomic_write
from rnn_zoo.config import read_yaml, write_yaml
from rnn_zoo.errors import RunError
from rnn_zoo.registry import Entry, read_entry
from rnn_zoo.tasks import Task
from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.training.records import read_record, write_record
from rnn_zoo.training.run_lock import LOCK


class RunFolder:
    """The files of a run, by name.

    | file | content |
    |---|---|
    | `config.yaml` | the entry with every override applied; `rnn_zoo.register` reads it |
    | `data.json` | where the data came from, how many examples, their fingerprint |
    | `run.json` | seed, versions, machine, time |
    | `start.keras` | the model that training began with, where it had weights already |
    | `history.csv`, `curves.png`, `tensorboard/` | loss, metrics and gradient norms by epoch |
    | `progress.npz` | the state of training after its last epoch; see `Progress` |
    | `best.keras`, `last.keras` | the model after its best and its last epoch |
    | `metrics.json` | the scores of the best model; the same seed gives the same file |
    | `export/` | the best model as a SavedModel |
    | `onnx/` | the same as ONNX, if `tf2onnx` is installed: `rnn-zoo predict` asks it |
    | `.lock` | while a process writes the folder |

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
        self.start = self.path / "start.keras"
        self.best = self.path / "best.keras"
        self.last = self.path / "last.keras"
        self.metrics = self.path / "metrics.json"
        self.export = self.path / "export"
        self.onnx = self.path / "onnx"
        self.lock = self.path / LOCK

    @classmethod
    def create(cls, path: str | Path, entry: Entry, overwrite: bool = False) -> "RunFolder":
        """Make the folder and write the resolved config.

        Raises:
            RunError: there is something at `path`, and `overwrite` is false or it is no run folder;
                or the folder cannot be written.
        """
        folder = cls(path)
        folder.check_free(overwrite)
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            for file in folder.path.iterdir():
                if file.is_dir() and not file.is_symlink():
                    shutil.rmtree(file)
                elif file != folder.lock:  # a process that writes the folder holds it
                    file.unlink()
        except OSError as error:
            raise RunError(f"{error.filename} cannot be written: {error.strerror}.") from None
        folder.write_config(entry)
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

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended by itself, so that `metrics.json` is there and whole."""
        try:
            self.read_json(self.metrics)
        except RunError:
            return False
        return True

    def entry(self) -> Entry:
        """The entry that was trained, overrides applied."""
        return read_entry(read_yaml(self.config), str(self.config))

    def write_config(self, entry: Entry) -> None:
        """Write `config.yaml`."""
        with atomic_write(self.config) as draft:
            write_yaml(entry, draft)

    def digest(self, seed: int) -> str:
        """What identifies the config and the seed; the number of epochs may change in a run.

        Raises:
            ConfigError: the config cannot be read.
        """
        config = read_yaml(self.config)
        if isinstance(config, dict) and isinstance(config.get("recipe"), dict):
            config["recipe"].pop("epochs", None)
        content = json.dumps([config, seed], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    def load(self) -> Task:
        """The best model.

        Raises:
            RunError: the file is damaged, or is not the one that the run made.
        """
        if self.is_finished:
            expected = self.read_json(self.run).get("best")
            if expected not in (None, file_digest(self.best)):
                raise RunError(f"{self.best} is not the file that the run made: it was changed.")
        return load_model(self.best)

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Write one of the folder's JSON files."""
        write_record(path, content)

    def read_json(self, path: Path) -> dict[str, Any]:
        """Read one of the folder's JSON files.

        Raises:
            RunError: it is missing or damaged, or lacks a key.
        """
        return read_record(path)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    if not path.exists() or (path.is_dir() and names <= {LOCK}):
        return
    if not overwrite:
        raise RunError(f"{path} exists: choose another folder, or add --overwrite.")
    strange = {name for name in names - files if not name.startswith(DRAFT)}
    # A lock that nobody holds was left by a process that was killed while it began.
    if strange or not (signs <= names or LOCK in names):
        holds = f"holds {min(strange)}" if strange else "was not made by this command"
        raise RunError(f"{path} exists and {holds}: it is left alone. Choose another folder.")
