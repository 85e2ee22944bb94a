"""Plain values within bounds: what is not one is refused at once."""

import contextlib
import math
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_zoo.config import Section, read_yaml, write_yaml
from rnn_zoo.errors import ConfigError
from rnn_zoo.plain_yaml import MAX_CHARACTERS, YamlError, load_yaml

pytestmark = pytest.mark.tensorflow_only  # the same on every backend


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("a: ~", {"a": None}),
        ("[true, False, null, yes]", [True, False, None, "yes"]),
        ("[1, -2, +3, 20_000, 007]", [1, -2, 3, 20000, 7]),
        ("[1.5, .5, 1., 1e-3, -2.5E+3]", [1.5, 0.5, 1.0, 0.001, -2500.0]),
        ("[.inf, -.Inf]", [math.inf, -math.inf]),
        ("['1', \"true\", 1a, 1.2.3]", ["1", "true", "1a", "1.2.3"]),
        ("a: 2001-13-45", {"a": "2001-13-45"}),
        ("1: 2\nnull: 3", {"1": 2, "null": 3}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
    ],
)
def test_values(text, expected):
    assert load_yaml(text) == expected


BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a]\n" for i in range(9))
HOSTILE = {
    "alias bomb": (BOMB, "anchors and aliases are not read"),
    "anchors": ("".join(f"- &a{i} x\n" for i in range(6000)), "anchors and aliases"),
    "tag of a number": ("a: !!int x", "tags are not read"),
    "tag of a class": ("a: !!python/object/apply:os.getcwd []", "tags are not read"),
    "tag without a name": ("a: ! 1", "tags are not read"),
    "open brackets": ("[" * 60_000, "nested more than 16 deep"),
    "open braces": ("{a: " * 60, "nested more than 16 deep"),
    "nested lists": ("- " * 500 + "1", "nested more than 16 deep"),
    "nested blocks": ("".join(" " * i + "a:\n" for i in range(300)), "nested more than 16"),
    "keys": ("".join(f"k{i}: 1\n" for i in range(7000)), "more than 5,000 values"),
    "length": ("a: " + "x" * MAX_CHARACTERS, "longer than 65,536 characters"),
    "digits": ("a: " + "9" * 4301, "a number of more than 40 digits"),
    "digits of a fraction": ("a: 0." + "9" * 4301, "a number of more than 40 digits"),
    "half of a pair": ('a: "\\ud800"', "half of a surrogate pair"),
    "half of a pair in the text": ("a: \ud800", "special characters are not allowed"),
    "beyond Unicode": ('a: "\\UFFFFFFFF"', "an escaped character that does not exist"),
    "null character": ("a: \0", "special characters are not allowed"),
    "two documents": ("a\n---\nb", "a second document begins"),
    "a list for a key": ("[a]: b", "a key should be a word"),
    "a key twice": ("a: 1\na: 2", "found duplicate key 'a'"),
    "an end that is missing": ("a: [1", "expected ',' or ']'"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile(case):
    text, message = HOSTILE[case]
    load_yaml("[]")  # imports
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(YamlError, match=message.replace("[", r"\[")) as caught:
        load_yaml(text)
    assert time.monotonic() - began < 10  # a second, of a machine that has nothing else to do
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert len(str(caught.value)) < 200


def test_a_device_without_an_end():

    with pytest.raises(ConfigError, match="/dev/zero: is larger than 262,144 bytes"):
        read_yaml(Path("/dev/zero"))


class Values(Section):
    """Whatever a section may hold."""

    text: str
    whole: int
    number: float
    words: list[str]
    flag: bool


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=20)
    | st.sampled_from(["1e5", "0b1", "0o7", "null", "2001-01-01", "1_0", ".5", "", "~", "- a"]),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
def test_what_is_written_is_read_again(tmp_path_factory, text, whole, number, flag):
    path = tmp_path_factory.getbasetemp() / "values.yaml"
    values = Values(text=text, whole=whole, number=number, words=[text, text], flag=flag)
    write_yaml(values, path)
    content = read_yaml(path)
    assert content["number"] == number
    content["number"] = float(content["number"])
    assert Values.model_validate(content) == values


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(st.sampled_from("ab01.-+_:[]{}&*!|>?,#\"'%@`~ \n\t\\\ud800\0")))
def test_any_text_is_a_value_or_a_yaml_error(text):
    with contextlib.suppress(YamlError):
        load_yaml(text)
