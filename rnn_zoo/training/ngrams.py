"""Accuracy of counting words, which a network that reads in order has to beat."""

from collections.abc import Sequence
from typing import Any

import keras

from rnn_zoo.preprocessing.labels import LabelSet, read_labels

Pairs = tuple[Sequence[str], Sequence[Any]]


def ngram_baseline(train: Pairs, test: Pairs, max_n: int = 1, seed: int = 0) -> float:
    """Accuracy of a logistic regression over counts of word n-grams.

    Args:
        train: texts and labels to learn from.
        test: texts and labels to score.
        max_n: length of the longest n-grams; all shorter ones count too.
        seed: of weights and order.

    Returns:
        The share of `test` that is labeled right.

    Example:
        >>> train = ["good", "bad"] * 50, ["yes", "no"] * 50
        >>> ngram_baseline(train, (["good", "bad"], ["yes", "no"]))
        1.0
    """
    keras.utils.set_random_seed(seed)
    count = keras.layers.TextVectorization(ngrams=max_n, output_mode="count")
    count.adapt(list(train[0]))
    labels = LabelSet.from_examples(read_labels(train[1]))
    model = keras.Sequential([keras.layers.Dense(len(labels), kernel_initializer="zeros")])
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    (x, y), (x_test, y_test) = (
        (
            keras.ops.convert_to_numpy(count(list(texts))),
            [labels.labels.index(label) for label in read_labels(targets)],
        )
        for texts, targets in (train, test)
    )
    model.fit(x, keras.ops.array(y), epochs=20, batch_size=64, verbose=0)
    return float(
        model.evaluate(x_test, keras.ops.array(y_test), verbose=0, return_dict=True)["accuracy"]
    )
