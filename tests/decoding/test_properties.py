"""What holds for every network: properties, tried on random ones."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from rnn_zoo import decoding
from rnn_zoo.decoding import Beam, Greedy, Sample
from rnn_zoo.errors import ConfigError

END = 0
few = settings(max_examples=10, deadline=None, derandomize=True)


class Chain:
    """A random Markov chain: the next token depends on the last one and on the time."""

    def __init__(self, seed, vocabulary, max_length, rows=2):
        rng = np.random.default_rng(seed)
        self.logits = rng.normal(scale=2, size=(max_length, vocabulary, vocabulary))
        self.logits = self.logits.astype("float32")
        self.max_length = max_length
        self.start = rng.integers(vocabulary, size=rows).astype("int32")

    def step(self, tokens, times):
        table = ops.take(ops.convert_to_tensor(self.logits), times, axis=0)
        return ops.take_along_axis(table, tokens[:, None, None], axis=1)[:, 0], times + 1

    def decode(self, strategy, **options):
        decoded = decoding.decode(
            self.step,
            np.zeros(len(self.start), "int32"),
            self.start,
            strategy,
            max_length=self.max_length,
            end_id=END,
            **options,
        )
        return decoding.Decoded(*map(ops.convert_to_numpy, decoded))

    def log_probability(self, row, tokens):
        total, last = 0.0, self.start[row]
        for time, token in enumerate(tokens):
            logits = self.logits[time, last].astype("float64")
            total += logits[token] - np.log(np.exp(logits).sum())
            last = token
        return total

    def sequences(self):
        tokens = range(1, self.logits.shape[-1])
        for length in range(self.max_length):
            for inner in itertools.product(tokens, repeat=length):
                yield (*inner, END)
        yield from itertools.product(tokens, repeat=self.max_length)


chains = st.builds(
    Chain, st.integers(0, 2**32 - 1), vocabulary=st.integers(2, 5), max_length=st.integers(1, 4)
)
small_chains = st.builds(
    Chain, st.integers(0, 2**32 - 1), vocabulary=st.integers(2, 3), max_length=st.integers(1, 3)
)


@few
@given(chains, st.floats(0, 5))
def test_a_beam_of_width_1_is_greedy(chain, length_penalty):
    beam, greedy = chain.decode(Beam(1, length_penalty)), chain.decode(Greedy())
    np.testing.assert_array_equal(beam.tokens, greedy.tokens)
    np.testing.assert_array_equal(beam.lengths, greedy.lengths)


@few
@given(chains, st.floats(1e-6, 1e6), st.integers(0, 2**32 - 1))
def test_a_sample_of_one_candidate_is_greedy(chain, temperature, seed):
    sample, greedy = chain.decode(Sample(temperature, top_k=1), seed=seed), chain.decode("greedy")
    np.testing.assert_array_equal(sample.tokens, greedy.tokens)
    np.testing.assert_allclose(sample.scores, greedy.scores)


@pytest.mark.slow_on_jax
@few
@given(small_chains, st.floats(0, 5))
def test_a_beam_as_wide_as_all_sequences_is_exhaustive(chain, length_penalty):
    sequences = list(chain.sequences())
    found = chain.decode(Beam(len(sequences), length_penalty, n_best=len(sequences)))
    for row, start in enumerate(chain.start):
        scores = sorted(
            chain.log_probability(row, tokens) / ((5 + len(tokens)) / 6) ** length_penalty
            for tokens in sequences
        )
        np.testing.assert_allclose(found.scores[row], scores[::-1], rtol=1e-3, atol=1e-5)
        decoded = zip(found.tokens[row].tolist(), found.lengths[row], strict=True)
        assert {tuple(tokens[:length]) for tokens, length in decoded} == set(sequences), start


@pytest.mark.slow_on_jax
@few
@given(
    chains,
    st.builds(
        Sample,
        st.floats(0.01, 100),
        top_k=st.none() | st.integers(1, 9),
        top_p=st.none() | st.floats(0, 1, exclude_min=True),
    ),
    st.integers(0, 2**32 - 1),
)
def test_a_sample_is_decided_by_its_seed_and_scored_by_the_network(chain, strategy, seed):
    found, again = (chain.decode(strategy, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(found.tokens, again.tokens)
    for row, (tokens, length) in enumerate(
        zip(found.tokens[:, 0], found.lengths[:, 0], strict=True)
    ):
        assert (tokens[length:] == END).all()
        assert END not in tokens[: length - 1]
        expected = chain.log_probability(row, tokens[:length])
        assert found.scores[row, 0] == pytest.approx(expected, rel=1e-3, abs=1e-4)


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.builds(np.float64, st.floats()),
    st.builds(np.zeros, st.just(2)),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(["greedy", "beam", "sample"]), st.data())
def test_a_setting_is_in_range_or_refused(name, data):
    options = {
        option: data.draw(anything, label=option)
        for option in (*decoding.get(name).__dict__, "other")
        if data.draw(st.booleans(), label=f"with {option}")
    }
    refusal = ""
    try:
        strategy = decoding.from_options(name, **options)
    except ConfigError as error:
        refusal = str(error)
    assert len(refusal) < 300
    if refusal:
        return
    hash(strategy)
    taken = {option: value for option, value in options.items() if value is not None}
    assert strategy == decoding.from_options(strategy, **taken)
