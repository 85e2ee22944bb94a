"""Lazy Adam against NumPy, against Keras' Adam, and through a training."""

import keras
import numpy as np
import pytest
from keras import ops

from rnn_zoo import layers
from rnn_zoo.optimizers import LazyAdam

WORDS, DIM = 7, 3
TOKENS = [[1, 1, 1, 4], [4, 6, 1, 0], [2, 2, 6, 6], [1, 4, 4, 4]]
ALL_WORDS = [[*range(WORDS), 0, 6], [*range(WORDS), 3, 3], [5, 5, *range(WORDS)]]
# In single precision, in which Keras holds them, the numbers that they are here.
RATES = {"learning_rate": 0.125, "beta_1": 0.875, "beta_2": 1 - 2**-10}
CLIPPINGS = [{}, {"clipnorm": 1.5}, {"global_clipnorm": 1.5}, {"clipvalue": 0.5}]


def weighted(tokens):
    """Batches: tokens, and what their vectors and a kernel are multiplied with."""
    rng = np.random.default_rng(1)
    return [
        (np.array([[*row]]), rng.normal(size=(1, len(row), DIM)), np.array(rng.normal()))
        for row in tokens
    ]


def trained(optimizer, batches, embedding=layers.Embedding, compiled=True, xla=False, scale=1.0):
    """Table, kernel and the optimizer's state after a step for each batch.

    The loss is linear, so that gradients do not depend on weights: those of the table are the
    weights of a batch, summed by token; that of the kernel is a number.
    """
    table = embedding(WORDS, DIM, dtype="float64")
    table.build((None, None))
    table.set_weights([np.random.default_rng(0).normal(size=(WORDS, DIM))])
    kernel = keras.Variable(np.full((2, 2), 0.3), dtype="float64", name="kernel")
    variables = [table.embeddings, kernel]
    optimizer.build(variables)

    def loss(tokens, weights, number):
        return scale * (ops.sum(table(tokens) * weights) + number * ops.sum(kernel))

    if keras.backend.backend() == "jax":
        import jax

        def pure(values, *batch):
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                return loss(*batch)

        def step(*batch):
            optimizer.apply(jax.grad(pure)([v.value for v in variables], *batch), variables)
    else:
        import tensorflow as tf

        def step(*batch):
            with tf.GradientTape() as tape:
                value = loss(*batch)
            sources = [variable.value for variable in variables]
            optimizer.apply(tape.gradient(value, sources), variables)

        if compiled:
            step = tf.function(step, jit_compile=xla, autograph=False)
    for batch in batches:
        step(*map(ops.convert_to_tensor, batch))
    return [ops.convert_to_numpy(variable) for variable in (*variables, *optimizer.variables)]


def by_hand(batches, clipnorm=None, global_clipnorm=None, clipvalue=None, amsgrad=False):
    """Table and kernel, by the equations."""
    rate, beta_1, beta_2 = RATES.values()
    weights = [np.random.default_rng(0).normal(size=(WORDS, DIM)), np.full((2, 2), 0.3)]
    m, v, largest = ([np.zeros_like(weight) for weight in weights] for _ in range(3))
    clipped = 0
    for t, (tokens, factors, number) in enumerate(batches, start=1):
        gradients = [np.zeros((WORDS, DIM)), np.full((2, 2), number)]
        for token, factor in zip(tokens[0], factors[0], strict=True):
            gradients[0][token] += factor
        norms = np.array([np.linalg.norm(gradient) for gradient in gradients])
        if clipnorm:
            shrunk = [g * min(1, clipnorm / n) for g, n in zip(gradients, norms, strict=True)]
        elif global_clipnorm:
            shrunk = [g * min(1, global_clipnorm / np.linalg.norm(norms)) for g in gradients]
        elif clipvalue:
            shrunk = [np.clip(g, -clipvalue, clipvalue) for g in gradients]
        else:
            shrunk = gradients
        clipped += (shrunk[0] != gradients[0]).any()
        for i, g in enumerate(shrunk):
            rows = [0, 1] if i else sorted(set(tokens[0].tolist()))
            m[i][rows] = beta_1 * m[i][rows] + (1 - beta_1) * g[rows]
            v[i][rows] = beta_2 * v[i][rows] + (1 - beta_2) * g[rows] ** 2
            largest[i][rows] = np.maximum(largest[i][rows], v[i][rows])
            second = largest[i][rows] if amsgrad else v[i][rows]
            correction = np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
            weights[i][rows] -= rate * correction * m[i][rows] / (np.sqrt(second) + 1e-7)
    assert clipped or not (clipnorm or global_clipnorm or clipvalue)
    return weights


