import contextlib
import math
import resource

import keras
import numpy as np
import pytest

from rnn_zoo.errors import RunError
from rnn_zoo.training import Checkpoint
from rnn_zoo.training.checkpoint import save_whole, whole


@pytest.fixture
def model():
    """One weight, which says what epoch it is."""
    return keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])


@contextlib.contextmanager
def full_disk(free):
    """No file grows beyond `free` bytes: writing more fails in the operating system."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


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
    save_whole(model, path)
    model.set_weights([np.array([[2.0]])])
    with full_disk(2_000), pytest.raises(RunError) as caught:
        save_whole(model, path)
    assert str(caught.value) == (
        f"{path} could not be written: File too large. Make room there, or choose another folder. "
        f"The one before, {path}, is whole."
    )
    assert epoch_of(path) == 1
    assert list(tmp_path.iterdir()) == [path]
    save_whole(model, path)  # there is room again
    assert epoch_of(path) == 2


@pytest.mark.tensorflow_only
def test_a_full_disk_leaves_no_part_of_an_export(tmp_path, model):
    path = tmp_path / "export"
    with full_disk(100), pytest.raises(RunError) as caught, whole(path) as draft:
        model.export(draft, verbose=False)
    assert str(caught.value) == (
        f"{path} could not be written: File too large. Make room there, or choose another folder."
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_takes_the_place_of_another_at_once(tmp_path):
    path = tmp_path / "export"
    for name in ("old", "new"):
        with whole(path) as draft:
            draft.mkdir()
            (draft / name).touch()
            assert name == "old" or (path / "old").exists()
    assert [file.name for file in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "x") as draft:
        draft.write_text(str(1 / 0))
    assert not list(tmp_path.iterdir())
