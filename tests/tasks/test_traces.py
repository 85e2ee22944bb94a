"""Nothing compiles or traces once more for every length and number of texts."""

import keras
import numpy as np
import pytest
from small_classifier import small_classifier

from rnn_zoo.pipeline import bucket_lengths
from rnn_zoo.tasks import TextClassifier

MAX_LENGTH = 12
BUCKETS = set(bucket_lengths(MAX_LENGTH))
BATCH = 4


@pytest.fixture
def shapes(monkeypatch):
    """The input's shape at every run of the network's Python code.

    A compiled function runs it once a trace: once on TensorFlow, whose shapes are dynamic, once for
    every shape on JAX. A function that is run eagerly runs it for every batch.
    """
    seen = []
    call = TextClassifier.call

    def recorded(self, inputs, training=None):
        seen.append(tuple(inputs.shape))
        return call(self, inputs, training=training)

    monkeypatch.setattr(TextClassifier, "call", recorded)
    return seen


def examples(seed, count):
    """Texts of all lengths up to beyond the maximum, and labels."""
    lengths = np.random.default_rng(seed).permutation(np.arange(count) % (MAX_LENGTH + 4))
    return [" ".join(["word"] * n) for n in lengths], [int(n) % 2 for n in lengths]


@pytest.mark.tensorflow_only  # JAX compiles after Keras has looked at the model
def test_a_task_that_is_given_its_sizes_traces_its_training_step_once(shapes):
    task = small_classifier(vocabulary_size=8, num_classes=2)
    task.fit(np.ones((4, 3), "int32"), [0, 1, 0, 1], verbose=0)
    assert len(shapes) == 1


def test_a_task_that_is_given_its_sizes_may_be_compiled_without_an_optimizer():
    task = small_classifier(vocabulary_size=8, num_classes=2)
    task.compile(optimizer=None)
    assert np.isfinite(
        task.evaluate(np.ones((4, 3), "int32"), np.array([0, 1, 0, 1]), verbose=0)[0]
    )


@pytest.mark.parametrize(
    "eagerly",
    [
        False,
        pytest.param(True, marks=[pytest.mark.tensorflow_only, pytest.mark.slow], id="eagerly"),
    ],
)
def test_the_shapes_of_a_life(shapes, eagerly):
    task = small_classifier(max_length=MAX_LENGTH)
    task.compile("sgd", run_eagerly=eagerly)
    count = 8 * BATCH
    task.fit(*examples(0, count), epochs=3, batch_size=BATCH, verbose=0)
    trained = set(shapes)
    if not eagerly and keras.backend.backend() == "tensorflow":
        assert len(shapes) == 1
    else:
        assert trained == {(BATCH, length) for length in BUCKETS}, "the test saw too little"
        # On JAX, Keras looks at the model once before it compiles anything.
        assert eagerly or len(shapes) <= len(trained) + 1
    seen = len(shapes)
    task.fit(*examples(1, count), epochs=2, batch_size=BATCH, verbose=0)
    assert set(shapes) == trained
    assert eagerly or len(shapes) == seen, "the second fit has traced again"

    shapes.clear()
    for number in range(1, 10):
        task.predict(examples(number, number)[0], batch_size=BATCH, verbose=0)
    rows = {row for row, _ in shapes if row is not None}
    assert rows <= {1, 2, BATCH}
    predicted, seen = set(shapes), len(shapes)
    assert len(predicted) <= 3 * len(BUCKETS)
    for number in range(1, 10):
        task.predict(examples(number, number)[0][::-1], batch_size=BATCH, verbose=0)
    assert set(shapes) == predicted
    assert eagerly or len(shapes) == seen, "the second round of predict has traced again"
