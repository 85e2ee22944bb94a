import numpy as np
import pytest
import tensorflow as tf

from rnn_zoo.errors import DataError
from rnn_zoo.preprocessing.checks import graph_errors
from rnn_zoo.preprocessing.labels import LabelSet, read_labels


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["b", "a", b"c"], ["b", "a", "c"]),
        ([1, 0, True], [1, 0, 1]),
        (np.array([1.0, 2.0]), [1, 2]),
        (np.array(["x", "y"]), ["x", "y"]),
        (np.array(["x", 1], dtype=object)[:1], ["x"]),
        (tf.constant([3, 4]), [3, 4]),
        (tf.constant(["ä"]), ["ä"]),
    ],
)
def test_labels_are_strings_or_integers(given, expected):
    labels = read_labels(given)
    assert labels == expected
    assert {type(label) for label in labels} <= {int, str}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0, float("nan")], r"Label of example 1 is missing \(nan\)"),
        (["a", None], r"Label of example 1 is missing \(None\)"),
        ([0.5], r"Label of example 0 is 0.5: a label is one string or one whole number"),
        ([0, "a"], r"mix strings and numbers"),
        (np.eye(2), r"Label of example 0 is an array of shape \(2,\)"),
        ([["a"]], r"Label of example 0 is \['a'\]"),
    ],
)
def test_what_is_no_label(given, message):
    with pytest.raises(DataError, match=message):
        read_labels(given)


def test_label_set_is_sorted_and_maps_both_ways():
    labels = LabelSet.from_examples([3, 1, 3, -1])
    assert labels.labels == [-1, 1, 3]
    assert labels.ids(tf.constant([1, 3, -1], tf.int64)).numpy().tolist() == [1, 2, 0]
    assert labels.ids(tf.constant(["3"])).numpy().tolist() == [2]


def test_one_class_is_refused():
    with pytest.raises(DataError, match="one class only, 'a'"):
        LabelSet.from_examples(["a", "a"])


@pytest.mark.parametrize("label", ["neutral", "näh", "it's"])
def test_a_label_outside_the_set_is_named_in_python_and_in_the_graph(label):
    labels = LabelSet(["negative", "positive"])
    message = f"Label .{label}. .*is not in the label set .*'negative', 'positive'"
    assert labels.unknown(["positive", label]) == [(1, label)]
    assert labels.ids(tf.constant(["positive", label]), strict=False).numpy().tolist() == [1, -1]
    data = tf.data.Dataset.from_tensor_slices(["positive", label]).map(labels.ids)
    with pytest.raises(DataError, match=message), graph_errors():
        list(data)


def test_classes_without_a_weight_weigh_one():
    labels = LabelSet(["neg", "neutral", "pos"])
    weights = labels.weights({"pos": np.float64(2.5), 0: 0, "neutral": True})
    assert weights.numpy().tolist() == [0.0, 1.0, 2.5]
    assert labels.weights({}).numpy().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "weight",
    [float("nan"), float("inf"), -1.0, "a", "2", None, [1.0], 1j, 1e39, 10**400],
    ids=range(10),
)
def test_a_class_weighs_a_finite_number(weight):
    message = r"class_weight: the weight of class 'pos' is .*; it should be a finite number, 0 or"
    with pytest.raises(DataError, match=message):
        LabelSet(["neg", "pos"]).weights({"pos": weight})


def test_class_weights_are_a_mapping():
    with pytest.raises(DataError, match=r"a mapping from classes to numbers, not \[1.0, 2.0\]"):
        LabelSet(["neg", "pos"]).weights([1.0, 2.0])
