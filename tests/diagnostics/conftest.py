import keras
import pytest


@pytest.fixture(scope="module", autouse=True)
def _same_weights_every_time():
    keras.utils.set_random_seed(0)
