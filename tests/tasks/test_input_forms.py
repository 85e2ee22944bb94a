"""However the same examples are given, training gives the same model."""

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
from small_classifier import LABELS, TEXTS, assert_same_weights, fitted, small_classifier

from rnn_zoo.errors import ConfigError, DataError

pytestmark = pytest.mark.tensorflow_only  # the forms are read by TensorFlow on either backend

Dataset = tf.data.Dataset


def from_generator(x, y):
    signature = tf.TensorSpec([], tf.string), tf.TensorSpec([], tf.string)
    return Dataset.from_generator(lambda: zip(x, y, strict=True), output_signature=signature)


RAW = {
    "tuples": lambda x, y: (tuple(x), tuple(y)),
    "str arrays": lambda x, y: (np.array(x), np.array(y)),
    "object arrays": lambda x, y: (np.array(x, object), np.array(y, object)),
    "tensors": lambda x, y: (tf.constant(x), tf.constant(y)),
    "bytes": lambda x, y: ([text.encode() for text in x], [label.encode() for label in y]),
    "dataset of examples": lambda x, y: (Dataset.from_tensor_slices((x, y)),),
    "unbatched dataset": lambda x, y: (Dataset.from_tensor_slices((x, y)).batch(3).unbatch(),),
    "dataset from a generator": lambda x, y: (from_generator(x, y),),
}


def trained(*data):
    # Plain SGD: at the end of a stream of unknown length Keras' TensorFlow trainer may count one
    # step too many, which Adam's bias correction would see.
    sgd = keras.optimizers.SGD(0.5, clipnorm=1.0)
    return fitted(small_classifier(optimizer=sgd), *data, batch_size=4)


@pytest.fixture(scope="module")
def from_lists():
    return trained(TEXTS, LABELS)


@pytest.mark.parametrize("form", RAW)
def test_raw_examples(form, from_lists):
    task = trained(*RAW[form](TEXTS, LABELS))
    assert task.labels == ["neg", "pos"]
    assert_same_weights(task, from_lists)


