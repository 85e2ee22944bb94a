"""Streams of windows: every step once, in order, with a flag where something begins."""

import numpy as np
import pytest

from rnn_zoo.errors import DataError
from rnn_zoo.streams import stream_windows


def documents(*lengths):
    """Documents whose inputs number their steps, and whose targets are a hundred more."""
    ends = np.cumsum(lengths)
    return [
        (np.arange(end - length, end), np.arange(end - length, end) + 100)
        for end, length in zip(ends, lengths, strict=True)
    ]


def series(windows):
    """What the streams hold, one behind the other, without what they were filled up with."""
    parts = [(x, resets, y, weights) for (x, resets), y, weights in windows.as_numpy_iterator()]
    x, resets, y, weights = (np.concatenate(column, axis=1) for column in zip(*parts, strict=True))
    real = weights > 0
    return x[real], resets[real], y[real], real


@pytest.mark.parametrize(
    ("lengths", "batch_size", "window"),
    [((10,), 1, 3), ((12,), 2, 3), ((11,), 2, 3), ((5, 1, 9), 4, 2), ((7, 8), 3, 15), ((4,), 4, 1)],
)
def test_every_step_once_and_in_order(lengths, batch_size, window):
    windows = stream_windows(documents(*lengths), batch_size=batch_size, window=window)
    (x_spec, _), y_spec, _ = windows.element_spec
    assert x_spec.shape == y_spec.shape
    assert x_spec.shape[0] == batch_size
    assert x_spec.shape[1] <= window
    x, resets, y, real = series(windows)
    total = sum(lengths)
    assert x.tolist() == list(range(total))
    assert (y == x + 100).all()
    per_stream = real.sum(axis=1)
    begins = {0, *np.cumsum(lengths)[:-1], *np.cumsum(per_stream)[:-1]}
    assert set(np.flatnonzero(resets)) == {begin for begin in begins if begin < total}


def test_weights_and_series_of_vectors():
    x, y, weights = np.ones((5, 3)), np.ones((5, 2)), np.array([1, 0.5, 2, 1, 1])
    windows = list(stream_windows([(x, y, weights)], batch_size=2, window=2).as_numpy_iterator())
    assert [part[0][0].shape for part in windows] == [(2, 2, 3)] * 2
    assert np.concatenate([part[2] for part in windows], axis=1).tolist() == [
        [1, 0.5, 2, 0],
        [1, 1, 0, 0],
    ]


def test_documents_without_a_step_are_passed_over():
    (full,) = documents(5)
    empty = (full[0][:0], full[1][:0])
    for given in ([empty, full], [full, empty]):
        x, resets, _, _ = series(stream_windows(given, batch_size=1, window=5))
        assert x.tolist() == list(range(5))
        assert resets.tolist() == [True, False, False, False, False]
    with pytest.raises(DataError, match="not one step"):
        stream_windows([empty], batch_size=1, window=1)
    with pytest.raises(DataError, match="Document 1: a target for each step"):
        stream_windows([full, (full[0], full[1][:-1])], batch_size=1, window=1)


def test_too_little_for_what_is_asked_for():
    with pytest.raises(DataError, match="have 5 steps, too few for a window of 6: lower window"):
        stream_windows(documents(5), batch_size=1, window=6)
    with pytest.raises(DataError, match="have 5 steps, too few for 8 streams"):
        stream_windows(documents(5), batch_size=8, window=2)
