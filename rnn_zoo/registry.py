"""The zoo: named entries, each a file in `zoo_configs/`, and what makes models of them."""

import fnmatch
import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from rnn_zoo.config import (
    EntryName,
    OptimizerConfig,
    RecipeConfig,
    ResultConfig,
    Section,
    SourceConfig,
    Text,
    nearest,
    read_yaml,
    validate,
    with_overrides,
)
from rnn_zoo.errors import ConfigError, shortened
from rnn_zoo.optimizers import optimizer_from
from rnn_zoo.presets import packaged_weights
from rnn_zoo.tasks import TASKS, LanguageModel, Task
from rnn_zoo.tasks.sources import check_entry, check_same, load_task

NetworkT = TypeVar("NetworkT", bound=Section)
PreprocessingT = TypeVar("PreprocessingT", bound=Section)


class Entry(Section, Generic[NetworkT, PreprocessingT]):
    """One model of the zoo: the recipe that its YAML file holds.

    `task` decides which settings `network` and `preprocessing` take. What the recipe has reached
    stands beside it; see `results`.
    """

    name: EntryName
    task: Text
    description: Text
    source: SourceConfig
    network: NetworkT
    preprocessing: PreprocessingT
    optimizer: OptimizerConfig
    recipe: RecipeConfig


SETTINGS = ("network", "preprocessing", "optimizer", "recipe")
"""The sections of an entry that overrides may change."""
TASK_ALIASES = {"sentiment": "text_classification"}
"""Another name of a task, for those who look for it or write it."""
MAX_WEIGHTS = 2**29
"""Weights of an entry at the most, estimated; in float32 they take 2 GiB."""

HANDED_ON = ("cell", "units", "depth", "residual", "embedding_dim")
"""Settings of a network that begins with the words and recurrent layers of another one."""

_entries: dict[str, Entry] = {}


def register(entry: str | Path | Mapping[str, object]) -> str:
    """Add an entry of your own to the zoo.

    Args:
        entry: a YAML file, or its content as a mapping. `rnn_zoo.describe` shows what the entries
            of the zoo hold.

    Returns:
        The entry's name, which `get` knows from now on.

    Raises:
        ConfigError: the file cannot be read, a key is unknown, missing or ill-typed, or the name is
            taken.
    """
    if isinstance(entry, Mapping):
        return _add(read_entry(entry, f"entry {str(entry.get('name', ''))[:40]}".strip()))
    return _add(read_entry(read_yaml(Path(entry)), str(entry)))


def get(name: str, weights: str | Path | None = None, **overrides: Any) -> Task:
    """Make a compiled model from an entry of the zoo.

    Args:
        name: the entry's name; `list_models` gives all. `"ENTRY@NAME"` names weights as well.
        weights: trained weights of this entry, with which the model answers at once: their name
            where they come with the package (`list_models(pretrained=True)`), a preset that
            `save_to_preset` has written, a run folder of `rnn-zoo train`, a `.keras` file,
            `"hf://owner/name"` (`pip install 'rnn_zoo[hub]'`), or
            `"https://.../name.zip#sha256=HEX"`, a zipped preset or a `.keras` file. The first `fit`
            may bring other labels: then the last layer is new and all else is kept. A classifier or
            tagger also takes the weights of a language model, for its words and recurrent layers;
            see `Task.start_from`.
        **overrides: settings to change, checked like the entry's file: the name of a setting where
            it is unique (`units=128`), else its dotted path (`**{"optimizer.clipnorm": 0.5}`). The
            sizes of the task (`vocabulary_size`, `num_classes`) build the weights at once, for
            those who bring tensors instead of raw examples. With `weights`, the settings of the
            network and of the preprocessing, and the sizes, are those of the weights.

    Returns:
        A `Task`: a `keras.Model` that takes raw examples, compiled with the entry's optimizer.
        Without `weights`, its vocabulary, labels and weights come with the first `fit`.

    Raises:
        ConfigError: there is no such entry, or no such setting, or a value has the wrong type; the
            weights are those of another entry, or were trained with another setting.
        PresetError: there are no such weights, or they are damaged or cannot be fetched.
        RunError: a `.keras` file is damaged.

    Example:
        >>> model = get("sentiment_lstm", units=32)
        >>> model.network_config.units
        32
        >>> get("sentiment_lstm", weights="synthetic_reviews").classify(["a witty joy"])[0][0]
        'positive'
    """
    if weights is None and name in packaged_weights():
        name, _, weights = name.partition("@")
    entry = find(name)
    sizes = {key: overrides.pop(key) for key in TASKS[entry.task].SIZES if key in overrides}
    if weights is not None:
        return trained(entry, weights, overrides | sizes)[1]
    return build(override(entry, overrides), **sizes)


