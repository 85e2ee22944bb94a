"""Whatever the arguments hold: an answer, or a line or two and exit status 2, within bounds."""

import math

import pytest
import tiny_runs
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_zoo import registry
from rnn_zoo.errors import UserError
from rnn_zoo.registry import read_entry

TRAIN = ["train", "sentiment_lstm", "--data", "good.csv", "--out", "new"]
REFUSED = {
    "negative seed": ([*TRAIN, "--seed", "-1"], "0<=x<=4294967295"),
    "large seed": ([*TRAIN, "--seed", "4294967296"], "0<=x<=4294967295"),
    "huge seed": ([*TRAIN, "--seed", "1" + "0" * 20], "0<=x<=4294967295"),
    "seed of digits": ([*TRAIN, "--seed", "9" * 5000], "not a valid integer"),
    "width": (["generate", "run", "x", "--width", "1000000000"], "1<=x<=1024"),
    "new tokens": (["generate", "run", "x", "--max-new-tokens", "1000000000"], "1<=x<=100000"),
    "top-p nan": (["generate", "run", "x", "--top-p", "nan"], "nan is no finite number"),
    "top-p 2": (["generate", "run", "x", "--top-p", "2"], "0<x<=1"),
    "temperature inf": (["generate", "run", "x", "--temperature", "inf"], "1e-06<=x<=1000000.0"),
    "temperature nan": (["generate", "run", "x", "--temperature", "nan"], "no finite number"),
    "length penalty nan": (["export", "run", "--out", "x", "--length-penalty", "nan"], "no finite"),
    "units": ([*TRAIN, "--set", "units=1000000"], "less than or equal to 8192, got 1000000"),
    "depth": ([*TRAIN, "--set", "depth=1000"], "network.depth: should be less than or equal to 64"),
    "vectors": ([*TRAIN, "--set", "embedding_dim=10000000"], "less than or equal to 8192"),
    "length": ([*TRAIN, "--set", "max_length=1000000000000"], "less than or equal to 100000"),
    "batch": ([*TRAIN, "--set", "batch_size=1000000"], "recipe.batch_size: should be less"),
    "digits": ([*TRAIN, "--set", "units=" + "9" * 5000], "a number of more than 40 digits"),
    "40 digits": ([*TRAIN, "--set", "units=" + "9" * 40], "less than or equal to 8192"),
    "rate nan": ([*TRAIN, "--set", "learning_rate=.nan"], "learning_rate: should be a finite num"),
    "rate inf": ([*TRAIN, "--set", "learning_rate=1e400"], "should be a finite number, got inf"),
    "rate huge": ([*TRAIN, "--set", "learning_rate=1e308"], "less than or equal to 1000000"),
    "momentum of adamw": (
        [*TRAIN, "--set", "momentum=0.5"],
        "optimizer: momentum is a setting of rmsprop and sgd, not of adamw: leave it out",
    ),
    "tag": ([*TRAIN, "--set", "units=!!int x"], "the value is not YAML: tags are not read"),
    "long value": ([*TRAIN, "--set", "units=" + "x" * 5000], "should be a valid integer, got 'xxx"),
    "long key": ([*TRAIN, "--set", "x" * 5000 + "=1"], "there is no setting 'xxx"),
    "bytes in the name": (["train", "\udcff", *TRAIN[2:]], "this name is not valid UTF-8 text"),
    "bytes in the folder": ([*TRAIN[:-1], "\udcff"], "this name is not valid UTF-8 text"),
    "bytes in the data": ([*TRAIN[:3], "\udcff", *TRAIN[4:]], "this name is not valid UTF-8"),
    "bytes in the run": (["predict", "\udcff", "x"], "this name is not valid UTF-8 text"),
    "null in the folder": ([*TRAIN[:-1], "a\0"], "a name has no null character"),
    "long folder": ([*TRAIN[:-1], "x" * 5000], "File name too long"),
    "long name": (["describe", "x" * 5000], "File name too long"),
    **{
        f"encoding {name}": ([*TRAIN, "--encoding", name], f"no text encoding '{name}'")
        for name in ("rot13", "hex", "zlib", "base64", "undefined", "bz2", "utf-9")
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(shop, invoke, monkeypatch, case):
    arguments, message = REFUSED[case]
    monkeypatch.chdir(shop)
    before = sorted(shop.iterdir())
    result = invoke(*arguments, input="")
    assert result.exit_code == 2
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert message in error
    assert len(error) < 900
    assert sorted(shop.iterdir()) == before


def test_too_little_memory(invoke, monkeypatch):
    def describe(entry):
        raise MemoryError

    monkeypatch.setattr("rnn_zoo.cli.describe.describe", describe)
    result = invoke("describe", "sentiment_lstm")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: The memory does not suffice: lower batch_size")


def refusal(function, *arguments):
    """What a function says of what it refuses; nothing where it takes it."""
    try:
        function(*arguments)
    except UserError as error:
        return str(error)
    return ""


NUMBERS = st.sampled_from(
    [0, -1, 1, 2, 65, 2**31, 2**63, 10**39, 10**400, 0.5, 1e308, 5e-324, math.nan, math.inf, True]
)
VALUES = st.recursive(
    st.none() | NUMBERS | st.text(max_size=5) | st.sampled_from(["\ud800", "x" * 3000, "lstm"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["", "unit", "\ud800", "x" * 3000, "name", "a.b", "network.units"])
PLACES = [
    (section, key)
    for section, content in tiny_runs.entry().model_dump().items()
    for key in ([None, *content] if isinstance(content, dict) else [None])
]


@settings(derandomize=True, deadline=None, max_examples=120)
@given(st.sampled_from(PLACES), st.none() | KEYS, VALUES)
def test_a_mutated_entry_is_an_entry_or_refused(place, key, value):
    """One value of an entry, wherever it stands, is replaced; or a key is added beside it."""
    raw = tiny_runs.entry().model_dump(exclude_none=True)
    section, setting = place
    target = raw if setting is None else raw[section]
    target[key or setting or section] = value
    assert len(refusal(read_entry, raw, "mutated.yaml")) < 2000


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.dictionaries(KEYS | st.sampled_from([key for _, key in PLACES if key]), VALUES))
def test_overrides_are_taken_or_refused(overrides):
    assert len(refusal(registry.override, tiny_runs.entry(), overrides)) < 3000


OPTIONS = [
    "--seed",
    "--epochs",
    "--set",
    "--out",
    "--data",
    "--encoding",
    "--target",
    "--input",
    "--data-dir",
    "--width",
    "--top-p",
    "--top-k",
    "--temperature",
    "--max-new-tokens",
    "--decoding",
    "--length-penalty",
    "--examples",
    "--task",
    "--cell",
    "--import",
    "--overwrite",
    "--quiet",
    "--resume",
    "--checkpoint-every",
]
ARGUMENT_VALUES = st.text(max_size=6) | st.sampled_from(
    [
        *("-1", "nan", "inf", "1e999", "9" * 5000, "x" * 5000, "\udcff", "a\0", "--", "~", "="),
        *("units=[", "units=&a", "units=!!int x", "rot13", "none", "sentiment_lstm"),
        *("/dev/null", "/", ".", "../.."),
    ]
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.sampled_from(["train", "evaluate", "predict", "generate", "export", "diagnose", "list"]),
    st.lists(ARGUMENT_VALUES, max_size=2),
    st.lists(st.tuples(st.sampled_from(OPTIONS), ARGUMENT_VALUES), max_size=3),
)
def test_any_arguments_are_answered(invoke, tmp_path_factory, command, arguments, options):
    """What is made, if anything, would be made below an empty folder: there is no run, no data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        for variable in ("http_proxy", "https_proxy"):
            patch.setenv(variable, "http://127.0.0.1:9")
        words = [word for option in options for word in option]
        result = invoke(command, *arguments, *words, input="")  # raises what is no UserError
    assert result.exit_code in (0, 2)
    assert len(result.stderr) < 20_000
