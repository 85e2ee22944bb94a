"""The CRF against the enumeration of all paths, in float64."""

import itertools

import keras
import numpy as np
import pytest
from autodiff import mixed, value_and_gradients
from keras import ops

from rnn_zoo.layers import CRF, CRFAccuracy, CRFLoss, viterbi

BATCH, TIME, TAGS = 4, 4, 3
MASKS = {
    "none": np.ones((BATCH, TIME), bool),
    "right": np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool),
    "left": np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]], bool),
    "holes": np.array([[1, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0]], bool),
}


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def random_crf(rng):
    crf = CRF(dtype="float64")
    crf.build((None, None, TAGS))
    crf.set_weights([rng.normal(size=weight.shape) for weight in crf.get_weights()])
    return crf


def energy(path, emissions, transitions, start, end):
    """Of one path, straight from the definition."""
    total = start[path[0]] + end[path[-1]]
    total += sum(emissions[t, tag] for t, tag in enumerate(path))
    return total + sum(transitions[a, b] for a, b in itertools.pairwise(path))


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_likelihood_and_best_path_are_those_of_enumeration(rng, mask):
    crf = random_crf(rng)
    emissions = rng.normal(size=(BATCH, TIME, TAGS))
    tags = np.where(mask, rng.integers(0, TAGS, size=(BATCH, TIME)), 0)
    potentials = crf(emissions, mask=mask)
    loss = CRFLoss(reduction=None, dtype="float64")
    terms = np.asarray(loss(tags, potentials, sample_weight=mask.astype("float64")))
    best = np.asarray(viterbi(potentials))
    for row in range(BATCH):
        real = emissions[row, mask[row]]
        if not len(real):
            assert not terms[row].any()
            continue
        weights = [np.asarray(weight) for weight in (crf.transitions, crf.start, crf.end)]
        energies = {
            path: energy(path, real, *weights)
            for path in itertools.product(range(TAGS), repeat=len(real))
        }
        log_z = np.log(sum(np.exp(value) for value in energies.values()))
        expected = log_z - energies[tuple(tags[row, mask[row]].tolist())]
        np.testing.assert_allclose(terms[row].sum(), expected, rtol=0, atol=1e-10)
        assert tuple(best[row, mask[row]].tolist()) == max(energies, key=energies.get)


@pytest.mark.parametrize("name", ["right", "holes"])
def test_gradients_are_finite_differences(name, rng):
    crf = random_crf(rng)
    loss = CRFLoss(reduction="sum", dtype="float64")
    mask = MASKS[name]
    weights = mask * rng.uniform(size=mask.shape)  # uneven: the terms do not cancel
    tags = np.where(mask, rng.integers(0, TAGS, size=(BATCH, TIME)), 0)
    emissions = rng.normal(size=(BATCH, TIME, TAGS))

    def value(emissions):
        return loss(tags, crf(emissions, mask=mask), sample_weight=weights), []

    _, _, gradients = value_and_gradients(value, [emissions], crf.trainable_variables)
    step = 1e-6
    for index in [(0, 0, 0), (0, 3, 2), (1, 2, 1), (2, 0, 2), (2, 1, 0)]:
        shifted = []
        for sign in (1, -1):
            moved = emissions.copy()
            moved[index] += sign * step
            shifted.append(float(value(moved)[0]))
        slope = (shifted[0] - shifted[1]) / (2 * step)
        np.testing.assert_allclose(gradients[0][index], slope, atol=1e-6)
    for place, weight in enumerate(crf.trainable_variables, start=1):
        array = np.asarray(weight).copy()
        index = (0,) * array.ndim
        shifted = []
        for sign in (1, -1):
            moved = array.copy()
            moved[index] += sign * step
            weight.assign(moved)
            shifted.append(float(value(emissions)[0]))
        weight.assign(array)
        slope = (shifted[0] - shifted[1]) / (2 * step)
        np.testing.assert_allclose(gradients[place][index], slope, atol=1e-6)


