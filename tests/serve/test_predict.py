"""The answers of the API are those of the task."""

import numpy as np
import pytest
from served_models import ADDER, CAPTIONER, SENTIMENT, TAGGER, TRANSLATOR, WRITER

from rnn_zoo.decoding import Beam, Sample

TEXTS = ["a witty joy", "", "a joyless , idiotic bore", "not a single dull minute " * 20]
ODD = ["naïve café 漢字 🎬🍿", "עברית", "e\u0301 \u200d \ufeff", "a\0b", "\n\t \r\n", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢"]
GERMAN = ["Ich möchte ein Glas Wasser.", "Wo ist der Bahnhof?"]


def asked(client, inputs, **options):
    response = client.post("/predict", json={"inputs": inputs, **options})
    assert response.status_code == 200, response.text
    return response.json()["answers"]


def same_classes(got, want):
    assert [answer["label"] for answer in got] == [answer["label"] for answer in want]
    for a, b in zip(got, want, strict=True):
        assert a.keys() == b.keys()
        assert a["probabilities"] == pytest.approx(b["probabilities"], abs=1e-5)


@pytest.mark.parametrize("texts", [TEXTS, ODD])
def test_classes(client, model, texts):
    same_classes(asked(client(SENTIMENT), texts), model(SENTIMENT).task.answers(texts))


@pytest.mark.parametrize("texts", [TEXTS, ODD])
def test_classes_in_onnx(client, in_onnx, texts):
    assert in_onnx.describe()["runtime"] == "onnxruntime"
    same_classes(asked(client(in_onnx), texts), in_onnx.task.answers(texts))


def test_tags(client, model):
    inputs = ["The quick brown fox jumps .", ["New", "York", "🎬"], []]
    answers = asked(client(TAGGER), inputs)
    assert answers == [model(TAGGER).task.answers([x])[0] for x in inputs]
    assert [len(tags) for tags in answers] == [6, 3, 0]


def test_translations(client, model):
    task = model(TRANSLATOR).task
    assert asked(client(TRANSLATOR), GERMAN + ODD) == task.answers(GERMAN + ODD)
    beam = {"decoding": "beam", "width": 3, "n_best": 2, "length_penalty": 1.0}
    got = asked(client(TRANSLATOR), GERMAN, **beam)
    want = task.answers(GERMAN, decoding=Beam(width=3, n_best=2, length_penalty=1.0))
    assert [[text for text, _ in pairs] for pairs in got] == [
        [text for text, _ in pairs] for pairs in want
    ]
    np.testing.assert_allclose(*[[pairs[0][1] for pairs in x] for x in (got, want)], atol=1e-4)


def test_a_text_goes_on(client, model):
    options = {"seed": 3, "temperature": 0.7, "max_new_tokens": 5}
    got = asked(client(WRITER), ["the list", ""], **options)
    sample = Sample(temperature=0.7)
    task = model(WRITER).task
    assert got == task.answers(["the list", ""], decoding=sample, max_new_tokens=5, seed=3)


def test_values(client, model):
    series = [[[0.1, 1], [0.4, 0], [0.5, 1]], [[0.3, 1], [0.3, 1]]]
    got, want = asked(client(ADDER), series), model(ADDER).task.answers(series)
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_captions(client, model, strips, in_base64):
    answers = asked(client(CAPTIONER), in_base64)
    assert answers == model(CAPTIONER).task.answers(strips[0])
    assert answers == asked(client(CAPTIONER), [f"data:image/png;base64,{x}" for x in in_base64])


def test_answers_keep_the_order_of_the_inputs(client):
    texts = [f"{'a ' * (i % 7)}{'joy' if i % 3 else 'bore'}" for i in range(64)]
    together = asked(client(SENTIMENT), texts)
    same_classes(together[:5], [asked(client(SENTIMENT), [text])[0] for text in texts[:5]])


def test_searches_are_not_kept_without_bound(client, model, monkeypatch):
    monkeypatch.setattr("rnn_zoo.serve.served_model.MAX_SETTINGS", 2)
    freed = []
    task = model(WRITER).task
    free = task.forget_compiled
    monkeypatch.setattr(task, "forget_compiled", lambda: freed.append(free()))
    for temperature in (0.5, 0.5, 0.6, 0.7):
        asked(client(WRITER), [""], temperature=temperature, max_new_tokens=1, seed=1)
    assert freed == [None]


def test_what_the_model_is(client):
    about = client(SENTIMENT).get("/model").json()
    assert about["task"] == "text_classification"
    assert about["labels"] == ["negative", "positive"]
    assert about["limits"]["max_inputs"] == 64
    assert client(SENTIMENT).get("/health").json() == {"status": "ok", "waiting": 0}


def test_the_description_is_complete(client):
    for name, path in ((SENTIMENT, "/explain"), (WRITER, "/stream"), (ADDER, "/predict")):
        described = client(name).get("/openapi.json").json()
        assert {"/health", "/model", "/predict", path} <= set(described["paths"])
        answers = described["paths"][path]["post"]["responses"]
        assert {"200", "400", "408", "413", "422", "503", "504"} <= set(answers)
    assert client(SENTIMENT).get("/docs").status_code == 404
