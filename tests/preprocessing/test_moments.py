import numpy as np

from rnn_zoo.preprocessing.moments import Moments


def test_batches_of_any_size_give_what_all_rows_together_give():
    rows = np.random.default_rng(0).normal(size=(50, 3)) * [1e-6, 1, 1e6] + [1, 0, 1e9]
    moments = Moments(3)
    for part in np.split(rows, [1, 1, 20, 49]):
        moments.add(part)
    assert moments.count == 50
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.std, rows.std(axis=0), rtol=1e-8)


def test_of_nothing():
    np.testing.assert_array_equal(Moments(2).std, [0, 0])
