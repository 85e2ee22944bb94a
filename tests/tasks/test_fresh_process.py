"""A model file read by a process that has only just begun."""

import json
import subprocess
import sys

import numpy as np
import pytest
from small_classifier import LABELS, TEXTS, fitted, small_classifier

pytestmark = pytest.mark.tensorflow_only

ORDERS = {
    "rnn_zoo first": "import rnn_zoo; from keras.saving import load_model",
    "keras first": "import keras; from keras.saving import load_model; import rnn_zoo",
}
PROGRAM = """
{imports}
import json, sys
import numpy as np
texts, labels = json.loads(sys.argv[3])
model = load_model(sys.argv[1])
np.save(sys.argv[2], model.predict(texts, verbose=0))
model.fit(texts, labels, verbose=0)
assert model.labels == ["neg", "pos"]
"""


@pytest.mark.parametrize(
    "order", ["rnn_zoo first", pytest.param("keras first", marks=pytest.mark.slow)]
)
def test_either_order_of_imports_loads_the_same_model(order, tmp_path):
    task = fitted(small_classifier(), TEXTS, LABELS)
    model, answers = tmp_path / "model.keras", tmp_path / "answers.npy"
    task.save(model)
    program = PROGRAM.format(imports=ORDERS[order])
    done = subprocess.run(
        [sys.executable, "-c", program, model, answers, json.dumps([TEXTS, LABELS])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(answers), task.predict(TEXTS, verbose=0))
