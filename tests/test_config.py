import pytest

from rnn_zoo.config import (
    OptimizerConfig,
    Section,
    leaf_paths,
    parse_override,
    read_yaml,
    validate,
    with_overrides,
    write_yaml,
)
from rnn_zoo.errors import ConfigError


class Inner(Section):
    units: int = 1
    rate: float = 0.5


class Other(Section):
    units: int = 2


class Outer(Section):
    inner: Inner = Inner()
    other: Other = Other()
    name: str = "x"


def test_leaf_paths_are_all_settings():
    assert list(leaf_paths(Outer)) == ["inner.units", "inner.rate", "other.units", "name"]


def test_override_by_path_and_by_unique_leaf():
    changed = with_overrides(Outer(), {"inner.units": 7, "rate": 0.1}, "it", within=["inner"])
    assert changed == Outer(inner=Inner(units=7, rate=0.1))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"unts": 3}, "it: there is no setting 'unts'. Did you mean 'units'"),
        ({"units": 3}, "it: 'units' is ambiguous: write inner.units or other.units."),
        ({"inner.units": "3"}, "it: inner.units: should be a valid integer, got '3'."),
        ({"inner.units": True}, "it: inner.units: should be a valid integer, got True."),
        ({"inner.units": 2.5}, "it: inner.units: should be a valid integer, got 2.5."),
        ({"name": "y"}, "it: there is no setting 'name'."),
    ],
)
def test_wrong_overrides(overrides, message):
    with pytest.raises(ConfigError) as caught:
        with_overrides(Outer(), overrides, "it", within=["inner", "other"])
    assert str(caught.value).startswith(message)


def test_every_mistake_is_named_with_its_place():
    with pytest.raises(ConfigError) as caught:
        validate(Outer, {"inner": {"unit": 3, "rate": "a"}, "nam": 1}, "file.yaml")
    assert str(caught.value).splitlines() == [
        "file.yaml: inner.rate: should be a valid number, got 'a'.",
        "file.yaml: unknown key 'inner.unit'. Did you mean 'units'?",
        "file.yaml: unknown key 'nam'. Did you mean 'name'?",
    ]


@pytest.mark.parametrize("raw", [None, [1], "text"])
def test_no_mapping(raw):
    with pytest.raises(ConfigError, match=r"file.yaml: expected keys and values, got"):
        validate(Outer, raw, "file.yaml")


@pytest.mark.parametrize("clipping", [{}, {"clipnorm": 1.0, "clipvalue": 1.0}])
def test_gradients_are_clipped_one_way(clipping):
    with pytest.raises(ConfigError, match="set exactly one of clipnorm, global_clipnorm, clipval"):
        validate(OptimizerConfig, clipping, "optimizer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("units=128", ("units", 128)),
        ("a.b=1e-3", ("a.b", 1e-3)),
        ("cell=lstm", ("cell", "lstm")),
        ("x=", ("x", None)),
        ("x=a=b", ("x", "a=b")),
    ],
)
def test_parse_override(text, expected):
    assert parse_override(text) == expected


@pytest.mark.parametrize("text", ["units", "=3", "x=[1"])
def test_parse_override_refuses(text):
    with pytest.raises(ConfigError):
        parse_override(text)


def test_yaml_round_trip(tmp_path):
    section = Outer(inner=Inner(units=3))
    write_yaml(section, tmp_path / "a.yaml")
    assert validate(Outer, read_yaml(tmp_path / "a.yaml"), "a.yaml") == section


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: [1", r"a.yaml, line \d+, column \d+: malformed YAML: .*"),
        (b"a: 1\na: 2\n", r"a.yaml, line 2, column 1: malformed YAML: found duplicate key.*"),
        (b"a: \xff\n", r"a.yaml: is not UTF-8 text."),
        (b"a: !!python/object/apply:os.getcwd []\n", r"a.yaml.*malformed YAML.*"),
    ],
)
def test_malformed_yaml(tmp_path, content, message):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_yaml(path)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")