class Batches(keras.utils.PyDataset):
    """Batches of three raw examples, as a user may write them."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        here = slice(3 * i, 3 * i + 3)
        return np.array(TEXTS[here]), np.array(LABELS[here])


def generator():
    """The same without an end, two epochs and more."""
    batches = Batches()
    while True:
        yield from (batches[i] for i in range(3))


OWN_BATCHES = {
    "dataset": (lambda: Dataset.from_tensor_slices((TEXTS, LABELS)).batch(3), {}),
    "dataset of dicts": (
        lambda: Dataset.from_tensor_slices(({"text": TEXTS}, LABELS)).batch(3),
        {},
    ),
    "dataset of dicts alone": (
        lambda: Dataset.from_tensor_slices(({"text": TEXTS}, {"label": LABELS})).batch(3),
        {},
    ),
    "endless dataset": (
        lambda: Dataset.from_tensor_slices((TEXTS, LABELS)).batch(3).repeat(),
        {"steps_per_epoch": 3},
    ),
    "PyDataset": (Batches, {}),
    "generator": (generator, {"steps_per_epoch": 3}),
}


@pytest.fixture(scope="module")
def batch_by_batch():
    task = small_classifier().adapt(TEXTS, LABELS)
    for _ in range(2):
        for texts, labels in (Batches()[i] for i in range(3)):
            task.train_on_batch(texts, labels)
    return task


@pytest.mark.parametrize("form", OWN_BATCHES)
def test_batches_of_the_user_stay_as_they_are(form, batch_by_batch):
    data, steps = OWN_BATCHES[form]
    task = fitted(small_classifier().adapt(TEXTS, LABELS), data(), **steps)
    assert int(task.optimizer.iterations) == 6
    assert_same_weights(task, batch_by_batch)


def test_batches_of_the_user_can_be_adapted_to_validated_and_predicted(batch_by_batch):
    task = small_classifier()
    history = task.fit(Batches(), validation_data=Batches(), verbose=0).history
    assert task.labels == ["neg", "pos"]
    scores = task.evaluate(Batches(), verbose=0)
    assert history["val_loss"] == pytest.approx([scores[0]])
    assert scores == pytest.approx(task.evaluate(TEXTS, LABELS, batch_size=3, verbose=0))
    assert scores == pytest.approx(task.evaluate(generator(), steps=3, verbose=0))
    expected = batch_by_batch.predict(TEXTS, verbose=0)
    found = batch_by_batch.predict(Batches(), verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    found = batch_by_batch.predict(generator(), steps=3, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_batches_of_the_user_are_shuffled_where_keras_shuffles_them():
    orders = []

    class Watched(Batches):
        def __init__(self):
            super().__init__()
            self.order = []

        def __getitem__(self, i):
            self.order.append(i)
            return super().__getitem__(i)

        def on_epoch_end(self):
            orders.append(self.order[-3:])

    keras.utils.set_random_seed(1)
    task = small_classifier().adapt(TEXTS, LABELS)
    task.fit(Watched(), epochs=8, verbose=0)
    assert len(orders) == 8
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(set(map(tuple, orders))) > 1


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batched", [False, True])
def test_an_epoch_of_so_many_steps_reads_no_more(batched, shuffle):
    read = []

    def endless():
        while True:
            read.append(1)
            yield TEXTS[0], LABELS[0]

    signature = tf.TensorSpec([], tf.string), tf.TensorSpec([], tf.string)
    data = Dataset.from_generator(endless, output_signature=signature)
    size = {} if batched else {"batch_size": 4}
    task = small_classifier().adapt(TEXTS, LABELS)
    data = data.batch(4) if batched else data
    task.fit(data, steps_per_epoch=2, shuffle=shuffle, verbose=0, **size)
    assert int(task.optimizer.iterations) == 2
    assert 8 <= len(read) <= 300  # an epoch has 8; some are read ahead


TABLES = {
    "mapping": lambda: ({"text": TEXTS}, {"label": LABELS}),
    "frame": lambda: (pandas.DataFrame({"text": TEXTS}), pandas.DataFrame({"label": LABELS})),
    "series": lambda: (
        pandas.Series(TEXTS, index=range(7, -1, -1)),
        pandas.Series(LABELS, index=range(8, 16)),
    ),
}


@pytest.mark.parametrize("form", TABLES)
def test_a_column_of_a_table(form, from_lists):
    assert_same_weights(trained(*TABLES[form]()), from_lists)
    x, _ = TABLES[form]()
    expected = from_lists.predict(TEXTS, verbose=0)
    np.testing.assert_array_equal(from_lists.predict(x, verbose=0), expected)


@pytest.mark.parametrize("make", [dict, pandas.DataFrame])
def test_several_columns_are_not_guessed_at(make, from_lists):
    table = make({"text": TEXTS, "lang": ["en"] * 8})
    for use in (from_lists.predict, from_lists.classify):
        with pytest.raises(DataError, match=r"x has 2 columns, .*such as x\['text'\]"):
            use(table)


TOKENS = [[2, 3, 4], [2, 5, 4, 6], [3], [7, 5, 1]]
PADDED = np.array([row + [0] * (4 - len(row)) for row in TOKENS])
LEFT_PADDED = np.array([[0] * (4 - len(row)) + row for row in TOKENS])
RAGGED = tf.ragged.constant(TOKENS)
CLASSES = [0, 1, 0, 2]
TOKEN_FORMS = {
    "array": (PADDED, np.array(CLASSES)),
    "array, padded on the left": (LEFT_PADDED, CLASSES),
    "int64 tensor": (tf.constant(PADDED, tf.int64), tf.constant(CLASSES)),
    "ragged": (RAGGED, CLASSES),
    "dataset of examples": (Dataset.from_tensor_slices((PADDED, CLASSES)),),
    "dataset of one batch": (Dataset.from_tensor_slices((PADDED, CLASSES)).batch(4),),
    "dataset of ragged": (Dataset.from_tensor_slices((RAGGED, CLASSES)),),
    "dataset of one ragged batch": (Dataset.from_tensor_slices((RAGGED, CLASSES)).batch(4),),
}


def token_classifier():
    return small_classifier(vocabulary_size=8, num_classes=3)


@pytest.fixture(scope="module")
def from_token_lists():
    return fitted(token_classifier(), TOKENS, CLASSES)


@pytest.mark.parametrize("form", TOKEN_FORMS)
def test_token_ids(form, from_token_lists):
    data = TOKEN_FORMS[form]
    task = fitted(token_classifier(), *data)
    assert_same_weights(task, from_token_lists)
    inputs = data[0] if len(data) == 2 else data[0].map(lambda x, y: x)
    expected = from_token_lists.predict(TOKENS, verbose=0)
    np.testing.assert_allclose(task.predict(inputs, verbose=0), expected, atol=1e-6)


@pytest.fixture(scope="module")
def from_first_half():
    return fitted(token_classifier(), TOKENS[:2], CLASSES[:2])


@pytest.mark.parametrize("data", [(RAGGED, CLASSES), (tf.constant(PADDED), CLASSES)])
def test_tensors_split_for_validation_like_lists(data, from_first_half):
    task = fitted(token_classifier(), *data, validation_split=0.5)
    assert_same_weights(task, from_first_half)


@pytest.mark.parametrize(
    "labels", [["b", "a"], [7, -1], ["d", "a", "c", "b", "e"], [30, 0, 20, 10, 40], [True, False]]
)
def test_labels_are_strings_or_integers_of_any_number(labels):
    targets = [labels[i % len(labels)] for i in range(10)]
    texts = [f"word{i}" for i in range(10)]
    adam = keras.optimizers.Adam(0.1, clipnorm=1.0)
    # Forty batches of the same ten texts: an epoch of them takes less time than forty of one.
    task = fitted(
        small_classifier({"units": 8}, optimizer=adam),
        texts * 40,
        targets * 40,
        epochs=1,
        batch_size=10,
    )
    assert task.labels == sorted(labels)
    assert {type(label) for label in task.labels} <= {int, str}
    assert [label for label, _ in task.classify(texts)] == targets
    assert task.predict(texts, verbose=0).argmax(-1).tolist() == [
        sorted(labels).index(target) for target in targets
    ]


@pytest.mark.parametrize("dtype", [tf.bool, tf.uint8, tf.int64])
def test_numbers_in_a_dataset_are_the_labels_that_they_are_in_a_list(dtype):
    numbers = tf.cast([label == "pos" for label in LABELS], dtype)
    task = fitted(small_classifier(), Dataset.from_tensor_slices((TEXTS, numbers)))
    assert task.labels == [0, 1]
    assert_same_weights(task, fitted(small_classifier(), TEXTS, numbers))


COLUMN = np.array(LABELS)[:, None]
WRONG = {
    "texts without labels": ((TEXTS,), ValueError, "Examples are missing"),
    "dataset without labels": (
        (Dataset.from_tensor_slices(TEXTS),),
        DataError,
        r"holds tuples \(x, y\)",
    ),
    "dataset with two columns": (
        (Dataset.from_tensor_slices(({"text": TEXTS, "lang": TEXTS}, LABELS)),),
        DataError,
        "Map it first",
    ),
    "batches of another size": (
        (Dataset.from_tensor_slices((TEXTS, LABELS)).batch(3), None, 4),
        ValueError,
        "come in batches, which stay as they are",
    ),
    "one generator": ((generator(),), DataError, "can be read only once.*adapt on a finite"),
    "PyDataset beside labels": ((Batches(), LABELS), ValueError, "PyDataset brings its own"),
    "dataset beside labels": (
        (Dataset.from_tensor_slices((TEXTS, LABELS)), LABELS),
        ValueError,
        "brings its own targets",
    ),
    "dataset with two columns of labels": (
        (Dataset.from_tensor_slices((TEXTS, {"a": LABELS, "b": LABELS})),),
        DataError,
        "Map it first",
    ),
    "dataset of nested tuples": (
        (Dataset.from_tensor_slices((TEXTS, (LABELS, LABELS))),),
        DataError,
        "Map it first",
    ),
    "shape of the labels unknown": (
        (
            Dataset.from_generator(
                lambda: zip(TEXTS, LABELS, strict=True),
                output_signature=(tf.TensorSpec([], tf.string), tf.TensorSpec(None, tf.string)),
            ),
        ),
        DataError,
        "output_signature",
    ),
    "labels in rows": ((TEXTS, COLUMN), DataError, r"Label of example 0 is an array of shape"),
    "labels in rows in a dataset": (
        (Dataset.from_tensor_slices((TEXTS, COLUMN)),),
        DataError,
        r"one string or one whole number; .* of the shape \(None, 1\)",
    ),
    "labels in rows in batches": (
        (Dataset.from_tensor_slices((TEXTS, COLUMN)).batch(3),),
        DataError,
        r"one string or one whole number; .* of the shape \(None, 1\)",
    ),
    "shapes unknown": (
        (
            Dataset.from_generator(
                lambda: zip(TEXTS, LABELS, strict=True), output_types=(tf.string, tf.string)
            ),
        ),
        DataError,
        "output_signature",
    ),
    "endless dataset": (
        (Dataset.from_tensor_slices((TEXTS, LABELS)).repeat(),),
        DataError,
        "repeats forever.*call adapt on a finite one",
    ),
    "float labels in a dataset": (
        (Dataset.from_tensor_slices((TEXTS, [0.0, 1.0] * 4)),),
        DataError,
        "^The labels of a dataset are strings or integers, not floats",
    ),
    "unequal numbers": ((TEXTS, LABELS[:5]), DataError, "got 8 inputs, 5 targets"),
    "empty lists": (([], []), DataError, "The data are empty"),
    "empty dataset": (
        (Dataset.from_tensor_slices((TEXTS, LABELS)).take(0),),
        DataError,
        "The data are empty",
    ),
    "one class": ((TEXTS, ["pos"] * 8), DataError, "one class only, 'pos'"),
    "label that is not UTF-8": (
        (TEXTS, [b"\xff", b"a"] * 4),
        DataError,
        r"Label of example 0 is b'\\xff', which is not UTF-8",
    ),
    "token ids of unknown size": ((PADDED, CLASSES), DataError, "vocabulary_size and num_classes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_fitted_says_why_and_leaves_the_task_as_it_was(case):
    data, error, message = WRONG[case]
    task = small_classifier()
    with pytest.raises(error, match=message):
        task.fit(*data, verbose=0)
    assert task.network is None
    assert task.labels is None


def test_adapting_needs_labels():
    with pytest.raises(DataError, match="The labels are missing"):
        small_classifier().adapt(TEXTS)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"vocabulary_size": 10}, "built from the sizes vocabulary_size, num_classes"),
        ({"vocabulary_size": "10", "num_classes": 2}, "vocabulary_size should be a positive whole"),
        (
            {"vocabulary_size": 10, "num_classes": 0},
            "num_classes should be a positive whole number",
        ),
    ],
)
def test_wrong_sizes(sizes, message):
    with pytest.raises(ConfigError, match=message):
        small_classifier(**sizes)


def test_a_model_of_token_ids_says_that_it_cannot_read_texts():
    with pytest.raises(ValueError, match=r"^There is no vocabulary to read text with"):
        token_classifier().predict(TEXTS, verbose=0)


BAD_TOKENS = {
    "far out of range": (np.array([[2, 2**32 + 5]]), "Token ids: found 4294967301, but they lie"),
    "no whole numbers": (np.array([[2.0, 2.7]]), "Token ids are whole numbers .* has float64"),
}


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("case", BAD_TOKENS)
def test_token_ids_of_a_dataset_are_checked(case, batched, from_token_lists):
    tokens, message = BAD_TOKENS[case]
    data = Dataset.from_tensor_slices((tokens, [0]))
    data = data.batch(1) if batched else data
    for use in (from_token_lists.fit, from_token_lists.evaluate):
        with pytest.raises(DataError, match=message):
            use(data, verbose=0)
    with pytest.raises(DataError, match=message):
        from_token_lists.predict(data, verbose=0)


BAD_COLUMNS = {
    "labels in rows": (([[0]] * 4,), r"of the shape \(None, 1\)"),
    "a weight that is no number": ((CLASSES, [1.0, np.inf, 1.0, 1.0]), "Sample weights: found inf"),
    "weights that are strings": ((CLASSES, ["a"] * 4), "an example; the dataset has string"),
    "weights in rows": ((CLASSES, np.ones((4, 1))), r"an example; its shape is \(None, 1\)"),
}


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_labels_and_weights_of_a_dataset_are_checked_as_those_of_a_list(
    case, batched, from_token_lists
):
    columns, message = BAD_COLUMNS[case]
    with pytest.raises(DataError):
        from_token_lists.fit(PADDED, *columns[:1], sample_weight=[*columns, None][1], verbose=0)
    data = Dataset.from_tensor_slices((PADDED, *columns))
    data = data.batch(2) if batched else data
    for use in (from_token_lists.fit, from_token_lists.evaluate):
        with pytest.raises(DataError, match=message):
            use(data, verbose=0)


@pytest.mark.parametrize("count", [0, -1, 1.5, "3", True])
@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("fit", "batch_size"),
        ("fit", "steps_per_epoch"),
        ("fit", "validation_batch_size"),
        ("fit", "validation_steps"),
        ("evaluate", "batch_size"),
        ("evaluate", "steps"),
        ("predict", "batch_size"),
        ("predict", "steps"),
        ("classify", "batch_size"),
    ],
)
def test_sizes_and_steps_are_counted_from_one(method, name, count, from_lists):
    examples = (TEXTS, LABELS) if method in ("fit", "evaluate") else (TEXTS,)
    message = f"^{name} should be a whole number above 0, got {count!r}\\.$"
    with pytest.raises(ConfigError, match=message):
        getattr(from_lists, method)(*examples, **{name: count})


def test_a_numpy_integer_counts(from_lists):
    found = from_lists.predict(TEXTS, batch_size=np.int64(3), steps=np.int32(2), verbose=0)
    assert len(found) == 6


def test_unknown_keywords_of_evaluate_are_named(from_lists):
    with pytest.raises(TypeError, match=r"evaluate\(\) .* arguments: foo, sample_weights\.$"):
        from_lists.evaluate(TEXTS, LABELS, sample_weights=[1.0] * 8, foo=3)
