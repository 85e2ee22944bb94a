import keras
import numpy as np
import pytest

from rnn_zoo.losses import SmoothedCrossEntropy
from rnn_zoo.metrics import BitsPerCharacter, Perplexity


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_smoothed_cross_entropy_is_that_of_smoothed_targets(smoothing):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 4, 5))
    ids = rng.integers(0, 5, (3, 4))
    weights = rng.integers(0, 2, (3, 4)).astype("float64")
    targets = np.eye(5)[ids] * (1 - smoothing) + smoothing / 5
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    right = (-(targets * log_p).sum(axis=-1) * weights).sum() / weights.sum()
    loss = SmoothedCrossEntropy(smoothing, dtype="float64")
    assert float(loss(ids, logits, sample_weight=weights)) == pytest.approx(right, abs=1e-9)
    assert keras.losses.deserialize(keras.losses.serialize(loss)).label_smoothing == smoothing


def test_perplexity_is_of_total_nats_over_total_tokens():
    rng = np.random.default_rng(1)
    metric, nats, tokens = Perplexity(), 0.0, 0.0
    for rows in (1, 5):
        logits = rng.normal(size=(rows, 3, 4)).astype("float32")
        ids = rng.integers(0, 4, (rows, 3))
        weights = rng.integers(0, 2, (rows, 3)).astype("float32")
        metric.update_state(ids, logits, sample_weight=weights)
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        nats -= (np.take_along_axis(log_p, ids[..., None], axis=-1)[..., 0] * weights).sum()
        tokens += weights.sum()
    assert float(metric.result()) == pytest.approx(np.exp(nats / tokens), rel=1e-5)


@pytest.mark.parametrize("metric_class", [Perplexity, BitsPerCharacter])
def test_no_tokens_have_no_perplexity(metric_class):
    """Zero nats would be the perplexity of a perfect model."""
    metric = metric_class()
    assert np.isnan(float(metric.result()))
    metric.update_state(np.array([[1]]), np.zeros((1, 1, 4)), sample_weight=np.zeros((1, 1)))
    assert np.isnan(float(metric.result()))
    metric.update_state(np.array([[1]]), np.zeros((1, 1, 4)))
    assert float(metric.result()) == pytest.approx(4.0 if metric_class is Perplexity else 2.0)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none(smoothing):
    with pytest.raises(ValueError, match=r"must be in \[0, 1\)"):
        SmoothedCrossEntropy(smoothing)


@pytest.mark.parametrize("shape", [(2, 1), (2, 3), (2,)])
@pytest.mark.parametrize("measure", [SmoothedCrossEntropy(), Perplexity()], ids=["loss", "metric"])
def test_targets_of_another_shape_are_not_broadcast(shape, measure):
    with pytest.raises((ValueError, TypeError)):
        measure(np.zeros(shape, "int32"), np.zeros((2, 4, 5), "float32"))
