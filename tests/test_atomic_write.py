import keras
import pytest
from full_disk import full_disk

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.errors import RunError
from rnn_zoo.training.records import write_record


@pytest.mark.tensorflow_only
def test_a_full_disk_leaves_no_part_of_an_export(tmp_path):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    path = tmp_path / "export"
    with full_disk(100), pytest.raises(RunError) as caught, atomic_write(path) as draft:
        model.export(draft, verbose=False)
    assert str(caught.value) == (
        f"{path} could not be written: File too large. Make room there, or choose another folder."
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_takes_the_place_of_another_at_once(tmp_path):
    path = tmp_path / "export"
    for name in ("old", "new"):
        with atomic_write(path) as draft:
            draft.mkdir()
            (draft / name).touch()
            assert name == "old" or (path / "old").exists()
    assert [file.name for file in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "x") as draft:
        draft.write_text(str(1 / 0))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_scores_before(tmp_path):
    path = tmp_path / "metrics.json"
    write_record(path, {"best_epoch": 1})
    before = path.read_bytes()
    with full_disk(100), pytest.raises(RunError, match=r"metrics\.json could not be written"):
        write_record(path, {"best_epoch": 2, "test": dict.fromkeys("abcdefghijklm", 0.123456789)})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("folder", [False, True])
def test_a_link_in_the_way_is_not_written_through(tmp_path, folder):
    others = tmp_path / "others"
    others.mkdir()
    (others / "thesis.txt").write_text("mine")
    path = tmp_path / "data.json"
    link = tmp_path / ".draft.data.json"
    link.symlink_to(others if folder else others / "thesis.txt")
    with atomic_write(path) as draft:
        draft.write_text("{}")
    assert path.read_text() == "{}"
    assert (others / "thesis.txt").read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.json", "others"]


def test_a_link_at_the_path_is_replaced(tmp_path):
    target, path = tmp_path / "thesis.txt", tmp_path / "data.json"
    target.write_text("mine")
    path.symlink_to(target)
    with atomic_write(path) as draft:
        draft.write_text("{}")
    assert (target.read_text(), path.read_text()) == ("mine", "{}")
    assert not path.is_symlink()