def test_padding_changes_nothing(rng):
    crf = random_crf(rng)
    emissions = rng.normal(size=(2, 3, TAGS))
    tags = rng.integers(0, TAGS, size=(2, 3))
    loss = CRFLoss(reduction=None, dtype="float64")

    def run(before, after):
        widths = [(0, 0), (before, after)]
        mask = np.pad(np.ones((2, 3), bool), widths)
        padded = np.pad(emissions, [*widths, (0, 0)], constant_values=5.0)
        weights = mask.astype("float64")

        def value(padded):
            potentials = crf(padded, mask=mask)
            terms = loss(np.pad(tags, widths), potentials, sample_weight=weights)
            return ops.sum(terms), [viterbi(potentials)]

        value_, (best,), gradients = value_and_gradients(value, [padded], crf.trainable_variables)
        return value_, best[mask], [gradients[0][mask], *gradients[1:]]

    alone, *others = run(0, 0), run(0, 2), run(3, 0), run(1, 2)
    for padded in others:
        np.testing.assert_allclose(padded[0], alone[0], atol=1e-12)
        np.testing.assert_array_equal(padded[1], alone[1])
        for found, expected in zip(padded[2], alone[2], strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("mask", [[1, 0, 1, 1], [0, 1, 0, 0, 1, 1, 0], [1, 0, 1, 0, 1, 0]], ids=str)
def test_masked_steps_anywhere_change_nothing(mask, rng):
    """Likelihood, gradient and best path are those of the sequence without the masked steps."""
    mask = np.array([mask], bool)
    crf = random_crf(rng)
    emissions = rng.normal(size=(*mask.shape, TAGS))
    tags = rng.integers(0, TAGS, size=mask.shape)  # at masked steps too, where they mean nothing
    loss = CRFLoss(reduction=None, dtype="float64")

    def run(emissions, tags, mask):
        def value(emissions):
            potentials = crf(emissions, mask=mask)
            return ops.sum(loss(tags, potentials)), [viterbi(potentials)]

        return value_and_gradients(value, [emissions], crf.trainable_variables)

    short = mask[mask][None]
    expected, (best,), gradients = run(emissions[mask][None], tags[mask][None], short)
    found, (path,), with_masked = run(emissions, tags, mask)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(path[mask], best[0])
    assert not with_masked[0][~mask].any()
    with_masked[0] = with_masked[0][mask][None]
    for one, other in zip(with_masked, gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_half_precision_computes_in_float32(policy, rng):
    """With emissions of zeros, tags that are all equally probable: ln 3 nats each."""
    crf = CRF(dtype=policy)
    dtype = keras.DTypePolicy(policy).compute_dtype
    symbolic = crf(keras.Input((None, TAGS), dtype=dtype))
    assert symbolic.dtype == "float32"
    mask = MASKS["holes"]
    potentials = crf(ops.zeros((BATCH, TIME, TAGS), dtype), mask=mask)
    tags = rng.integers(0, TAGS, size=(BATCH, TIME))
    for loss in (CRFLoss(), CRFLoss(dtype=policy)):
        value = float(loss(tags, potentials, sample_weight=mask.astype("float32")))
        assert value == pytest.approx(np.log(3), abs=1e-6)


@pytest.mark.parametrize("shape", [(2, 1), (2, 3), (2,), (2, 4, 1)])
@pytest.mark.parametrize("measure", [CRFLoss(), CRFAccuracy()], ids=["loss", "accuracy"])
def test_tags_of_another_shape_are_not_broadcast(measure, shape):
    with pytest.raises(ValueError, match=r"\(batch, time\) = \(2, 4\)"):
        measure(np.zeros(shape, "int32"), np.zeros((2, 4, 3, 3), "float32"))


@pytest.mark.tensorflow_only  # JAX compiles everything
def test_it_trains_under_xla_where_the_number_of_steps_is_unknown(rng):
    """One step by XLA is the step that TensorFlow computes without it."""
    import tensorflow as tf

    x = rng.normal(size=(BATCH, TIME, TAGS)).astype("float32")
    y = rng.integers(0, TAGS, size=(BATCH, TIME))
    batches = tf.data.Dataset.from_generator(
        lambda: ((x[:, :steps], y[:, :steps]) for steps in (2, TIME)),
        output_signature=(
            tf.TensorSpec((None, None, TAGS), "float32"),
            tf.TensorSpec((None, None), "int64"),
        ),
    )
    results = []
    for jit_compile in (False, True):
        keras.utils.set_random_seed(0)
        emissions = keras.Input((None, TAGS))
        model = keras.Model(emissions, CRF()(keras.layers.Dense(TAGS)(emissions)))
        model.compile("sgd", CRFLoss(), weighted_metrics=[CRFAccuracy()], jit_compile=jit_compile)
        history = model.fit(batches, epochs=2, verbose=0).history
        results.append([history["loss"], history["accuracy"], *model.get_weights()])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_it_learns_transitions_through_fit(rng):
    """Emissions say nothing: tags that alternate can be learned by the transitions alone."""
    emissions = keras.Input((None, 2))
    model = keras.Model(emissions, CRF()(keras.layers.Dense(2)(emissions)))
    model.compile(keras.optimizers.Adam(0.1), CRFLoss())
    x = np.zeros((64, 6, 2), "float32")
    y = (np.arange(6)[None] + rng.integers(0, 2, size=(64, 1))) % 2
    loss = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert loss[0] > 0.5
    assert loss[-1] < 0.2  # the first tag is a coin: ln 2 / 6 = 0.116 nats a token
    best = ops.convert_to_numpy(viterbi(model.predict(x[:4], verbose=0)))
    assert (best[:, 1:] != best[:, :-1]).all()


def test_a_saved_crf_is_the_same(rng, tmp_path):
    crf = random_crf(rng)
    emissions = rng.normal(size=(2, 3, TAGS))
    model = keras.Sequential([keras.Input((None, TAGS), dtype="float64"), crf])
    model.save(tmp_path / "crf.keras")
    loaded = keras.saving.load_model(tmp_path / "crf.keras")
    np.testing.assert_array_equal(np.asarray(loaded(emissions)), np.asarray(model(emissions)))
    assert mixed([loaded(emissions)]) == mixed([model(emissions)])
