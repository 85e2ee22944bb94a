"""Checks raise the same error eagerly, in a function, in a dataset and in an export."""

import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import check, check_finite, check_ids, graph_errors

WAYS = {
    "eager": lambda function, tensor: function(tensor),
    "function": lambda function, tensor: tf.function(function)(tensor),
    "dataset": lambda function, tensor: next(
        iter(tf.data.Dataset.from_tensors(tensor).map(function))
    ),
}
NAN = float("nan")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("function", "tensor", "message"),
    [
        (
            lambda x: check_finite(x, "Targets"),
            tf.constant([[1.0, 2.0], [NAN, float("inf")]]),
            "Targets: found nan, but every value has to be finite.",
        ),
        (
            lambda x: check_finite(x, "Series"),
            tf.ragged.constant([[1.0], [2.0, float("-inf")]]),
            "Series: found -inf, but every value has to be finite.",
        ),
        (
            lambda x: check_ids(x, 5, "Token ids"),
            tf.constant([[0, 4], [5, 7]]),
            "Token ids: found 5, but they lie between 0 and 4.",
        ),
        (
            lambda x: check_ids(x, 5, "Token ids"),
            tf.ragged.constant([[0, 4], [-1]], dtype=tf.int64),
            "Token ids: found -1, but they lie between 0 and 4.",
        ),
        (
            lambda x: check_ids(x, 5, "Token ids"),
            tf.constant([[0, 2**63 + 5]], tf.uint64),
            "Token ids: found 9223372036854775813, but they lie between 0 and 4.",
        ),
        (
            lambda x: check(x, tf.size(x) == 0, "Not '", x[0], "'] [ü\n."),
            tf.constant(['a "b" ] \t\\ 語']),
            "Not 'a \"b\" ] \t\\ 語'] [ü\n.",
        ),
    ],
)
def test_what_fails(way, function, tensor, message):
    with pytest.raises(DataError) as caught, graph_errors():
        WAYS[way](function, tensor)
    assert str(caught.value) == message


@pytest.mark.parametrize("way", WAYS)
def test_what_passes_comes_back(way):
    ragged = tf.ragged.constant([[0, 4], [], [1]])
    ids = WAYS[way](lambda x: check_ids(x, 5, "Ids"), ragged)
    assert ids.to_list() == ragged.to_list()
    numbers = np.array([1.0, -2.0], "float32")
    found = WAYS[way](lambda x: check_finite(x, "Numbers"), tf.constant(numbers))
    np.testing.assert_array_equal(found, numbers)
    whole = tf.constant([1, 2])
    np.testing.assert_array_equal(WAYS[way](lambda x: check_finite(x, "Ids"), whole), whole)
    assert WAYS[way](lambda x: check_ids(x, 5, "Ids"), tf.zeros([0], tf.int32)).shape == (0,)


def test_an_error_of_another_kind_stays_what_it_is():
    message = "assertion failed: [Label 'x' is not in the label set, which the first fit fixed.]"

    @tf.function
    def in_graph(x):
        tf.debugging.Assert(False, [message])
        return x

    for fails in (
        lambda: tf.debugging.Assert(False, [message]),
        lambda: in_graph(tf.constant(1)),
        lambda: tf.reshape(tf.zeros(3), [2]),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError), graph_errors():
            fails()


def test_an_export_checks_too(tmp_path):
    module = tf.Module()
    module.serve = tf.function(
        lambda x: check_finite(x, "Series"), [tf.TensorSpec([None], tf.float32)]
    )
    tf.saved_model.save(module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path)).serve
    assert served(tf.constant([1.0])).numpy().tolist() == [1.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Series: found nan, but every value"):
        served(tf.constant([NAN]))
