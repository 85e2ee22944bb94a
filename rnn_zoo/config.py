"""Typed, validated configuration: every section of an entry is a frozen `Section`.

A section names its fields with their types, defaults and bounds. `validate` and `with_overrides`
turn what a user wrote into sections, and what cannot be turned into a `ConfigError` that says where
the mistake stands and which key or value was probably meant. Nothing in a config is ever executed.
"""

import difflib
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rnn_zoo.errors import ConfigError, shortened
from rnn_zoo.plain_yaml import MAX_CHARACTERS, YamlError, load_yaml

Rate = Annotated[float, Field(ge=0, lt=1)]
"""A share of units or tokens to drop, in [0, 1)."""
Positive = Annotated[float, Field(gt=0, le=1e6)]
"""A number such as a learning rate, which float32 can hold."""
Units = Annotated[int, Field(gt=0, le=8192)]
"""The size of a layer; two kernels of an LSTM of 8192 units take 2 GiB."""
Depth = Annotated[int, Field(gt=0, le=64)]
"""A number of layers, one above the other."""
Length = Annotated[int, Field(gt=0, le=100_000)]
"""A number of steps, tokens or characters of a sequence."""
BatchSize = Annotated[int, Field(gt=0, le=8192)]
"""A number of examples that are computed together."""
VocabularySize = Annotated[int, Field(gt=2, le=1_000_000)]
"""A number of token ids, the special ones counted."""
Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""A number of epochs, occurrences or classes."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""A seed that NumPy and Keras take."""
EntryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""The name of an entry, which names files and Keras models too."""
Text = Annotated[str, Field(max_length=1000)]
"""A line for people to read."""

HAVE_MOMENTUM = ("rmsprop", "sgd")
"""Optimizers with a setting `momentum`; all have the others of `OptimizerConfig`."""


class Section(BaseModel):
    """A frozen group of settings; unknown keys, ill-typed values and NaN are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class OptimizerConfig(Section):
    """The optimizer and how it clips gradients.

    `clipnorm` clips the gradient of each weight, `global_clipnorm` the gradient of all weights
    together (Pascanu, Mikolov and Bengio, 2013, "On the difficulty of training recurrent neural
    networks"), `clipvalue` each component. Exactly one of them is set. `adam` is that of
    `rnn_zoo.optimizers`, the other names are Keras'. `momentum` is a setting of `rmsprop` and
    `sgd`; `weight_decay` is taken by all.
    """

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: Positive = 1e-3
    momentum: Rate | None = None
    weight_decay: Positive | None = None
    clipnorm: Positive | None = None
    global_clipnorm: Positive | None = None
    clipvalue: Positive | None = None

    @model_validator(mode="after")
    def _has_momentum(self) -> "OptimizerConfig":
        if self.momentum is not None and self.name not in HAVE_MOMENTUM:
            raise ValueError(
                f"momentum is a setting of {' and '.join(HAVE_MOMENTUM)}, not of {self.name}: "
                "leave it out, or choose another name"
            )
        return self

    @model_validator(mode="after")
    def _clips_one_way(self) -> "OptimizerConfig":
        kinds = ("clipnorm", "global_clipnorm", "clipvalue")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"set exactly one of {', '.join(kinds)} (null turns one off)")
        return self


class RecipeConfig(Section):
    """How the entry is trained by `rnn-zoo train`, and on what.

    `data` is what `--data` would name. `held_out` is the share of the examples that stands in for a
    missing validation or test split. `patience` counts epochs without a better `monitor` before
    training stops. `sizes` are the sizes that adapting to `data` gives (vocabulary, classes): the
    parameters in `describe` are counted at them.

    `decay` lowers the learning rate from epoch to epoch, towards 0 after the last, `"linear"` or as
    a `"cosine"`. `average_epochs` has the weights averaged exponentially, with a memory of so many
    epochs, and the averaged ones validated and saved (Polyak and Juditsky, 1992, "Acceleration of
    stochastic approximation by averaging"). `get` compiles without both: the length and
    the number of epochs are known in training alone.

    `trainable` names the layers that are trained, such as `[recurrent_2, logits]`; the others stay
    as they are, which pays where they come from a trained model. By default all are trained.
    """

    data: Text
    sizes: dict[str, Count]
    batch_size: BatchSize = 32
    epochs: Count = 10
    patience: Count = 5
    monitor: Text = "val_accuracy"
    decay: Literal["linear", "cosine"] | None = None
    average_epochs: Positive | None = None
    trainable: list[Text] | None = None
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = 0.1


