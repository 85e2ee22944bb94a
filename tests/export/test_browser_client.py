"""The recipe for the browser: rnn_zoo.js answers as client.py does, in Chromium.

It needs Playwright, Chromium, and the folder `dist` of the npm package onnxruntime-web:

    npm pack onnxruntime-web && tar xzf onnxruntime-web-*.tgz
    RNN_ZOO_ORT_WEB=package/dist pytest -m slow tests/export/test_browser_client.py
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

import rnn_zoo
from rnn_zoo.export.clients.client import Model
from rnn_zoo.tasks.sources import load_task

RECIPE = Path(rnn_zoo.__file__).parents[1] / "docs" / "serving" / "browser"
RUNTIME = os.environ.get("RNN_ZOO_ORT_WEB")
FILES = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"]
pytestmark = [
    pytest.mark.tensorflow_only,
    pytest.mark.slow,
    pytest.mark.skipif(not RUNTIME, reason="RNN_ZOO_ORT_WEB is not set"),
]
TEXTS = [
    "",
    "a witty joy",
    "it isn't GOOD; \u0130\u1e9e, na\u00efve \U0001f600 \u65e5\u672c",
    "5 May 2021",
    "a\0b",
]
NAMES = [
    "sentiment_lstm@synthetic_reviews",
    "tagger_bilstm@ud_english_ewt",
    "seq2seq_lstm_attention@dates",
    "seq2seq_lstm_attention@tatoeba_de_en",
]


@pytest.fixture
def page(tmp_path):
    """A page of Chromium, and the folder that a server gives it."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium")
    shutil.copytree(RECIPE, tmp_path / "site")
    for file in FILES:
        shutil.copy(Path(RUNTIME) / file, tmp_path / "site")
    handler = functools.partial(Quiet, directory=tmp_path / "site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium)
        yield browser.new_page(base_url=f"http://127.0.0.1:{server.server_port}"), tmp_path / "site"
        browser.close()
    server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that writes no log."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript"
    }

    def log_message(self, *_):
        """Nothing."""


@pytest.mark.parametrize("name", NAMES)
def test_the_browser_says_what_the_client_says(name, page):
    page, site = page
    load_task(name).export(site / "model.onnx", format="onnx")
    expected = Model(site / "model.onnx")(TEXTS)
    page.goto("/index.html")
    page.wait_for_function("!document.querySelector('#text').disabled")
    script = """async (texts) => {
        const ort = await import("./ort.wasm.min.mjs");
        const model = await (await import("./rnn_zoo.js")).Model.load(ort, "model.onnx");
        const answers = [];
        for (const text of texts) answers.push(await model.answer(text));
        return answers;
    }"""
    answers = page.evaluate(script, TEXTS)
    for answer, want in zip(answers, expected, strict=True):
        if isinstance(want, dict):
            assert answer["label"] == want["label"]
            assert answer["probabilities"] == pytest.approx(want["probabilities"], abs=1e-5)
        else:
            assert answer == want
    page.fill("#text", TEXTS[1])
    page.wait_for_function("document.querySelector('#answer').value.length > 1")
