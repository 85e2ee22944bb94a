"""Strategies as values: their bounds, their names, and one of a user's own."""

import dataclasses

import numpy as np
import pytest
from keras import ops

from rnn_zoo import decoding
from rnn_zoo.decoding import Beam, Greedy, Sample
from rnn_zoo.errors import ConfigError

NAN, INFINITY = float("nan"), float("inf")
START = np.array([0, 2], "int32")


def count(tokens, state):  # 1 follows 0, 2 follows 1
    return 20 * ops.one_hot(tokens + 1, 6), state


def decode(strategy, **options):
    options = {"max_length": 9, "end_id": 4} | options
    decoded = decoding.decode(count, np.zeros((2, 1), "float32"), START, strategy, **options)
    return ops.convert_to_numpy(decoded.tokens).tolist()


BAD_SETTINGS = [
    (Beam, {"width": 0}, "width should be a whole number from 1 to 1024, got 0"),
    (Beam, {"width": 10**9}, "width should be a whole number from 1 to 1024, got 1000000000"),
    (Beam, {"width": 10**5000}, "got a whole number of 16610 bits"),
    (Beam, {"width": [1] * 10**6}, r"got \[1, 1, 1, 1, \.\.\.\]"),
    (Beam, {"width": 2.5}, "width should be a whole number"),
    (Beam, {"width": True}, "width should be a whole number"),
    (Beam, {"width": "3"}, "width should be a whole number .* got '3'"),
    (Beam, {"width": 2, "n_best": 3}, "n_best .* from 1 to 2, got 3"),
    (Beam, {"n_best": 0}, "n_best .* from 1 to 5, got 0"),
    (Beam, {"length_penalty": -0.1}, "length_penalty should be a number 0 to 5, got -0.1"),
    (Beam, {"length_penalty": INFINITY}, "length_penalty should be a number"),
    (Beam, {"coverage_penalty": NAN}, "coverage_penalty should be a number 0 to 100, got nan"),
    (Beam, {"coverage_penalty": None}, "coverage_penalty should be a number"),
    (Sample, {"temperature": 0}, "temperature should be a number"),
    (Sample, {"temperature": INFINITY}, "temperature should be a number"),
    (Sample, {"temperature": NAN}, "temperature should be a number"),
    (Sample, {"temperature": True}, "temperature should be a number"),
    (Sample, {"top_k": 0}, "top_k should be a whole number of at least 1, got 0"),
    (Sample, {"top_k": 1.0}, "top_k should be a whole number"),
    (Sample, {"top_p": 0.0}, "top_p should be a number above 0 and up to 1, got 0.0"),
    (Sample, {"top_p": 1.1}, "top_p should be a number above 0"),
    (Sample, {"top_p": NAN}, "top_p should be a number above 0"),
]


@pytest.mark.parametrize(("cls", "settings", "message"), BAD_SETTINGS)
def test_settings_out_of_range(cls, settings, message):
    with pytest.raises(ConfigError, match=message):
        cls(**settings)
    name = cls.__name__.lower()
    if None not in settings.values():  # an option that is None was not given
        with pytest.raises(ConfigError, match=message):
            decoding.from_options(name, **settings)


BAD_CALLS = [
    ("greedy", {"max_length": 0}, "number of tokens should be a whole number from 1 to 100000"),
    ("greedy", {"max_length": 10**9}, "number of tokens should be a whole number"),
    ("beam", {"max_length": 2.0}, "number of tokens should be a whole number"),
    (Beam(1000), {"max_length": 9999}, "1000 hypotheses of 9999 tokens are too many"),
    (Beam(coverage_penalty=1), {}, "coverage penalty needs attention, and this model has none"),
    ("greedy", {"seed": 1}, "greedy decoding draws nothing at random: no seed"),
    (Beam(2), {"seed": 1}, "beam decoding draws nothing"),
    ("sample", {"seed": -1}, "seed should be a whole number from 0 to 4294967295, got -1"),
    ("sample", {"seed": 2**32}, "seed should be a whole number"),
    ("sample", {"seed": 1.5}, "seed should be a whole number"),
]