class ResultConfig(Section):
    """A score that the recipe reached: measured, with the command that measures it again.

    `values` are the test scores, one a seed of `seeds`; `minutes` is the time of one seed on
    `machine`. `note` says what the run had beside the recipe and the data, such as word vectors.
    """

    data: Text
    note: Text | None = None
    metric: Text
    values: Annotated[list[Annotated[float, Field(ge=-1e9, le=1e9)]], Field(min_length=1)]
    seeds: list[Seed]
    command: Text
    minutes: Positive
    machine: Text

    @model_validator(mode="after")
    def _has_a_value_a_seed(self) -> "ResultConfig":
        if len(self.values) != len(self.seeds):
            raise ValueError(f"{len(self.values)} values for {len(self.seeds)} seeds")
        return self

    @property
    def title(self) -> str:
        """The data, and the note."""
        return self.data if self.note is None else f"{self.data} {self.note}"

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """The standard deviation over the seeds; 0 for one seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0


class SourceConfig(Section):
    """Where the architecture was published."""

    authors: Text
    year: Annotated[int, Field(ge=1500, le=2200)]
    title: Text


SectionT = TypeVar("SectionT", bound=Section)

MAX_BYTES = 4 * MAX_CHARACTERS  # of UTF-8
MAX_NAME = 100
MAX_PROBLEMS = 8


def validate(schema: type[SectionT], raw: object, where: str) -> SectionT:
    """Turn a plain mapping into a section.

    Args:
        schema: the section's class.
        raw: what the user wrote.
        where: what to call it in an error, such as a file's name.

    Raises:
        ConfigError: `raw` is not a mapping, or has unknown, missing or ill-typed keys. The message
            names the first of them, with the nearest known key.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: expected keys and values, got {type(raw).__name__}.")
    try:
        return schema.model_validate(dict(raw))
    except ValidationError as error:
        problems = [_explain(schema, problem) for problem in error.errors()]
        if len(problems) > MAX_PROBLEMS:
            problems[MAX_PROBLEMS:] = [f"{len(problems) - MAX_PROBLEMS} more mistakes."]
        raise ConfigError("\n".join(f"{where}: {problem}" for problem in problems)) from None


def section(
    schema: type[SectionT], settings: SectionT | Mapping[str, object] | None, where: str
) -> SectionT:
    """The section that a constructor takes as a section, a mapping or None, for its defaults."""
    return settings if isinstance(settings, schema) else validate(schema, settings or {}, where)


def with_overrides(
    section: SectionT,
    overrides: Mapping[str, object],
    where: str,
    within: Sequence[str],
) -> SectionT:
    """A copy of `section` with some of its leaves replaced.

    Args:
        section: the section to start from.
        overrides: values by dotted path (`"optimizer.clipnorm"`), or by the last part of the path
            where that is unique (`"units"`).
        where: what to call the section in an error.
        within: the parts of the section that may be changed.

    Raises:
        ConfigError: a key is unknown or ambiguous, or a value has the wrong type or range.
    """
    raw = section.model_dump()
    paths = [path for path in leaf_paths(type(section)) if path.split(".")[0] in within]
    for key, value in overrides.items():
        path = _resolve(key, paths, where)
        *parents, leaf = path.split(".")
        target = raw
        for parent in parents:
            target = target[parent]
        target[leaf] = value
    return validate(type(section), raw, where)


def parse_override(text: str) -> tuple[str, object]:
    """Read `key=value` as it is written on a command line; the value is YAML.

    Example:
        >>> parse_override("optimizer.clipnorm=0.5")
        ('optimizer.clipnorm', 0.5)

    Raises:
        ConfigError: there is no `=`, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{shortened(text)} is no override: write key=value, such as units=128.")
    try:
        return key.strip(), load_yaml(value)
    except YamlError as error:
        raise ConfigError(f"{shortened(text)}: the value is not YAML: {error.reason}.") from None


def read_yaml(path: Path) -> object:
    """The content of a YAML file, as plain Python values; see `rnn_zoo.plain_yaml`.

    Raises:
        ConfigError: the file cannot be read, is too large, or is not YAML (with line and column); a
            key that stands twice is an error.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # whatever the size of the file, or of a device
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_BYTES:,} bytes.")
        return load_yaml(content.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text.") from None
    except YamlError as error:
        raise ConfigError(f"{path}{error.place}: malformed YAML: {error.reason}.") from None


def write_yaml(section: Section, path: Path) -> None:
    """Write a section so that `read_yaml` and `validate` give it back."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(section.model_dump(exclude_none=True), file)


def leaf_paths(schema: type[Section]) -> Iterator[str]:
    """Dotted paths of all settings in a section.

    Example:
        >>> [path for path in leaf_paths(OptimizerConfig)][:2]
        ['name', 'learning_rate']
    """
    for name, field in schema.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from (f"{name}.{leaf}" for leaf in leaf_paths(inner))
        else:
            yield name


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint at the names most like `name`, for the end of an error message."""
    if len(name) > MAX_NAME:
        return ""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _resolve(key: str, paths: list[str], where: str) -> str:
    if key in paths:
        return key
    matches = [path for path in paths if path.rpartition(".")[2] == key]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ConfigError(f"{where}: {shortened(key)} is ambiguous: write {' or '.join(matches)}.")
    leaves = paths + [path.rpartition(".")[2] for path in paths]
    raise ConfigError(f"{where}: there is no setting {shortened(key)}.{nearest(key, leaves)}")


def _explain(schema: type[Section], problem: Any) -> str:
    """One line for one of pydantic's errors: where, what, and what would be right."""
    location = [str(part) for part in problem["loc"]]
    path = ".".join(location)[:MAX_NAME]
    if problem["type"] == "extra_forbidden":
        parent: Any = schema
        for part in location[:-1]:
            parent = parent.model_fields[part].annotation if hasattr(parent, "model_fields") else {}
        keys = list(getattr(parent, "model_fields", {}))
        return f"unknown key {shortened(path)}.{nearest(location[-1], keys)}"
    if problem["type"] == "missing":
        return f"the key {path!r} is missing."
    message = re.sub(r"^(Value error, |Input should be )", "", problem["msg"])
    if problem["type"] == "value_error":
        return f"{path}: {message}." if path else f"{message}."
    return f"{path}: should be {message}, got {shortened(problem['input'])}."