@pytest.mark.parametrize("options", [*CLIPPINGS, {"amsgrad": True}])
def test_the_equations(options):
    batches = weighted(TOKENS)
    table, kernel, *_ = trained(LazyAdam(**RATES, **options), batches)
    expected = by_hand(batches, **options)
    np.testing.assert_allclose(table, expected[0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(kernel, expected[1], rtol=0, atol=1e-13)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    ("how", "options"),
    [
        *(({"embedding": keras.layers.Embedding, "compiled": False}, c) for c in CLIPPINGS),
        ({"embedding": keras.layers.Embedding}, CLIPPINGS[1]),
        ({"compiled": False}, CLIPPINGS[2]),
        ({"xla": True}, CLIPPINGS[2]),
    ],
    ids=["slices", "slices 1", "slices 2", "slices 3", "slices in a graph", "eager", "XLA"],
)
def test_however_the_gradient_comes(how, options):
    batches = weighted(TOKENS)
    table, kernel, *_ = trained(LazyAdam(**RATES, **options), batches, **how)
    expected = by_hand(batches, **options)
    np.testing.assert_allclose(table, expected[0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(kernel, expected[1], rtol=0, atol=1e-13)


@pytest.mark.tensorflow_only
@pytest.mark.parametrize(
    "options",
    [{"loss_scale_factor": 8.0, "clipnorm": 0.01}, {"gradient_accumulation_steps": 2}],
    ids=str,
)
def test_an_embedding_of_keras_where_the_whole_gradient_is_made(options):
    def after(embedding):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([embedding(6, 3), keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile(LazyAdam(0.1, **options), "mse")
        for _ in range(4):
            model.train_on_batch(np.array([[1, 2, 1], [3, 1, 1]]), np.ones((2, 1)))
        return model.get_weights()[0]

    np.testing.assert_allclose(
        after(keras.layers.Embedding), after(layers.Embedding), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(
    "options",
    [
        *CLIPPINGS,
        {"amsgrad": True},
        {"weight_decay": 0.1},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2, "clipnorm": 1.5},
        {"loss_scale_factor": 8.0, "clipnorm": 1.5},
    ],
    ids=str,
)
def test_it_is_adam_where_every_row_has_a_gradient(options):
    batches = weighted([*ALL_WORDS, ALL_WORDS[0]])
    scale = options.get("loss_scale_factor", 1.0)
    found = trained(LazyAdam(0.1, **options), batches, scale=scale)
    expected = trained(keras.optimizers.Adam(0.1, **options), batches, scale=scale)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("options", [{}, {"amsgrad": True, "clipnorm": 0.1}], ids=str)
def test_a_row_without_a_gradient_stays_to_the_bit(options):
    """One that is not in the batch, and one that is, masked."""
    tokens, weights, number = weighted([ALL_WORDS[0], [1, 2, 1, 6, 1, 1, 2, 2, 2]])[1]
    weights[:, 3] = 0.0
    all_words = weighted(ALL_WORDS)
    before = trained(LazyAdam(0.1, **options), all_words)
    after = trained(LazyAdam(0.1, **options), [*all_words, (tokens, weights, number)])
    moved = [
        set(np.flatnonzero((a != b).any(axis=1)))
        for a, b in zip(before, after, strict=True)
        if a.shape == (WORDS, DIM)
    ]
    assert moved[:3] == [{1, 2}] * 3  # the table and its two moments
    assert all(rows <= {1, 2} for rows in moved)


def test_accumulated_gradients_move_the_rows_of_all_batches():
    """Two batches at once are the one of both."""
    first, second = weighted([TOKENS[0], TOKENS[1]])
    tokens, weights = (np.concatenate([first[i], second[i]], axis=1) for i in (0, 1))
    expected = by_hand([(tokens, weights / 2, (first[2] + second[2]) / 2)])
    found = trained(LazyAdam(**RATES, gradient_accumulation_steps=2), [first, second])
    for a, b in zip(found, expected, strict=False):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("embedding", [layers.Embedding, keras.layers.Embedding])
def test_mixed_precision(embedding):
    """A loss that is scaled, as `fit` does it: the same rows, and Adam's first step."""
    model = keras.Sequential([embedding(WORDS, DIM), keras.layers.GlobalAveragePooling1D()])
    optimizer = keras.optimizers.LossScaleOptimizer(LazyAdam(0.1, clipnorm=1.0), initial_scale=8.0)
    model.compile(optimizer, "mse")
    tokens = np.array([[1, 4, 1]])
    model.build(tokens.shape)
    before = model.get_weights()[0]
    model.fit(tokens, np.ones((1, DIM)), verbose=0)
    moved = np.abs(model.get_weights()[0] - before)
    np.testing.assert_allclose(moved[[1, 4]], 0.1, rtol=1e-3)
    assert not moved[[0, 2, 3, 5, 6]].any()


@pytest.mark.tensorflow_only
@pytest.mark.parametrize("options", CLIPPINGS)
def test_a_compiled_step_never_makes_the_whole_gradient(options):
    """What costs nothing for the rows that a batch does not hold, clipping included."""
    import tensorflow as tf

    seen = []

    class Watched(LazyAdam):
        def update_step(self, gradient, variable, learning_rate):
            seen.append(gradient)
            super().update_step(gradient, variable, learning_rate)

    trained(Watched(0.1, **options), weighted(TOKENS[:1]))
    table, kernel = seen
    assert isinstance(table, tf.IndexedSlices)
    assert isinstance(kernel, tf.Tensor)
    operations, todo = set(), [table.values.op]
    while todo:
        operation = todo.pop()
        operations.add(operation)
        todo += [tensor.op for tensor in operation.inputs if tensor.op not in operations]
    assert not [
        operation.name
        for operation in operations
        for tensor in operation.outputs
        if tensor.shape == (WORDS, DIM) and operation.type != "ReadVariableOp"
    ]


def test_a_weight_of_another_name_is_no_embedding():
    """A kernel whose gradient happens to have rows of zeros."""
    kernel = keras.Variable(np.ones((3, 2)), name="kernel")
    optimizer = LazyAdam(0.1)
    for gradient in (np.ones((3, 2)), np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])):
        before = ops.convert_to_numpy(kernel)
        optimizer.apply([ops.convert_to_tensor(gradient, "float32")], [kernel])
    assert (ops.convert_to_numpy(kernel) != before).all()


def test_a_training_goes_on_from_its_file(tmp_path):
    """The optimizer's state is in it: what follows is the same with and without the file."""
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(WORDS, DIM),
            layers.SequencePooling("mean"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(LazyAdam(0.02, clipnorm=0.01), "sparse_categorical_crossentropy")
    how = {"batch_size": 2, "shuffle": False, "epochs": 2, "verbose": 0}
    tokens, labels = np.array(TOKENS), np.array([0, 1, 1, 0])
    model.fit(tokens, labels, **how)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, LazyAdam)
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert int(loaded.optimizer.iterations) == 4
    for one in (model, loaded):
        one.fit(tokens, labels, **how)
    ours, theirs = ([*one.weights, *one.optimizer.variables] for one in (model, loaded))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


@pytest.mark.parametrize("wrong", [{"clipnorm": 1.0, "clipvalue": 1.0}, {"momentum": 0.9}])
def test_what_adam_refuses_it_refuses(wrong):
    with pytest.raises(ValueError, match=r"clipnorm|not recognized"):
        LazyAdam(0.1, **wrong)