@pytest.mark.parametrize(("strategy", "options", "message"), BAD_CALLS)
def test_arguments_that_do_not_fit(strategy, options, message):
    with pytest.raises(ConfigError, match=message):
        decode(strategy, **options)


def test_a_strategy_is_a_value():
    assert Beam(3) == Beam(width=3)
    assert hash(Sample(0.5)) == hash(Sample(temperature=0.5))
    assert len({Greedy(), Greedy(), Beam(), Beam(5), Beam(4)}) == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        Beam().width = 2


def test_a_name_gives_the_defaults():
    assert decoding.get("greedy") == Greedy()
    assert decoding.get("beam") == Beam()
    assert decoding.get("sample") == Sample()
    beam = Beam(2)
    assert decoding.get(beam) is beam
    assert {"beam", "greedy", "sample"} <= set(decoding.names())


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("beams", r"no decoding strategy 'beams'; there are beam, .*\. Did you mean 'beam'\?"),
        ("", "no decoding strategy ''"),
        ("x" * 10_000, r"no decoding strategy 'x{28}\.\.\.x{29}';"),
        (Beam, r"such as rnn_zoo.decoding.Beam\(width=5\), or one of .*; got the class Beam"),
        (None, "got None"),
        (["beam"], r"got \['beam'\]"),
        (decode, "got <function decode"),
    ],
)
def test_what_is_no_strategy(identifier, message):
    with pytest.raises(ConfigError, match=message):
        decoding.get(identifier)


def test_options_make_a_strategy_or_say_where_they_belong():
    assert decoding.from_options("beam", width=3, top_k=None) == Beam(3)
    assert decoding.from_options(Beam(3, 0.5), n_best=2) == Beam(3, 0.5, n_best=2)
    assert decoding.from_options(Sample(), temperature=0.5) == Sample(0.5)
    with pytest.raises(
        ConfigError,
        match=r"greedy decoding has no option 'width'; it has no options\. "
        r"'width' is an option of beam\.",
    ):
        decoding.from_options(Greedy(), width=3)
    with pytest.raises(ConfigError, match="beam decoding has no option 'heat'; it has width,"):
        decoding.from_options("beam", heat=3)


@dataclasses.dataclass(frozen=True)
class BeginWith(decoding.Strategy):
    """A first token, then the most probable ones."""

    token: int

    def search(self, step, state, start, *, max_length, **options):
        """One sequence for each row."""
        _, state = step(start, state)
        first = ops.full_like(start, self.token)
        rest = Greedy().search(step, state, first, max_length=max_length - 1, **options)
        tokens = ops.concatenate([first[:, None, None], rest.tokens], axis=-1)
        return decoding.Decoded(tokens, rest.lengths + 1, rest.scores)


@pytest.fixture
def registered():
    decoding.register("begin_with")(BeginWith)
    yield
    del decoding.strategy._REGISTERED["begin_with"]


def test_a_strategy_of_a_users_own(registered):
    assert decode(BeginWith(1)) == [[[1, 2, 3, 4, 4, 4, 4, 4, 4]]] * 2
    assert decode(decoding.from_options("begin_with", token=3))[0][0][:3] == [3, 4, 4]
    with pytest.raises(ConfigError, match="begin_with decoding needs token"):
        decoding.get("begin_with")
    with pytest.raises(ConfigError, match="begin_with decoding draws nothing"):
        decode(BeginWith(1), seed=1)
    decoding.register("begin_with")(BeginWith)  # as a notebook does when a cell runs again


def test_names_that_are_taken_and_what_cannot_have_one():
    with pytest.raises(ConfigError, match="is a decoding strategy 'beam' already: Beam"):
        decoding.register("beam")(BeginWith)
    assert decoding.get("beam") == Beam()
    with pytest.raises(ConfigError, match="is a subclass of Strategy"):
        decoding.register("other")(dict)
    assert "other" not in decoding.names()
