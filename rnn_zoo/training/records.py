"""What the JSON files of a run folder hold, checked when they are read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.errors import RunError


class Record(BaseModel):
    """The keys that a file must have; it may have more."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class DataRecord(Record):
    """`data.json`: where the data came from, and what identifies them."""

    source: str
    options: dict[str, Any]
    sha256: str
    splits: dict[str, Any]


class RunRecord(Record):
    """`run.json`: how the run was begun, on what, and how long it took.

    `config` is the digest of `config.yaml` and the seed; `best` that of `best.keras`.
    """

    entry: str
    config: str
    seed: int
    checkpoint_every: int | None
    backend: str
    versions: dict[str, str]
    seconds: float | None = None
    best: str | None = None


class MetricsRecord(Record):
    """`metrics.json`: the scores of the best epoch, and those of a baseline on the test part."""

    best_epoch: int
    validation: dict[str, float]
    test: dict[str, float]
    baseline: dict[str, Any] | None = None


RECORDS: dict[str, type[Record]] = {
    "data.json": DataRecord,
    "run.json": RunRecord,
    "metrics.json": MetricsRecord,
}


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file.

    Raises:
        RunError: it cannot be written.
    """
    text = json.dumps(content, indent=2, sort_keys=True) + "\n"
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """Read a JSON file, and check it by its name.

    Raises:
        RunError: it is missing or damaged, or lacks a key; the message names the file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        RECORDS[path.name].model_validate(content)
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise RunError(f"{path} is damaged: {where or 'the whole'}: {problem['msg']}.") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None
    return content
