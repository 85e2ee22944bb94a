import pytest

from rnn_zoo.config import (
    OptimizerConfig,
    ResultConfig,
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


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_momentum_is_a_setting_of_some_optimizers(name):
    raw = {"name": name, "momentum": 0.5, "clipnorm": 1.0}
    with pytest.raises(ConfigError) as caught:
        validate(OptimizerConfig, raw, "mine.yaml")
    assert str(caught.value) == (
        f"mine.yaml: momentum is a setting of rmsprop and sgd, not of {name}: leave it out, or "
        "choose another name."
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, 10**400, 0, -1, True, "1"])
@pytest.mark.parametrize("key", ["learning_rate", "weight_decay", "clipnorm"])
def test_numbers_are_finite_and_in_range(key, value):
    with pytest.raises(ConfigError, match=rf"^it: {key}: should be .*, got ") as caught:
        validate(OptimizerConfig, {"clipnorm": 1.0, key: value}, "it")
    assert len(str(caught.value)) < 200


def test_messages_shorten_what_they_print():
    nested = [["y" * 10_000] * 1000] * 1000
    for value in ("x" * 10**6, 10**5000, [10**5000], {"a": nested}, nested):
        with pytest.raises(ConfigError) as caught:
            validate(Outer, {"name": value if not isinstance(value, str) else [value]}, "it")
        assert len(str(caught.value)) < 400
    many = {f"key{i}": 1 for i in range(1000)}
    with pytest.raises(ConfigError, match="it: 992 more mistakes") as caught:
        validate(Outer, many, "it")
    assert len(str(caught.value).splitlines()) == 9


RESULT = {
    "data": "some_set",
    "metric": "accuracy",
    "values": [0.5],
    "seeds": [0],
    "command": "rnn-zoo train x",
    "minutes": 1.0,
    "machine": "2 CPUs",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": [float("nan")]}, "values.0: should be a finite number, got nan"),
        ({"values": [1e308]}, "values.0: should be less than or equal to 1000000000, got 1e"),
        ({"values": [0.5, 0.5]}, "it: 2 values for 1 seeds."),
        ({"seeds": [-1]}, "seeds.0: should be greater than or equal to 0, got -1"),
        ({"minutes": float("inf")}, "minutes: should be a finite number, got inf"),
    ],
)
def test_results(change, message):
    validate(ResultConfig, RESULT, "it")
    with pytest.raises(ConfigError, match=message):
        validate(ResultConfig, RESULT | change, "it")
