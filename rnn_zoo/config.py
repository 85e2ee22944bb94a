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

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator

from rnn_zoo.errors import ConfigError

Rate = Annotated[float, Field(ge=0, lt=1)]
"""A share of units or tokens to drop, in [0, 1)."""


class Section(BaseModel):
    """A frozen group of settings; unknown keys and ill-typed values are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OptimizerConfig(Section):
    """The optimizer and how it clips gradients.

    `clipnorm` clips the gradient of each weight, `global_clipnorm` the gradient of all weights
    together (Pascanu, Mikolov and Bengio, 2013, "On the difficulty of training recurrent neural
    networks"), `clipvalue` each component. Exactly one of them is set. `adam` and
    `lazy_adam` are those of `rnn_zoo.optimizers`, the other names are Keras'.
    """

    name: Literal["adam", "adamw", "lazy_adam", "nadam", "rmsprop", "sgd"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    momentum: Rate | None = None
    weight_decay: PositiveFloat | None = None
    clipnorm: PositiveFloat | None = None
    global_clipnorm: PositiveFloat | None = None
    clipvalue: PositiveFloat | None = None

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
    stochastic approximation by averaging"). `get` compiles without both: how long an epoch is and
    how many there are shows in training.
    """

    data: str
    sizes: dict[str, int]
    batch_size: Annotated[int, Field(gt=0)] = 32
    epochs: Annotated[int, Field(gt=0)] = 10
    patience: Annotated[int, Field(gt=0)] = 5
    monitor: str = "val_accuracy"
    decay: Literal["linear", "cosine"] | None = None
    average_epochs: PositiveFloat | None = None
    held_out: Annotated[float, Field(gt=0, lt=0.5)] = 0.1


class ResultConfig(Section):
    """A score that the recipe reached: measured, with the command that measures it again.

    `values` are the test scores, one a seed of `seeds`; `minutes` is the time of one seed on
    `machine`.
    """

    data: str
    metric: str
    values: Annotated[list[float], Field(min_length=1)]
    seeds: list[int]
    command: str
    minutes: PositiveFloat
    machine: str

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

    authors: str
    year: int
    title: str


SectionT = TypeVar("SectionT", bound=Section)


def validate(schema: type[SectionT], raw: object, where: str) -> SectionT:
    """Turn a plain mapping into a section.

    Args:
        schema: the section's class.
        raw: what the user wrote.
        where: what to call it in an error, such as a file's name.

    Raises:
        ConfigError: `raw` is not a mapping, or has unknown, missing or ill-typed keys. The message
            names every one of them, with the nearest known key.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: expected keys and values, got {type(raw).__name__}.")
    try:
        return schema.model_validate(dict(raw))
    except ValidationError as error:
        problems = [_explain(schema, problem) for problem in error.errors()]
        raise ConfigError("\n".join(f"{where}: {problem}" for problem in problems)) from None


def section(
    schema: type[SectionT], given: SectionT | Mapping[str, object] | None, where: str
) -> SectionT:
    """A section as a constructor is given it: made already, or as a mapping; None: its defaults."""
    return given if isinstance(given, schema) else validate(schema, given or {}, where)


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
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{text!r} is no override: write key=value, such as units=128.")
    try:
        return key.strip(), YAML(typ="safe", pure=True).load(value)
    except YAMLError as error:
        raise ConfigError(f"{text!r}: the value is not YAML: {_first_line(error)}.") from None


def read_yaml(path: Path) -> object:
    """The content of a YAML file, as plain Python values.

    Raises:
        ConfigError: the file cannot be read, or is not YAML (with line and column); a key that
            stands twice is an error.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text.") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: malformed YAML: {_first_line(error)}.") from None


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


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the names most like `name`, for the end of an error message."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _resolve(key: str, paths: list[str], where: str) -> str:
    if key in paths:
        return key
    matches = [path for path in paths if path.rpartition(".")[2] == key]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ConfigError(f"{where}: {key!r} is ambiguous: write {' or '.join(matches)}.")
    leaves = paths + [path.rpartition(".")[2] for path in paths]
    raise ConfigError(f"{where}: there is no setting {key!r}.{nearest(key, leaves)}")


def _explain(schema: type[Section], problem: Any) -> str:
    """One line for one of pydantic's errors: where, what, and what would be right."""
    location = [str(part) for part in problem["loc"]]
    path = ".".join(location)
    if problem["type"] == "extra_forbidden":
        parent: Any = schema
        for part in location[:-1]:
            parent = parent.model_fields[part].annotation if hasattr(parent, "model_fields") else {}
        known = list(getattr(parent, "model_fields", {}))
        return f"unknown key {path!r}.{nearest(location[-1], known)}"
    if problem["type"] == "missing":
        return f"the key {path!r} is missing."
    message = re.sub(r"^(Value error, |Input should be )", "", problem["msg"])
    if problem["type"] == "value_error":
        return f"{path}: {message}." if path else f"{message}."
    return f"{path}: should be {message}, got {problem['input']!r}."


def _first_line(error: Exception) -> str:
    return (getattr(error, "problem", None) or str(error)).splitlines()[0].rstrip(".")
