"""Networks are saved and loaded without a task around them."""

import keras
import numpy as np
import pytest

from rnn_zoo import models

SMALL = {"units": 4, "embedding_dim": 3}
pytestmark = pytest.mark.slow_on_jax  # files are Keras' own on either backend
NETWORKS = {
    "classifier": lambda **dtype: models.classifier(
        models.ClassifierConfig(**SMALL), 9, 2, **dtype
    ),
    "seq2seq": lambda **dtype: models.Seq2Seq(
        models.Seq2SeqConfig(**SMALL, bidirectional=True, attention="additive"), 9, 7, **dtype
    ),
    "language model": lambda **dtype: models.NextToken(
        models.LanguageModelConfig(**SMALL, cell="gru", depth=2), 9, **dtype
    ),
    "captioner": lambda **dtype: models.Captioner(
        models.CaptionerConfig(**SMALL, filters=[2], attention="additive"), (4, 6, 1), 9, **dtype
    ),
}


@pytest.mark.parametrize("dtype", [None, pytest.param("mixed_bfloat16", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_loaded_network_answers_the_same(name, dtype, tmp_path):
    network = NETWORKS[name](dtype=dtype)
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=weight.shape) for weight in network.get_weights()])
    inputs = [rng.integers(0, 2, [2, *(size or 3 for size in x.shape[1:])]) for x in network.inputs]
    inputs = inputs if len(inputs) > 1 else inputs[0]
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(network)
    outputs, expected = (keras.tree.flatten(made(inputs)) for made in (loaded, network))
    for found, wanted in zip(outputs, expected, strict=True):
        assert found.dtype == wanted.dtype
        assert np.ptp(wanted) > 0
        np.testing.assert_array_equal(found, wanted)


def test_a_loaded_decoder_writes_the_same(tmp_path):
    network = NETWORKS["seq2seq"]()
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    source, token = np.array([[4, 5, 3]]), np.array([2])
    logits = [
        made.step(token, made.initial_state(made.encoder(source)))[0] for made in (network, loaded)
    ]
    np.testing.assert_array_equal(*logits)


def test_a_saved_captioner_downloads_nothing():
    config = models.CaptionerConfig(**SMALL, filters=[2], encoder_weights="imagenet")
    saved = models.Captioner(config, (4, 6, 1), 9).get_config()
    assert saved["config"]["encoder_weights"] is None
