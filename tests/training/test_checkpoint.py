import math

import keras
import numpy as np
import pytest
from full_disk import full_disk

from rnn_zoo.errors import RunError
from rnn_zoo.training import Checkpoint
from rnn_zoo.training.checkpoint import save_model


@pytest.fixture
def model():
    """One weight, which says what epoch it is."""
    return keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def run(folder, model, monitor, values):
    checkpoint = Checkpoint(folder / "last.keras", folder / "best.keras", monitor)
    checkpoint.set_model(model)
    for epoch, value in enumerate(values):
        model.set_weights([np.array([[epoch + 1.0]])])
        checkpoint.on_epoch_end(epoch, {"loss": 1.0, monitor: value})
    return checkpoint


def epoch_of(path):
    return keras.saving.load_model(path).get_weights()[0].item()


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("val_accuracy", [0.5, 0.9, 0.7], 2),
        ("accuracy", [0.9, 0.5, 0.7], 1),
        ("val_accuracy", [0.5, 0.9, 0.9], 2),  # the first of equals
        ("val_accuracy", [0.0, 0.0], 1),
        ("val_loss", [0.5, 0.3, 0.4], 2),
        ("val_perplexity", [9.0, 8.0, 7.0], 3),
    ],
)
def test_accuracy_goes_up_and_all_else_down(tmp_path, model, monitor, values, best):
    checkpoint = run(tmp_path, model, monitor, values)
    assert checkpoint.best_epoch == best
    assert epoch_of(tmp_path / "best.keras") == best
    assert epoch_of(tmp_path / "last.keras") == len(values)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_model_that_is_not_a_number_is_not_saved(tmp_path, model, value):
    with pytest.raises(RunError, match=r"became NaN .* last good model is .*last\.keras"):
        run(tmp_path, model, "val_loss", [0.5, value])
    assert epoch_of(tmp_path / "best.keras") == epoch_of(tmp_path / "last.keras") == 1


def test_a_full_disk_leaves_the_model_before(tmp_path, model):
    path = tmp_path / "last.keras"
    model.set_weights([np.array([[1.0]])])
    save_model(model, path)
    model.set_weights([np.array([[2.0]])])
    with full_disk(2_000), pytest.raises(RunError) as caught:
        save_model(model, path)
    assert str(caught.value) == (
        f"{path} could not be written: File too large. Make room there, or choose another folder. "
        f"The previous {path} is intact."
    )
    assert epoch_of(path) == 1
    assert list(tmp_path.iterdir()) == [path]
    save_model(model, path)  # there is room again
    assert epoch_of(path) == 2