def trained(
    entry: Entry, weights: str | Path, overrides: Mapping[str, object]
) -> tuple[Entry, Task]:
    """An entry with the settings of trained weights, and the compiled model; see `get`."""
    task = load_task(weights, entry.name)
    if isinstance(task, LanguageModel) and TASKS[entry.task].TAKES_OVER:
        return _begun(entry, task, overrides)
    check_entry(task, weights, entry.name, TASKS[entry.task])
    sizes: dict[str, int] = task.sizes or {}
    check_same(weights, sizes, {key: overrides[key] for key in sizes if key in overrides})
    own = _with_settings(entry, task)
    settings = {key: value for key, value in overrides.items() if key not in sizes}
    changed = override(own, settings)
    for section in ("network", "preprocessing"):
        check_same(weights, getattr(own, section), getattr(changed, section))
    task.compile(optimizer=optimizer_from(changed.optimizer))
    task.is_pretrained = True
    return changed, task


def _begun(entry: Entry, source: Task, overrides: Mapping[str, object]) -> tuple[Entry, Task]:
    """The same, of an entry whose words and recurrent layers begin with those of another one."""
    shared = {
        f"{section}.{key}": getattr(settings, key)
        for section, settings, keys in (
            ("network", source.network_config, HANDED_ON),
            ("preprocessing", source.preprocessing_config, ("tokens", "lowercase")),
        )
        for key in keys
        if hasattr(settings, key) and hasattr(getattr(entry, section), key)
    }
    changed = override(entry, {**shared, **overrides})
    task = build(changed)
    task.start_from(source)
    return changed, task


def entry_of(task: Task) -> Entry:
    """The entry of a trained model, with the settings of its network and preprocessing.

    Raises:
        ConfigError: the zoo has no entry of the model's name.
    """
    return _with_settings(find(task.name), task)


def _with_settings(entry: Entry, task: Task) -> Entry:
    settings = {"network": task.network_config, "preprocessing": task.preprocessing_config}
    return entry.model_copy(update=settings)


def override(entry: Entry, overrides: Mapping[str, object]) -> Entry:
    """The entry with some settings changed; see `get`.

    Raises:
        ConfigError: there is no such setting, a value has the wrong type, or it is the recipe's
            data, which no override changes.
    """
    if "data" in overrides or "recipe.data" in overrides:
        raise ConfigError(
            f"{entry.name}: recipe.data says what the entry was made for. To train on other data, "
            "name it with --data, or pass it to fit."
        )
    changed = with_overrides(entry, overrides, entry.name, within=SETTINGS)
    return _checked_sizes(changed, entry.name)


def build(entry: Entry, **sizes: int) -> Task:
    """A compiled model from an entry; see `get`."""
    task_class: Any = TASKS[entry.task]
    task: Task = task_class(
        network=entry.network, preprocessing=entry.preprocessing, **sizes, name=entry.name
    )
    task.compile(optimizer=optimizer_from(entry.optimizer))
    return task


def examples(entry: Entry) -> str:
    """The kind of examples that the entry learns from, as `rnn_zoo.datasets.load` takes it."""
    return TASKS[entry.task].EXAMPLES


def list_models(
    pattern: str = "*",
    task: str | None = None,
    cell: str | None = None,
    pretrained: bool = False,
) -> list[str]:
    """Names of the zoo's entries, sorted.

    Args:
        pattern: a wildcard that the name matches, such as `"*lstm*"`.
        task: a task, such as `"translation"`; `"sentiment"` is `"text_classification"`.
        cell: a cell, such as `"lstm"`.
        pretrained: whether to list the trained weights in the package instead, as `ENTRY@NAME`,
            which `get` takes too.

    Raises:
        ConfigError: there is no such task, or no entry has such a cell.

    Example:
        >>> list_models("sent*lstm", task="sentiment")
        ['sentiment_bilstm', 'sentiment_lstm', 'sentiment_minlstm']
        >>> list_models("sentiment_*", pretrained=True)
        ['sentiment_lstm@synthetic_reviews']
    """
    task = TASK_ALIASES.get(task, task) if task is not None else None
    if task is not None and task not in TASKS:
        tasks = ", ".join(sorted(TASKS))
        raise ConfigError(f"There is no task {shortened(task)}; there are {tasks}.")
    cells = {name: getattr(entry.network, "cell", None) for name, entry in _all().items()}
    names = sorted({name for name in cells.values() if name is not None})
    if cell not in (None, *names):
        raise ConfigError(
            f"No entry has the cell {shortened(cell)}.{nearest(str(cell), names)} There are "
            f"{', '.join(names)}."
        )
    matches = sorted(
        name
        for name, entry in _all().items()
        if fnmatch.fnmatchcase(name, pattern)
        and task in (None, entry.task)
        and cell in (None, cells[name])
    )
    if not pretrained:
        return matches
    return [key for key, weights in packaged_weights().items() if weights.entry in matches]


