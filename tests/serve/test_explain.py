"""What a page shows beside an answer."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf
from served_models import CAPTIONER, SENTIMENT, TAGGER, TRANSLATOR, WRITER

import rnn_zoo
from rnn_zoo.decoding import Beam, Sample
from rnn_zoo.errors import DataError
from rnn_zoo.serve import explanations
from rnn_zoo.serve.served_model import ServedModel
from rnn_zoo.serve.translation import search_tree
from rnn_zoo.serve.writing import Writing
from rnn_zoo.tasks import LanguageModel, Tagger, Translator

GERMAN = ["Ich möchte ein Glas Wasser.", "Wo ist der Bahnhof?", "", "Sie hat 3 Katzen 🎬"]


def explained(client, x, **options):
    response = client.post("/explain", json={"input": x, **options})
    assert response.status_code == 200, response.text
    return response.json()


def test_a_class_after_every_word(client, model):
    text = "  not a\tsingle 🎬 dull minute\n"
    shown = explained(client(SENTIMENT), text)
    assert "".join(word["text"] for word in shown["words"]) == text.lstrip()
    task = model(SENTIMENT).task
    for word, end in zip(shown["words"], (5, 7, 14, 16, 21, 28), strict=True):
        (expected,) = task.answers([text[:end]])
        np.testing.assert_allclose(
            word["probabilities"], list(expected["probabilities"].values()), atol=1e-5
        )
    (answer,) = task.answers([text])
    assert shown["answer"]["label"] == answer["label"]


def test_a_long_text_is_read_to_its_end(client, monkeypatch):
    monkeypatch.setattr(explanations, "MAX_PREFIXES", 2)
    shown = explained(client(SENTIMENT), "a dull bore")
    assert [word["probabilities"] is None for word in shown["words"]] == [False, False, True]
    assert explained(client(SENTIMENT), "")["words"] == []


def test_tags_over_words(client, model):
    shown = explained(client(TAGGER), " The fox\njumps . ")
    assert shown["words"] == ["The", "fox", "jumps", "."]
    assert shown["answer"] == model(TAGGER).task.tag([["The", "fox", "jumps", "."]])[0]
    assert [span["label"] for span in shown["spans"]] == shown["answer"]
    assert explained(client(TAGGER), []) == {"answer": [], "words": [], "spans": []}


def test_bio_tags_are_joined(client, monkeypatch):
    task = Tagger(network={"units": 4}, preprocessing={"min_count": 1})
    task.compile()
    words = [["EU", "rejects", "New", "York"]]
    tags = [["B-ORG", "O", "B-LOC", "I-LOC"]]
    task.adapt(words, tags)
    model = ServedModel("tiny", task)
    monkeypatch.setattr(model, "answers", lambda inputs: tags)
    spans = explained(client(model), words[0])["spans"]
    assert spans == [
        {"label": "ORG", "start": 0, "end": 1},
        {"label": "LOC", "start": 2, "end": 4},
    ]


@pytest.mark.parametrize(("width", "penalty"), [(1, 0.0), (2, 1.0), (5, 0.6)])
def test_the_best_leaf_is_what_generate_writes(client, model, width, penalty):
    task = model(TRANSLATOR).task
    beam = Beam(width=width, length_penalty=penalty, n_best=width)
    for text, pairs in zip(GERMAN, task.generate(GERMAN, beam), strict=True):
        shown = explained(client(TRANSLATOR), text, width=width, length_penalty=penalty)
        assert shown["answer"] == pairs[0][0]
        assert [answer for answer, _ in shown["answers"]] == [answer for answer, _ in pairs]
        np.testing.assert_allclose(
            [score for _, score in shown["answers"]], [score for _, score in pairs], atol=1e-3
        )


def test_the_tree_of_a_beam(client, model):
    task = model(TRANSLATOR).task
    tree = search_tree(task, GERMAN[0], Beam(width=4), max_length=32)
    assert tree.nodes[0].parent is None
    for i, node in enumerate(tree.nodes[1:], start=1):
        assert 0 <= node.parent < i
        path = tree.path(i)
        probability = math.prod(tree.nodes[j].probability for j in path)
        assert node.score == pytest.approx(math.log(probability), abs=1e-3)
    assert len(tree.best) == 4
    shown = explained(client(TRANSLATOR), GERMAN[0], width=4)
    assert len(shown["tree"]["nodes"]) == len(tree.nodes)
    best = [shown["tree"]["nodes"][i] for i in shown["tree"]["best"]]
    assert [node["text"] for node in best] == [token["text"] for token in shown["target"]]
    assert best[-1]["text"] == ""  # the end


def test_the_alignment(client, model):
    """The same as `Translator.attention` where a text's tokens are those that were written."""
    shown = explained(client(TRANSLATOR), GERMAN[0], width=3)
    weights = np.array(shown["attention"])
    assert weights.shape == (len(shown["target"]), len(shown["source"]))
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    source, target, expected = model(TRANSLATOR).task.attention(GERMAN[0], shown["answer"])
    assert (len(source), len(target)) == weights.T.shape
    np.testing.assert_allclose(weights, expected, atol=1e-4)


