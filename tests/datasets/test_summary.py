"""What a user is told: the columns that were taken, and labels that look odd."""

import numpy as np
import pytest

from rnn_zoo.datasets import Examples, Origin, Splits, load


def rows(path, labels, name="label"):
    lines = [f"text {i},{label}\n" for i, label in enumerate(labels)]
    path.write_text(f"text,{name}\n" + "".join(lines))
    return path


def test_the_columns_that_were_taken(tmp_path):
    (tmp_path / "a.csv").write_text("id,review,stars\n1,fun,5\n2,dull,1\n")
    splits = load(tmp_path / "a.csv")
    assert splits.columns == {"text": "review", "label": "stars"}
    (tmp_path / "b.tsv").write_text("one\teins\n")
    assert load(tmp_path / "b.tsv", "text_pairs").columns == {"source": "0", "target": "1"}
    (tmp_path / "c.csv").write_text("text\none\n")
    assert load(tmp_path / "c.csv", "texts").columns == {"text": "text"}
    (tmp_path / "d.conllu").write_text("1\ta\tb\tX\ty" + "\t_" * 5 + "\n")
    assert load(tmp_path / "d.conllu", "tagged_words").columns == {"words": "form", "tags": "upos"}
    np.savez(tmp_path / "e.npz", x=np.zeros((2, 3)), y=np.zeros(2))
    assert load(tmp_path / "e.npz", "series").columns == {"series": "x", "values": "y"}
    (tmp_path / "f.txt").write_text("one")
    assert load(tmp_path / "f.txt", "texts").columns == {}
    assert load("synthetic_reviews").columns == {}


def test_how_a_file_is_written(tmp_path):
    (tmp_path / "a.csv").write_text("id;review;stars;user\n1;fun;5;x\n2;dull;1;y\n")
    splits = load(tmp_path / "a.csv", encoding="latin-1")
    assert splits.origin == Origin(("id", "user"), ";", "latin-1")
    (tmp_path / "b.jsonl").write_text('{"text": "fun", "label": 1, "id": 7}\n')
    assert load(tmp_path / "b.jsonl").origin == Origin(("id",), None, "utf-8")
    (tmp_path / "c.txt").write_text("one\teins\tCC BY\n")
    assert load(tmp_path / "c.txt", "text_pairs").origin == Origin(("2",), "\t", "utf-8")
    for name, delimiter in (("d", " "), ("e", "\t")):
        lines = [delimiter.join(cells) for cells in ("aXO", "bYO")]
        (tmp_path / f"{name}.conll").write_text("-DOCSTART- O\n\n" + "\n".join(lines) + "\n")
        origin = load(tmp_path / f"{name}.conll", "tagged_words").origin
        assert origin == Origin(("1",), delimiter, "utf-8")
    np.savez(tmp_path / "f.npz", x=np.zeros((2, 3)), y=np.zeros(2), z=np.zeros(2), lengths=[3, 2])
    assert load(tmp_path / "f.npz", "series").origin == Origin(("z",))
    (tmp_path / "g.csv").write_text("a,b,y\n1,2,3\n")
    assert load(tmp_path / "g.csv", "series").origin == Origin((), ",", "utf-8")
    (tmp_path / "h.txt").write_text("one")
    assert load(tmp_path / "h.txt", "texts").origin == Origin(encoding="utf-8")
    assert load("synthetic_reviews").origin == Origin()
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.jpg").write_bytes(b"")
    (images / "train.csv").write_text("id,image,caption\n1,a.jpg,a dog\n")
    origin = load(images, "captioned_images").origin
    assert origin == Origin(("id",), ",", "utf-8")


def test_columns_and_warnings_stay_when_parts_are_held_out(tmp_path):
    splits = load(rows(tmp_path / "a.csv", range(100)))
    assert len(splits.warnings) == 1
    completed = splits.complete()
    assert completed.held_out
    assert completed.columns == splits.columns == {"text": "text", "label": "label"}
    assert completed.warnings == splits.warnings
    assert Splits(Examples(["a"] * 9, ["b"] * 9)).complete().warnings == ()


WARNINGS = {
    "an identifier": (
        [*range(1998), 0, 1],
        "Column 'label': 1,998 distinct values in 2,000 hardly repeat: is it an identifier? "
        "Each is a class here.",
    ),
    "texts": ([f"t{i}" for i in range(30)], "30 distinct values in 30 hardly repeat"),
    "fractions": (
        [i % 50 / 7 for i in range(200)],
        "50 distinct values in 200 have fractions, which looks like regression",
    ),
    "fractions that are few": ([0.5, 1.5, 2.5] * 9, None),
    "a quantity": ([i % 50 for i in range(200)], "are numbers: is it a quantity or an identifier?"),
    "stars": ([1, 2, 3, 4, 5] * 4, None),
    "many classes": ([f"t{i % 77}" for i in range(200)], None),
    "few examples": ([f"t{i}" for i in range(20)], None),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_labels_that_look_like_something_else(tmp_path, case):
    labels, warning = WARNINGS[case]
    warnings = load(rows(tmp_path / "a.csv", labels)).warnings
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


def test_labels_that_training_lacks(tmp_path):
    rows(tmp_path / "train.csv", ["x", "y"])
    rows(tmp_path / "dev.csv", ["x"])
    rows(tmp_path / "test.csv", ["x", "z", "z", "w"])
    (warning,) = load(tmp_path).warnings
    assert warning == (
        "The test part has 2 labels that the training part lacks, 3 times, first 'z' in "
        f"{tmp_path / 'test.csv'}, line 3: no prediction of them can be right."
    )


def test_tags_that_training_lacks(tmp_path):
    for name, tag in (("train", "O"), ("dev", "B-X"), ("test", "O")):
        (tmp_path / f"{name}.conll").write_text(f"a O\n\nb O\nc {tag}\n")
    (warning,) = load(tmp_path, "tagged_words").warnings
    assert warning == (
        "The validation part has 1 label that the training part lacks, once, first 'B-X' in "
        f"{tmp_path / 'dev.conll'}, line 3: no prediction of it can be right."
    )
