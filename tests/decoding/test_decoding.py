"""Searches over a small network with random weights, against enumeration of all sequences."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from rnn_zoo import cells, decoding
from rnn_zoo.decoding import Beam, Greedy, Sample
from rnn_zoo.decoding.beam_search import BLOCK, largest

VOCABULARY, UNITS, LENGTH, END, ROWS = 4, 5, 4, 3, 6


@pytest.fixture
def decoder():
    """A step over an LSTM, and states and tokens to start from."""
    rng = np.random.default_rng(3)
    embedding = rng.normal(size=(VOCABULARY, 3)).astype("float32")
    output = rng.normal(size=(UNITS, VOCABULARY)).astype("float32") * 3
    cell = cells.LSTMCell(UNITS)
    cell.build((None, 3))
    cell.set_weights([rng.normal(size=w.shape) for w in cell.get_weights()])

    def step(tokens, state):
        hidden, state = cell(ops.take(embedding, tokens, axis=0), state)
        return ops.matmul(hidden, output), state

    states = [rng.normal(size=(ROWS, UNITS)).astype("float32") for _ in range(2)]
    return step, states, rng.integers(0, VOCABULARY, size=ROWS).astype("int32")


def log_probability(step, state, start, tokens):
    """Of one sequence, by stepping through it in Python."""
    total, token = 0.0, start
    for chosen in tokens:
        logits, state = step(np.array([token], "int32"), state)
        total += float(ops.log_softmax(logits)[0, int(chosen)])
        token = chosen
    return total


def rescored(decoder, row, tokens):
    step, states, starts = decoder
    return log_probability(step, [s[row : row + 1] for s in states], starts[row], tokens)


def every_sequence():
    """All that end, and all of `LENGTH` tokens that do not."""
    inner = [token for token in range(VOCABULARY) if token != END]
    for length in range(LENGTH + 1):
        for tokens in itertools.product(inner, repeat=length):
            yield (*tokens, END) if length < LENGTH else tokens


def numpy(decoded):
    return decoding.Decoded(*map(ops.convert_to_numpy, decoded))


def decode(decoder, strategy, *, max_length=LENGTH, end_id=END, **options):
    decoded = decoding.decode(*decoder, strategy, max_length=max_length, end_id=end_id, **options)
    return numpy(decoded)


def test_greedy_takes_the_best_token_and_nothing_follows_an_end(decoder):
    step, states, starts = decoder
    found = decode(decoder, Greedy())
    lengths = set()
    for row in range(ROWS):
        state, token, expected = [s[row : row + 1] for s in states], starts[row], []
        while len(expected) < LENGTH and END not in expected:
            logits, state = step(np.array([token], "int32"), state)
            token = int(ops.argmax(logits[0]))
            expected.append(token)
        lengths.add(len(expected))
        padded = expected + [END] * (LENGTH - len(expected))
        assert found.tokens[row, 0].tolist() == padded
        assert found.lengths[row, 0] == len(expected)
        np.testing.assert_allclose(
            found.scores[row, 0], rescored(decoder, row, expected), rtol=1e-5, atol=1e-5
        )
    assert len(lengths) > 1  # some end early and some do not


@pytest.mark.parametrize("length_penalty", [0.0, 0.8])
def test_a_beam_of_one_is_greedy(decoder, length_penalty):
    expected = decode(decoder, Greedy())
    found = decode(decoder, Beam(width=1, length_penalty=length_penalty))
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    np.testing.assert_array_equal(found.lengths, expected.lengths)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_a_beam_that_covers_the_space_is_exhaustive_search(decoder, length_penalty):
    sequences = list(every_sequence())
    n_best = 7
    found = decode(decoder, Beam(len(sequences), length_penalty, n_best=n_best))
    for row in range(2):
        scores = {
            tokens: rescored(decoder, row, tokens) / ((5 + len(tokens)) / 6) ** length_penalty
            for tokens in sequences
        }
        best = sorted(scores, key=scores.get, reverse=True)[:n_best]
        decoded = [
            tuple(tokens[:length].tolist())
            for tokens, length in zip(found.tokens[row], found.lengths[row], strict=True)
        ]
        assert decoded == best
        np.testing.assert_allclose(
            found.scores[row], [scores[tokens] for tokens in best], rtol=1e-5, atol=1e-5
        )


def plain_beam(decoder, row, width, length_penalty):
    """Of one row, with all hypotheses followed until the last has ended: `(score, tokens)`."""
    step, states, starts = decoder
    beam = [(0.0, 0.0, (), [s[row : row + 1] for s in states])]
    for _ in range(LENGTH):
        found = []
        for score, total, tokens, state in beam:
            if END in tokens:
                found.append((score, total, tokens, state))
                continue
            logits, new_state = step(np.array([tokens[-1] if tokens else starts[row]]), state)
            gained = ops.convert_to_numpy(ops.log_softmax(logits))[0]
            divisor = ((6 + len(tokens)) / 6) ** length_penalty
            for token in range(VOCABULARY):
                summed = total + gained[token]
                found.append((summed / divisor, summed, (*tokens, token), new_state))
        beam = sorted(found, key=lambda hypothesis: -hypothesis[0])[:width]
    return [(score, tokens) for score, _, tokens, _ in beam]


@pytest.mark.parametrize("length_penalty", [0.0, 0.8])
@pytest.mark.parametrize("n_best", [1, 2])
def test_hypotheses_that_cannot_win_are_not_missed(decoder, length_penalty, n_best):
    found = decode(decoder, Beam(3, length_penalty, n_best=n_best))
    for row in range(ROWS):
        expected = plain_beam(decoder, row, 3, length_penalty)[:n_best]
        for place, (score, tokens) in enumerate(expected):
            assert tuple(found.tokens[row, place, : found.lengths[row, place]]) == tokens
            np.testing.assert_allclose(found.scores[row, place], score, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_beam_scores_are_those_of_the_sequences(decoder, width):
    found = decode(decoder, Beam(width, n_best=width))
    assert (np.diff(found.scores, axis=1) <= 0).all()
    for row, place in itertools.product(range(ROWS), range(width)):
        tokens = found.tokens[row, place]
        length = found.lengths[row, place]
        assert (tokens[length:] == END).all()
        assert END not in tokens[: length - 1]
        np.testing.assert_allclose(
            found.scores[row, place],
            rescored(decoder, row, tokens[:length]),
            rtol=1e-5,
            atol=1e-5,
        )


def test_the_coverage_penalty_is_that_of_the_equation(decoder):
    step, states, starts = decoder
    rng = np.random.default_rng(0)
    attention = rng.dirichlet(np.ones(3), size=VOCABULARY).astype("float32")  # (token, source)

    def attending(tokens, state):
        inner, covered = state
        logits, inner = step(tokens, inner)
        return logits, [inner, covered + ops.take(attention, tokens, axis=0)]

    state = [states, np.zeros((ROWS, 3), "float32")]
    width = len(list(every_sequence()))
    found = decode(
        (attending, state, starts),
        Beam(width, coverage_penalty=0.7),
        coverage=lambda state: state[1],
    )

    def score(row, tokens):
        read = [starts[row], *tokens][: len(tokens)]
        covered = np.minimum(attention[read].sum(axis=0), 1)
        return rescored(decoder, row, tokens) + 0.7 * np.log(covered).sum()

    best = max(every_sequence(), key=lambda tokens: score(0, tokens))
    assert tuple(found.tokens[0, 0, : found.lengths[0, 0]].tolist()) == best
    np.testing.assert_allclose(found.scores[0, 0], score(0, best), rtol=1e-4)


def test_sampling_draws_from_the_distribution():
    logits = np.log([[0.5, 0.3, 0.15, 0.05]]).astype("float32")
    rows = 4000

    def step(tokens, state):
        return ops.repeat(logits, rows, axis=0), state

    def shares(**settings):
        decoder = step, [np.zeros((rows, 1), "float32")], np.zeros(rows)
        found = decode(decoder, Sample(**settings), max_length=2, end_id=None, seed=1)
        return np.bincount(found.tokens.ravel(), minlength=4) / (2 * rows)

    np.testing.assert_allclose(shares(), [0.5, 0.3, 0.15, 0.05], atol=0.02)
    np.testing.assert_allclose(shares(top_k=2), [0.625, 0.375, 0, 0], atol=0.02)
    np.testing.assert_allclose(shares(top_p=0.8), [0.625, 0.375, 0, 0], atol=0.02)
    np.testing.assert_allclose(shares(top_p=0.81), [0.526, 0.316, 0.158, 0], atol=0.02)
    squared = np.array([0.25, 0.09, 0.0225, 0.0025])
    np.testing.assert_allclose(shares(temperature=0.5), squared / squared.sum(), atol=0.02)


def test_a_seed_decides_the_sample_and_a_single_candidate_is_greedy(decoder):
    draw = [decode(decoder, Sample(), max_length=9, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(draw[0].tokens, draw[1].tokens)
    assert (draw[0].tokens != draw[2].tokens).any()
    one = decode(decoder, Sample(top_k=1), max_length=9)
    best = decode(decoder, Greedy(), max_length=9)
    np.testing.assert_array_equal(one.tokens, best.tokens)
    np.testing.assert_allclose(one.scores, best.scores)


def test_the_largest_logits_are_found_in_blocks_as_by_top_k():
    rng = np.random.default_rng(0)
    logits = rng.integers(0, 50, size=(7, 30 * BLOCK + 5)).astype("float32")  # many are equal
    for count in (1, 5):
        for found, expected in zip(
            largest(ops.array(logits), count), ops.top_k(logits, count), strict=True
        ):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (found, expected)))


@pytest.mark.tensorflow_only  # shapes are static on JAX: there a search ends with its last row
@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Greedy(), [2, 2, 1, 1]),
        (Sample(top_k=1), [2, 2, 1, 1]),
        # One hypothesis a row at first; a row is done when its best one is.
        (Beam(width=2), [2, 4, 2, 2]),
    ],
    ids=str,
)
def test_rows_that_have_ended_cost_nothing(strategy, expected):
    rows = []

    def count(tokens, state):  # 1 follows 0, 2 follows 1
        rows.append(len(tokens))
        return 20 * ops.one_hot(tokens + 1, 6), state

    decode((count, np.zeros((2, 1), "float32"), np.array([0, 2])), strategy, max_length=9, end_id=4)
    assert rows == expected


def test_searches_run_inside_a_graph(decoder):
    step, states, starts = decoder

    class Search(keras.layers.Layer):
        def call(self, starts):
            beam = decoding.decode(step, states, starts, Beam(3), max_length=LENGTH, end_id=END)
            return beam.tokens[:, 0]

    model = keras.Sequential([Search()])
    found = model.predict(starts, batch_size=ROWS, verbose=0)
    np.testing.assert_array_equal(found, decode(decoder, Beam(3)).tokens[:, 0])


def test_hypotheses_that_do_not_exist_have_no_length_and_the_score_of_nothing(decoder):
    step, states, starts = decoder
    allowed = decoding.suppress_tokens(step, [0, 1], VOCABULARY)  # 2 and the end are left
    found = decode((allowed, states, starts), Beam(width=5, n_best=5, length_penalty=5.0))
    for row in range(ROWS):
        # In two slots of the first step, three of the second, ...: no sequence is missed.
        sequences = [(3,), (2, 3), (2, 2, 3), (2, 2, 2, 3), (2, 2, 2, 2)]
        decoded = [
            tuple(tokens[:length])
            for tokens, length in zip(found.tokens[row], found.lengths[row], strict=True)
        ]
        assert sorted(decoded) == sorted(sequences)
    short = decode((allowed, states, starts), Beam(width=5, n_best=5), max_length=1)
    np.testing.assert_array_equal(short.lengths, [[1, 1, 0, 0, 0]] * ROWS)
    assert np.isfinite(short.scores[:, :2]).all()
    assert (short.scores[:, 2:] == -np.inf).all()


def test_a_suppressed_token_is_never_drawn_however_high_the_temperature(decoder):
    step, states, starts = decoder
    allowed = decoding.suppress_tokens(step, [0, 3], VOCABULARY)
    hot = decode((allowed, states, starts), Sample(1e6), max_length=30, end_id=None, seed=0)
    assert set(hot.tokens.ravel()) == {1, 2}
    cold = decode((allowed, states, starts), Sample(1e-6), max_length=30, end_id=None, seed=0)
    best = decode((allowed, states, starts), Greedy(), max_length=30, end_id=None)
    np.testing.assert_array_equal(cold.tokens, best.tokens)


def test_a_beam_without_an_end_token(decoder):
    found = decode(decoder, Beam(VOCABULARY**2, n_best=3), max_length=2, end_id=None)
    for row in range(ROWS):
        sequences = itertools.product(range(VOCABULARY), repeat=2)
        best = sorted(sequences, key=lambda tokens: -rescored(decoder, row, tokens))[:3]
        assert [tuple(tokens) for tokens in found.tokens[row]] == best
    np.testing.assert_array_equal(found.lengths, 2)