def test_a_coverage_penalty_reaches_the_tree(model):
    task = model(TRANSLATOR).task
    beam = Beam(width=3, coverage_penalty=0.5)
    tree = search_tree(task, GERMAN[1], beam, max_length=20)
    (pairs,) = task.generate([GERMAN[1]], Beam(3, 0.0, 0.5, n_best=1), max_new_tokens=20)
    assert tree.nodes[tree.best[0]].score == pytest.approx(pairs[0][1], abs=1e-3)


@pytest.mark.parametrize("tokens", ["words", "characters"])
def test_without_attention_there_is_no_alignment(client, tokens):
    settings = {"tokens": tokens, "max_target_length": 5, "min_count": 1}
    task = Translator({"units": 4, "embedding_dim": 4, "attention": None}, settings)
    task.compile()
    task.adapt(["ein Hund", "ein Mann"], ["a dog", "a man"])
    shown = explained(client(ServedModel("tiny", task)), "ein Mann", width=2)
    assert shown["attention"] is None
    assert shown["answer"] == task.generate(["ein Mann"], Beam(width=2))[0]


def test_where_a_captioner_looks(client, strips, in_base64):
    shown = explained(client(CAPTIONER), in_base64[0])
    assert shown["attention"] is None
    settings = {"units": 8, "embedding_dim": 4, "filters": [4], "grid": 2, "orientations": None}
    task = rnn_zoo.get(
        "caption_lstm_attention",
        **settings, encoder="convolutional", shape=[8, 40, 1], min_count=1, max_length=4,
    )  # fmt: skip
    images = [tf.io.decode_png(image).numpy() for image in strips[0]]
    task.fit(images, ["a b", "b", "c"], verbose=0)
    shown = explained(client(ServedModel("tiny", task)), in_base64[0])
    assert shown["answer"] == task.generate([strips[0][0]])[0]
    assert shown["words"] == shown["answer"].split()
    for grid in shown["attention"]:
        assert np.sum(grid) == pytest.approx(1, abs=1e-5)
        assert np.shape(grid) == tuple(task.network.grid)


def events_of(response):
    return [json.loads(block[len("data: ") :]) for block in response.text.split("\n\n")[:-1]]


@pytest.mark.parametrize("prompt", ["the list", "", "a 🎬 b " * 120])
def test_a_stream_is_what_generate_writes(client, model, prompt):
    options = {"max_new_tokens": 30, "temperature": 0.8, "top_k": 50, "seed": 5}
    response = client(WRITER).post("/stream", json={"prompt": prompt, **options})
    assert response.headers["content-type"].startswith("text/event-stream")
    *tokens, last = events_of(response)
    assert last == {"done": "length"}
    written = [token for token in tokens if not token["prompt"]]
    assert len(written) == 30
    assert len(tokens) - len(written) == min(200, len(prompt.split()))
    expected = model(WRITER).task.generate(
        prompt, Sample(temperature=0.8, top_k=50), max_new_tokens=30, seed=5
    )
    assert prompt + "".join(token["text"] for token in written) == expected
    assert all(0 < token["probability"] <= 1 for token in written)
    units = model(WRITER).task.network_config.units
    assert all(len(token["cells"]) == units for token in tokens)
    assert all(-100 <= value <= 100 for token in tokens for value in token["cells"])


def test_cells_are_those_that_the_diagnostics_see(model):
    """The memory of the last layer after each token."""
    task = model(WRITER).task
    prompt = "the list is a new object"
    writing = Writing(task, prompt, {"max_new_tokens": 1, "seed": 1})
    cells = np.array([event["cells"] for event in writing.events() if event.get("prompt")])
    states = list(rnn_zoo.diagnostics.hidden_states(task, [prompt]).values())[-1]
    memory = states["c"].values[0, 1 : len(cells) + 1]  # the token that starts a text is not shown
    np.testing.assert_allclose(cells / 100, np.tanh(memory), atol=0.006)


@pytest.mark.parametrize("tokens", ["characters", "whitespace"])
def test_other_tokens_and_the_end(client, tokens):
    task = LanguageModel({"units": 8, "embedding_dim": 4}, {"tokens": tokens})
    task.compile()
    text = "to be , or not to be\nthat is the question\n" * 3
    task.adapt(text)
    model = ServedModel("tiny", task)
    for seed in range(3):
        options = {"max_new_tokens": 60, "seed": seed, "temperature": 1.0}
        *tokens, last = events_of(client(model).post("/stream", json={"prompt": "to", **options}))
        written = "".join(token["text"] for token in tokens if not token["prompt"])
        sample = Sample()
        assert "to" + written == task.generate("to", sample, max_new_tokens=60, seed=seed)
        assert last["done"] in ("end", "length")
    response = client(model).post("/stream", json={"prompt": "QQ"})
    assert response.status_code == 422
    assert "never seen" in response.json()["error"]


def test_what_fails_within_a_stream_ends_it(client, model, monkeypatch):
    def events(_):
        yield {"text": "a", "cells": [], "prompt": False, "probability": 1.0}
        raise DataError("It is wrong.")

    monkeypatch.setattr(Writing, "events", events)
    *_, last = events_of(client(WRITER).post("/stream", json={}))
    assert last == {"error": "It is wrong.", "done": "error"}


def test_models_are_warmed_up(model):
    for name in (SENTIMENT, TAGGER, TRANSLATOR, WRITER, CAPTIONER):
        explanations.warm_up(model(name))
