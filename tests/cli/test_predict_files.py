"""`rnn-zoo predict --data FILE --out FILE`: each task's answers in each kind of file."""

import csv
import gzip
import json

import pytest

from rnn_zoo.tasks.model_file import load_model
from rnn_zoo.tasks.sources import load_task

TEXTS = ["a b good", "bad", 'say "good", so', "", "two\nlines bad"]
BOOKING = ["a", "table", "for", "two"]


def objects(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(TEXTS)])
    return path


@pytest.fixture
def predict(invoke):
    def predict(run, data, out, *options):
        result = invoke("predict", run, "--data", data, "--out", out, *options)
        assert result.exit_code == 0, result.output
        assert str(out) in result.stdout
        return out

    return predict


@pytest.mark.parametrize("rows", [2, 4096])
def test_labels(predict, shop, reviews, tmp_path, monkeypatch, rows):
    monkeypatch.setattr("rnn_zoo.datasets.inputs.ROWS", rows)
    expected = load_model(shop / "run" / "best.keras").answers(TEXTS)
    found = objects(predict(shop / "run", reviews, tmp_path / "a.jsonl", "--probabilities"))
    for text, record, answer in zip(TEXTS, found, expected, strict=True):
        assert list(record) == ["text", "label", "probability", "probabilities"]
        assert (record["text"], record["label"]) == (text, answer["label"])
        assert record["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-5)
    assert "probabilities" not in objects(predict(shop / "run", reviews, tmp_path / "b.jsonl"))[0]


def test_rows(predict, shop, reviews, tmp_path):
    out = predict(shop / "run", reviews, tmp_path / "a.csv.gz", "--probabilities")
    with gzip.open(out, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == TEXTS
    assert list(rows[0]) == ["text", "label", "probability", "probability_no", "probability_yes"]
    for row in rows:
        assert row["probability"] == row[f"probability_{row['label']}"]
    plain = predict(shop / "run", reviews, tmp_path / "a.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in plain] == ["text", *TEXTS[:4], "two lines bad"]
    assert [line.split("\t")[1] for line in plain[1:]] == [row["label"] for row in rows]


def test_the_column_is_that_of_the_training_or_the_one_named(predict, invoke, shop, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("one,two\ngood,bad\nbad,bad\n")
    out = predict(shop / "run", path, tmp_path / "a.jsonl", "--input", "one")
    assert [record["label"] for record in objects(out)] == ["yes", "no"]
    assert objects(out)[0]["one"] == "good"
    unclear = invoke("predict", shop / "run", "--data", path, "--out", tmp_path / "b.csv")
    assert unclear.exit_code == 2
    assert "cannot tell which column is the text" in unclear.stderr
    assert not (tmp_path / "b.csv").exists()


def test_a_column_that_is_called_like_an_answer_is_kept(predict, shop, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("label,other\ngood,1\nbad,2\n")
    (record, _) = objects(predict(shop / "run", path, tmp_path / "a.jsonl", "--input", "label"))
    assert (record["input"], record["label"]) == ("good", "yes")
    out = predict(shop / "run", path, tmp_path / "A.CSV.GZ", "--input", "label")
    with gzip.open(out, "rt") as file:
        assert file.readline() == "input,label,probability\n"


@pytest.mark.tensorflow_only
def test_tags_stand_under_their_words(predict, tmp_path):
    run, data = "tagger_bilstm@ud_english_ewt", tmp_path / "a.conll"
    sentences = [["The", "fox", "jumps", "."], ["Go", "!"]]
    data.write_text("".join("".join(f"{w} X\n" for w in words) + "\n" for words in sentences))
    tags = load_task(run).tag(sentences)
    assert predict(run, data, tmp_path / "b.conll").read_text() == "".join(
        "".join(f"{w}\t{t}\n" for w, t in zip(words, row, strict=True)) + "\n"
        for words, row in zip(sentences, tags, strict=True)
    )
    (first, _) = objects(predict(run, data, tmp_path / "b.jsonl"))
    assert first == {"0": sentences[0], "tags": tags[0]}
    rows = predict(run, data, tmp_path / "b.csv").read_text().splitlines()
    assert rows[:2] == ["0,tags", f"The fox jumps .,{' '.join(tags[0])}"]


@pytest.mark.tensorflow_only
def test_texts_one_or_several(predict, tmp_path):
    run, data = "seq2seq_lstm_attention@dates", tmp_path / "dates.txt"
    sources = ["5 May 2021", "", "Monday, March 7, 1983"]
    data.write_text("\n".join(sources))
    task = load_task(run)
    written = predict(run, data, tmp_path / "a.txt").read_text().splitlines()
    assert written == task.generate(sources)
    beam = ["--decoding", "beam", "--width", 3, "--n-best", 2]
    found = objects(predict(run, data, tmp_path / "a.jsonl", *beam))
    for source, record in zip(sources, found, strict=True):
        assert record["source"] == source
        assert 1 <= len(record["generated_texts"]) <= 2
    assert found[0]["generated_texts"][0]["text"] == "2021-05-05"
    rows = list(csv.DictReader(predict(run, data, tmp_path / "a.csv", *beam).open()))
    assert rows[0]["generated_text_1"] == "2021-05-05"
    assert float(rows[0]["score_1"]) >= float(rows[0]["score_2"])


@pytest.mark.tensorflow_only
def test_values(predict, tmp_path):
    run, data = "adding_gru@adding_100", tmp_path / "a.jsonl"
    series = [[[0.5, 1.0], [0.25, 1.0]], [[0.1, 1.0], [0.9, 0.0], [0.2, 1.0]]]
    data.write_text("".join(json.dumps({"x": x}) + "\n" for x in series))
    values = load_task(run).answers(series)
    found = objects(predict(run, data, tmp_path / "b.jsonl"))
    assert [record["values"] for record in found] == [pytest.approx(row) for row in values]
    rows = predict(run, data, tmp_path / "b.csv").read_text().splitlines()
    assert rows == ["values", *(f"{value:.6g}" for (value,) in values)]


WRONG = {
    "no file to make": (["--data", "good.csv"], "--data needs --out, the file to make"),
    "no data": (["x", "--out", "a.csv"], "--out, --input, --encoding, --probabilities and"),
    "probabilities of texts": (["x", "--probabilities"], "need --data"),
    "texts and a file": (["x", "--data", "good.csv", "--out", "a.csv"], "Give texts, or a file"),
    "an unknown kind": (
        ["--data", "good.csv", "--out", "a.xlsx"],
        "a.xlsx: answers are written to .csv, .tsv, .jsonl, .conll, .txt (.gz too).",
    ),
    "a file that exists": (["--data", "good.csv", "--out", "printed.txt"], "printed.txt exists"),
    "labels as tags": (["--data", "good.csv", "--out", "a.conll"], "A .conll file holds tags"),
    "labels as texts": (
        ["--data", "good.csv", "--out", "a.txt"],
        "A .txt file holds a text a line",
    ),
    "a beam of labels": (
        ["--data", "good.csv", "--out", "a.csv", "--width", "2"],
        "a TextClassifier writes no text: nothing is decoded",
    ),
    "no such data": (["--data", "none.csv", "--out", "a.csv"], "none.csv"),
    "no such folder": (["--data", "good.csv", "--out", "none/a.csv"], "could not be written"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_go_together(invoke, shop, monkeypatch, case):
    monkeypatch.chdir(shop)
    options, message = WRONG[case]
    before = {path.name for path in shop.iterdir()}
    result = invoke("predict", "run", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert {path.name for path in shop.iterdir()} == before


def test_a_file_is_replaced_as_a_whole_or_not_at_all(invoke, predict, shop, tmp_path):
    data, out = tmp_path / "a.csv", tmp_path / "b.csv"
    data.write_text("text,label\ngood,yes\n")
    predict(shop / "run", data, out)
    before = out.read_text()
    with data.open("a") as file:
        file.write("bad,no\n" * 5000 + "a,b,c\n")
    broken = invoke("predict", shop / "run", "--data", data, "--out", out, "--overwrite")
    assert broken.exit_code == 2
    assert "line 5003: 3 cells, but the first row has 2" in broken.stderr
    assert out.read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]
