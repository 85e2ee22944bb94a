"""The gradient of a word that stands many times is summed before it is clipped."""

import keras
import numpy as np
import pytest
from small_classifier import small_classifier

CLIPNORM = 1e-3


@pytest.mark.parametrize("clipping", [{"clipnorm": CLIPNORM}, {"global_clipnorm": CLIPNORM}])
def test_the_step_of_the_embedding_is_no_longer_than_the_clipping_norm(clipping):
    task = small_classifier(optimizer=keras.optimizers.SGD(1.0, **clipping))
    # All words pull one way: the norm of the sum is far above that of single occurrences.
    texts, labels = ["good good good good", "bad bad bad bad good"] * 2, ["pos", "neg"] * 2
    task.adapt(texts, labels)
    before = task.get_weights()
    task.train_on_batch(texts, labels)
    steps = [np.linalg.norm(a - b) for a, b in zip(task.get_weights(), before, strict=True)]
    if "clipnorm" in clipping:
        assert steps[0] == pytest.approx(CLIPNORM, rel=1e-4)  # clipped, so exactly as long
    else:
        assert np.linalg.norm(steps) == pytest.approx(CLIPNORM, rel=1e-4)