def results(entry: Entry) -> list[ResultConfig]:
    """The scores that an entry of the zoo has reached; none where a setting has been changed.

    They stand in `zoo_configs/results/NAME.yaml`, which `benchmarks/scores.py` writes.

    Raises:
        ConfigError: that file is wrong.
    """
    path = zoo_folder() / "results" / f"{entry.name}.yaml"
    if entry != _all().get(entry.name) or not path.is_file():
        return []
    content = read_yaml(path)
    if not isinstance(content, list):
        raise ConfigError(f"{path}: expected a list of results, got {type(content).__name__}.")
    return [validate(ResultConfig, raw, f"{path}, {i}") for i, raw in enumerate(content, start=1)]


def find(name: str) -> Entry:
    """The entry of this name.

    Raises:
        ConfigError: there is none; the message offers the nearest names.
    """
    entries = _all()
    if name not in entries:
        names = [*entries, *packaged_weights()]
        raise ConfigError(
            f"There is no entry {shortened(name)} in the zoo.{nearest(name, names)} "
            "rnn_zoo.list_models() gives all."
        )
    return entries[name]


def read_entry(raw: object, where: str) -> Entry:
    """Check what an entry's file holds.

    Raises:
        ConfigError: says what is wrong, where, and what would be right.
    """
    task = raw.get("task") if isinstance(raw, Mapping) else None
    if isinstance(raw, Mapping):
        if isinstance(task, str) and task in TASK_ALIASES:
            task = TASK_ALIASES[task]
            raw = {**raw, "task": task}
        if not (isinstance(task, str) and task in TASKS):
            tasks = ", ".join(TASKS)
            raise ConfigError(f"{where}: task should be one of {tasks}, got {shortened(task)}.")
    return _checked_sizes(validate(_schema(task), raw, where), where)


def _checked_sizes(entry: Entry, where: str) -> Entry:
    expected = TASKS[entry.task].SIZES
    if set(entry.recipe.sizes) != set(expected):
        raise ConfigError(
            f"{where}: recipe.sizes should give {', '.join(expected)}; "
            f"it gives {', '.join(entry.recipe.sizes)[:60] or 'nothing'}."
        )
    weights = _estimated_weights(entry)
    if weights > MAX_WEIGHTS:
        raise ConfigError(
            f"{where}: this network has about {weights:,} weights, more than {MAX_WEIGHTS:,}: "
            "lower units, depth, embedding_dim or the vocabulary's size."
        )
    return entry


def _estimated_weights(entry: Entry) -> int:
    """Weights of recurrent layers, as if they were LSTMs, and of vectors of tokens."""
    units, depth, dim = (
        getattr(entry.network, name, 1) for name in ("units", "depth", "embedding_dim")
    )
    directions = 2 if getattr(entry.network, "bidirectional", False) else 1
    sizes = entry.recipe.sizes.items()
    tokens = sum(size for name, size in sizes if name.endswith("vocabulary_size"))
    return directions * depth * 8 * units**2 + tokens * max(dim, units)


def _schema(task: Any) -> type[Entry]:
    sections = (TASKS[task].NETWORK, TASKS[task].PREPROCESSING) if task in TASKS else (Section,) * 2
    return cast(type[Entry], Entry.__class_getitem__(sections))


def _add(entry: Entry) -> str:
    if entry.name in _all():
        raise ConfigError(f"The zoo has an entry {entry.name!r} already: choose another name.")
    _entries[entry.name] = entry
    return entry.name


def _all() -> dict[str, Entry]:
    _load_zoo()
    return _entries


@functools.cache
def _load_zoo() -> None:
    for path in sorted(zoo_folder().glob("*.yaml")):
        entry = read_entry(read_yaml(path), path.name)
        if entry.name != path.stem:
            raise ConfigError(f"{path.name}: the entry's name, {entry.name}, is not the file's.")
        _entries[entry.name] = entry


def zoo_folder() -> Path:
    """Where entries and results stand: a wheel packs them, a checkout has them beside rnn_zoo."""
    package = Path(str(files("rnn_zoo")))
    packed = package / "zoo_configs"
    return packed if packed.is_dir() else package.parent / "zoo_configs"
