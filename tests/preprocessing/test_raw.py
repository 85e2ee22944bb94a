import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.raw import read_step_weights, read_texts, read_token_ids, read_weights


@pytest.mark.parametrize(
    "given",
    [
        ["ä", ""],
        ("ä", ""),
        np.array(["ä", ""]),
        np.array(["ä", ""], dtype=object),
        tf.constant(["ä", ""]),
        ["ä".encode(), b""],
    ],
)
def test_texts(given):
    assert [text.decode() for text in read_texts(given).numpy()] == ["ä", ""]


def test_bytes_that_are_not_utf8_pass_through():
    assert read_texts([b"\xff", "\udcff"]).numpy().tolist() == [b"\xff", b"\xff"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("one text", r"write \[text\]"),
        (["a", None], "Example 1 is no text but NoneType"),
        (["a", 3.5], "Example 1 is no text but float"),
        (["a", float("nan")], "Example 1 is no text but float"),
        (np.array([["a", "b"]]), r"array of shape \(1, 2\)"),
    ],
)
def test_what_is_no_text(given, message):
    with pytest.raises(DataError, match=message):
        read_texts(given)


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2], [3]],
        [np.array([1, 2]), np.array([3])],
        tf.ragged.constant([[1, 2], [3]]),
    ],
)
def test_token_ids(given):
    assert read_token_ids(given, 4).to_list() == [[1, 2], [3]]


@pytest.mark.parametrize("given", [["a"], [], np.array(["a"]), np.array([[0.5]]), tf.constant("a")])
def test_other_things_are_no_token_ids(given):
    assert read_token_ids(given, 4) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array([1, 2]), r"shape \(batch, time\); got \(2,\)"),
        (np.array([[1, 9]]), "between 0 .padding. and 3; these go from 1 to 9"),
        ([[-1]], "these go from -1 to -1"),
        ([[2**32 + 1]], "these go from 4294967297 to"),
        ([[1], [2**70]], "these go from 1 to 1180591620717411303424"),
        (np.array([[2**32 + 1]]), "these go from 4294967297 to"),
        (np.array([[2**63 + 1]], "uint64"), "these go from 9223372036854775809 to"),
        (tf.constant([[2**32 + 1]], tf.int64), "these go from 4294967297 to"),
        (tf.ragged.constant([[1], [2**32 + 1]], dtype=tf.int64), "these go from 1 to 4294967297"),
        (tf.ragged.constant([[[1]]]), r"shape \(batch, time\); got \(1, None, None\)"),
        ([[1, 2], [1, 2.7]], "Example 1 has 2.7 where other examples have token ids: pass lists"),
        ([[2.7, 1]], "Example 0 has 2.7 where"),
        ([[1, "abc"]], "Example 0 has 'abc' where"),
        ([[1, None]], "Example 0 has None where"),
        ([[1, True]], "Example 0 has True where"),
        ([[1], "abc"], "Example 1 has 'abc' where"),
        ([[1], 2], "Example 1 has 2 where"),
        ([np.array([1]), np.array([0.5])], "Example 1 has 0.5 where"),
    ],
)
def test_wrong_token_ids(given, message):
    with pytest.raises(DataError, match=message):
        read_token_ids(given, 4)


@pytest.mark.parametrize("given", [[[2**31]], np.array([[2**31]]), np.array([[-(2**31) - 1]])])
def test_token_ids_of_an_unknown_vocabulary_do_not_wrap_around(given):
    with pytest.raises(DataError, match=r"between 0 .padding. and 2147483647"):
        read_token_ids(given, None)


@pytest.mark.parametrize(
    "given",
    [
        [1, 2.5],
        np.array([1.0, 2.5]),
        tf.constant([1.0, 2.5], tf.float64),
        tf.constant([1.0, 2.5], tf.float16),
    ],
)
def test_sample_weights(given):
    for weights in (read_weights(given), read_step_weights(given, [3, 4])):
        assert weights.dtype == tf.float32
        assert weights.numpy().tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "its shape is \\(\\)"),
        ("ab", "one number an example"),
        (["1", "2"], "one number an example"),
        (np.array(["1"]), "one number an example"),
        ([None, 1], "one number an example"),
        ([1, float("nan")], "weight of example 1 is nan"),
        ([[1], [2, 3]], "one number an example"),
    ],
)
def test_what_are_no_sample_weights(given, message):
    for read in (read_weights, lambda weights: read_step_weights(weights, [9])):
        with pytest.raises(DataError, match=message):
            read(given)
